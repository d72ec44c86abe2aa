import { parse } from "yaml";
import { type Fields, isFields } from "../../components/kubernetes/fields";
import { UserError } from "../support/errors";

/** Reads a values file. */
export function parseValues(text: string): Fields {
    let values: unknown;
    try {
        values = parse(text, { merge: true }) ?? {};
    } catch (error) {
        throw new UserError(`The values file is no valid YAML: ${error instanceof Error ? error.message : error}`);
    }
    if (!isFields(values)) {
        throw new UserError("The values file holds no map of keys.");
    }
    return values;
}

/**
 * The chart's values among what a file sets, and the path that they lie under: a chart that depends on the official one has them
 * under `airflow`, a key that the official one has not.
 */
export function chartValues(given: Fields): { readonly prefix: string; readonly values: Fields } {
    return isFields(given.airflow) ? { prefix: "airflow.", values: given.airflow } : { prefix: "", values: given };
}

/** The parts of a path, such as `env[0].name`. A part with a dot in it is in brackets: `labels["a.b"]`. */
export function partsOf(path: string): string[] {
    return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
        ([, quoted, index, plain]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? plain,
    );
}

/** A path with one more part. */
export function below(path: string, part: string | number): string {
    if (typeof part === "number") {
        return `${path}[${part}]`;
    }
    if (!/^[\w/-]+$/.test(part)) {
        return `${path}["${part.replace(/["\\]/g, "\\$&")}"]`;
    }
    return path === "" ? part : `${path}.${part}`;
}

/** Whether a path is another one, or leads to something in it. */
export function isWithin(path: string, holder: string): boolean {
    return path.startsWith(holder) && /^($|[.[])/.test(path.slice(holder.length));
}

/** What lies at a path. */
export function valueAt(root: unknown, path: string): unknown {
    return partsOf(path).reduce<unknown>(
        (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
        root,
    );
}

/** Whether a value says nothing: null, an empty text, list or map, or a map of such. */
export function isEmpty(value: unknown): boolean {
    return (
        value === null ||
        value === "" ||
        (Array.isArray(value) && value.length === 0) ||
        (isFields(value) && Object.values(value).every(isEmpty))
    );
}

/** The paths of all that is set, down to what is neither a map nor a list. */
export function leaves(value: unknown, path = ""): string[] {
    const entries: [string | number, unknown][] = Array.isArray(value)
        ? value.map((part, index) => [index, part])
        : isFields(value)
          ? Object.entries(value)
          : [];
    return entries.length === 0 ? [path] : entries.flatMap(([part, value]) => leaves(value, below(path, part)));
}

/** A copy of the values without what says nothing. Lists are left as they are. */
export function withoutEmpty(values: Fields): Fields {
    return Object.fromEntries(
        Object.entries(values)
            .filter(([, value]) => !isEmpty(value))
            .map(([key, value]) => [key, isFields(value) ? withoutEmpty(value) : value]),
    );
}

/** Why a text that Helm would fill in stays behind. */
export const templateText = "it is a template of Helm: write what it makes";

/** Whether a text in the value is written for Helm to fill in. */
export function isTemplated(value: unknown): boolean {
    return typeof value === "string"
        ? value.includes("{{")
        : typeof value === "object" && value !== null && Object.entries(value).flat().some(isTemplated);
}

/** A value has another shape than its key. */
export class ShapeFault extends Error {}

/** A text, number or boolean as text. */
export function plain(value: unknown): string {
    if (typeof value === "object" && value !== null) {
        throw new ShapeFault("it is neither a text nor a number");
    }
    return String(value);
}

/** A number, also where it is written as text. */
export function numberOf(value: unknown): number {
    return Number(plain(value));
}

/** A value as Airflow reads it in a text. Python writes its booleans in capitals. */
export function textOf(value: unknown): string {
    return typeof value === "boolean" ? (value ? "True" : "False") : plain(value);
}

/** A map whose values are texts. */
export function textsOf(value: unknown): Record<string, string> {
    return Object.fromEntries(Object.entries(isFields(value) ? value : {}).map(([key, text]) => [key, plain(text)]));
}

/** A list that the chart takes as a list, or as text of YAML. */
export function listOf(value: unknown): readonly unknown[] | undefined {
    try {
        const list: unknown = typeof value === "string" ? parse(value, { logLevel: "error" }) : value;
        return Array.isArray(list) ? list : undefined;
    } catch {
        // Such as a template of Helm.
        return undefined;
    }
}
