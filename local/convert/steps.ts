import { isDeepStrictEqual } from "node:util";
import { type Fields, isFields } from "../../components/kubernetes/fields";
import { isWithin } from "./chartValues";

/** What becomes of a key of the chart's values. */
export enum Fate {
    /** The stack file says it. */
    Carried = "carried over",
    /** It is so without a setting. */
    Same = "so anyway",
    /** Somebody has to decide. */
    Left = "not carried over",
}

/** What becomes of one key, or of a part of its value. */
export interface Step {
    /** Path below the key, such as `[0]`; empty for the whole value. */
    readonly below: string;
    readonly fate: Fate;
    /** Where it went, why it is so anyway, or why it stays behind and what to do. No value of a secret. */
    readonly text: string;
    /** What it adds to the stack file, by keys without the project's name. */
    readonly patch?: Fields;
    /** A secret key of the stack, and its value, which is looked at and never written. */
    readonly secret?: { readonly key: string; readonly value: string };
}

/** It went to a path of the stack. */
export function carried(to: string, value: unknown, below = ""): Step {
    return { below, fate: Fate.Carried, text: to, patch: patchAt(to.split("."), value) };
}

/** It needs no setting. */
export function same(text: string, below = ""): Step {
    return { below, fate: Fate.Same, text };
}

/** It stays behind. */
export function left(text: string, below = ""): Step {
    return { below, fate: Fate.Left, text };
}

/** A map with one value at the end of a way. */
export function patchAt([key, ...rest]: readonly string[], value: unknown): Fields {
    return { [key]: rest.length === 0 ? value : patchAt(rest, value) };
}

/** What tells elements of a list apart where Kubernetes merges it by a field. */
function identity(element: unknown): unknown {
    return isFields(element) ? (element.name ?? element.mountPath ?? element.ip) : undefined;
}

/** Whether an element of a list is a container, whose parts may come from several keys. */
function isContainers(path: readonly string[]): boolean {
    return path.at(-1) === "containers";
}

/** Two values as one, or undefined where they contradict each other. */
export function merged(one: unknown, other: unknown, path: readonly string[] = []): unknown {
    if (one === undefined || isDeepStrictEqual(one, other)) {
        return other;
    }
    if (isFields(one) && isFields(other)) {
        const parts = Object.entries(other).map(([key, value]) => [key, merged(one[key], value, [...path, key])]);
        return parts.some(([, value]) => value === undefined) ? undefined : { ...one, ...Object.fromEntries(parts) };
    }
    if (!Array.isArray(one) || !Array.isArray(other)) {
        return undefined;
    }
    const result: unknown[] = [...one];
    for (const element of other) {
        const name = identity(element);
        const index = result.findIndex((known) => name !== undefined && identity(known) === name);
        if (name === undefined) {
            return undefined;
        }
        const both = index < 0 || isContainers(path) ? merged(result[index], element, [...path, "*"]) : undefined;
        const same = index >= 0 && isDeepStrictEqual(result[index], element);
        if (both === undefined && !same) {
            return undefined;
        }
        if (!same) {
            result.splice(index < 0 ? result.length : index, index < 0 ? 0 : 1, both);
        }
    }
    return result;
}

/** Whether a patch has a part in what lies at a path of the stack that it is merged into. */
export function hasPartIn(patch: unknown, stack: unknown, path: string): boolean {
    const rest = path.replace(/^\./, "");
    if (patch === undefined || rest === "") {
        return patch !== undefined;
    }
    if (!Array.isArray(stack)) {
        const fields = isFields(stack) ? stack : {};
        // Keys may have dots in them.
        const key = Object.keys(fields).find((name) => isWithin(rest, name));
        return key !== undefined && isFields(patch) && hasPartIn(patch[key], fields[key], rest.slice(key.length));
    }
    const [whole, index] = /^\[(\d+)\]/.exec(rest) ?? [""];
    const element: unknown = stack[Number(index)];
    const name = identity(element);
    const mine = (Array.isArray(patch) ? patch : []).find((own) =>
        name === undefined ? isDeepStrictEqual(own, element) : identity(own) === name,
    );
    return hasPartIn(mine, element, rest.slice(whole.length));
}
