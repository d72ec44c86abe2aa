import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../../kubernetes/hash";
import { mapInput } from "../../kubernetes/known";
import { paths } from "../../pods/paths";

/** One requirement or option of a requirements file: its first line's number, and its text without comments. */
export interface RequirementLine {
    readonly line: number;
    readonly text: string;
}

/** Text of a requirements file, the same for the same file on every machine. */
export function readRequirements(path: string): string {
    return `${readFileSync(path, "utf8").replaceAll("\r\n", "\n").trimEnd()}\n`;
}

/** Where the packages of a requirements file lie: another file, image or index is another folder. */
export function packagesDirectory(
    path: string,
    image: pulumi.Input<string>,
    indexUrl?: pulumi.Input<string>,
): pulumi.Input<string> {
    const made = { requirements: readRequirements(path), image, indexUrl };
    return mapInput(made, (known) => `${paths.packages}/${shortHash(known)}`);
}

/**
 * What a requirements file asks for, with lines that a backslash continues put together.
 *
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function requirementLines(text: string): RequirementLine[] {
    const lines: RequirementLine[] = [];
    let begun: RequirementLine | undefined;
    for (const [index, line] of text.split("\n").entries()) {
        const continued = line.endsWith("\\");
        const { line: start, text: before } = begun ?? { line: index + 1, text: "" };
        begun = { line: start, text: `${before}${continued ? line.slice(0, -1) : line}` };
        if (!continued) {
            lines.push(begun);
            begun = undefined;
        }
    }
    return (begun === undefined ? lines : [...lines, begun])
        .map(({ line, text }) => ({ line, text: text.replace(/(^|\s)#.*$/, "").trim() }))
        .filter(({ text }) => text !== "");
}

/** Name of the package that a requirement asks for, as indexes write it, or undefined for what is no requirement. */
export function requirementName(text: string): string | undefined {
    const name = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(\[|[<>=!~;@(]|\s|$)/.exec(text)?.[1];
    return name?.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Whether a requirement is the same tomorrow. */
export function isPinned(text: string): boolean {
    const requirement = text.split(/\s+--|;/)[0].trim();
    const version = /(^|[^=!<>~])===?\s*[^*\s,]+\s*\)?$/;
    return version.test(requirement) || /@[0-9a-f]{40}\b|\.whl(#|$)/.test(requirement);
}
