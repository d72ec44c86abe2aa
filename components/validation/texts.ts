import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "./problems";

/** The most bytes of one text: what Linux takes as one argument or variable of a program, with room for its name. */
const maximumBytes = 100_000;

/**
 * Texts that no program, file or object of Kubernetes can be given, wherever they are in the arguments. What is not known
 * yet is left out. None is shown: any may be a secret.
 */
export function textProblems(path: string, value: unknown): Problem[] {
    if (typeof value === "string") {
        return textFault(path, value);
    }
    if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value) || value instanceof Promise) {
        return [];
    }
    return Object.entries(value).flatMap(([key, part]) => {
        const below = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
        return [...textFault(below, key), ...textProblems(below, part)];
    });
}

function textFault(path: string, text: string): Problem[] {
    // In UTF-16, half of a pair stands for no character.
    if (/[\0\p{Cs}]/u.test(text)) {
        return [{ path, allowed: "text of Unicode characters other than NUL" }];
    }
    return Buffer.byteLength(text) > maximumBytes ? [{ path, allowed: `at most ${maximumBytes} bytes of text` }] : [];
}
