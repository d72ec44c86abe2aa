import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFields } from "../kubernetes/fields";
import { isOutput } from "../kubernetes/known";
import type { Problem } from "../validation/problems";

interface PodFields {
    readonly version: string;
    readonly kinds: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Fields of pods, from the API server's description. It drops unknown fields silently. */
const known = JSON.parse(readFileSync(join(__dirname, "podFields.json"), "utf8")) as PodFields;

/** Types of single values: their names in messages, and their checks. */
const singles: Readonly<Record<string, { readonly says: string; readonly is: (value: unknown) => boolean }>> = {
    string: { says: "text", is: (value) => typeof value === "string" },
    any: { says: "anything", is: () => true },
    object: { says: "an object", is: isFields },
    boolean: { says: "true, false", is: (value) => typeof value === "boolean" },
    integer: { says: "a whole number", is: Number.isSafeInteger },
    "int-or-string": { says: "text or a whole number", is: isTextOrNumber },
    quantity: { says: "a Kubernetes quantity, such as 500m, 512Mi or 10Gi", is: isTextOrNumber },
};

function isTextOrNumber(value: unknown): boolean {
    return typeof value === "string" || typeof value === "number";
}

/** Fields of a pod's specification that Kubernetes does not have, and values that are of another kind than theirs. */
export function podFieldsProblems(path: string, value: unknown, type = "PodSpec"): Problem[] {
    if (value === undefined || value === null || isOutput(value)) {
        return [];
    }
    if (type.endsWith("[]")) {
        return Array.isArray(value)
            ? value.flatMap((element, index) => podFieldsProblems(`${path}[${index}]`, element, type.slice(0, -2)))
            : [{ path, allowed: "a list" }];
    }
    if (type in singles) {
        const { says, is } = singles[type];
        // A text may be a secret.
        return is(value) ? [] : [{ path, value: typeof value === "string" ? undefined : value, allowed: says }];
    }
    if (!isFields(value)) {
        return [{ path, allowed: "an object" }];
    }
    if (type.endsWith("{}")) {
        return Object.entries(value).flatMap(([key, part]) =>
            podFieldsProblems(`${path}.${key}`, part, type.slice(0, -2)),
        );
    }
    const fields = known.kinds[type];
    return Object.entries(value).flatMap(([key, part]) =>
        Object.hasOwn(fields, key)
            ? podFieldsProblems(`${path}.${key}`, part, fields[key])
            : [
                  {
                      path: `${path}.${key}`,
                      allowed: `a field of ${type} in Kubernetes ${known.version}`,
                      remedy: `Look there: ${similar(key, Object.keys(fields))}.`,
                  },
              ],
    );
}

/** Names, those first that share their beginning with what was written. */
function similar(written: string, names: readonly string[]): string {
    const shared = (name: string): number => {
        const differs = [...name].findIndex((letter, index) => letter.toLowerCase() !== written[index]?.toLowerCase());
        return differs < 0 ? name.length : differs;
    };
    return [...names].sort((a, b) => shared(b) - shared(a) || (a < b ? -1 : 1)).join(", ");
}
