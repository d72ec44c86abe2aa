import { isMap, type PropertyMap, type PropertyValue } from "./propertyValue";

/** Where a value lies inside a resource: keys and list indexes from the top. */
export type PropertyPath = (string | number)[];

/**
 * Reads `spec.template.spec.containers[0].image`, `metadata.annotations["a.b/c"]` and the `*` of ignoreChanges, which
 * stands for any key or index.
 */
export function parsePropertyPath(text: string): PropertyPath {
    const path: PropertyPath = [];
    const step = /\.?(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\[(\*)\]|([^.[\]]+))/gy;
    while (step.lastIndex < text.length) {
        const match = step.exec(text);
        if (!match) {
            throw new Error(`"${text}" is not a property path`);
        }
        if (match[1] !== undefined) {
            path.push(match[1].replace(/\\(.)/g, "$1"));
        } else if (match[2] !== undefined) {
            path.push(Number(match[2]));
        } else {
            path.push(match[3] ?? match[4] ?? "");
        }
    }
    return path;
}

/** The text form of a path, as previews show it. */
export function formatPropertyPath(path: PropertyPath): string {
    return path
        .map((step, index) => {
            if (typeof step === "number") {
                return `[${step}]`;
            }
            if (!/^[A-Za-z_$][\w$-]*$/.test(step)) {
                return `["${step.replace(/["\\]/g, "\\$&")}"]`;
            }
            return index === 0 ? step : `.${step}`;
        })
        .join("");
}

/** True when `path` is `pattern` or lies below it. */
export function pathContains(pattern: PropertyPath, path: PropertyPath): boolean {
    return pattern.length <= path.length && pattern.every((step, index) => matches(step, path[index]));
}

/** The value at a path, undefined when there is none. */
export function valueAt(value: PropertyValue | undefined, path: PropertyPath): PropertyValue | undefined {
    let current = value;
    for (const step of path) {
        if (Array.isArray(current) && typeof step === "number") {
            current = current[step];
        } else if (isMap(current)) {
            current = current[String(step)];
        } else {
            return undefined;
        }
    }
    return current;
}

/**
 * `inputs` in which everything under the given paths is as it was in `oldInputs`: what `ignoreChanges` means.
 * Values that a path does not reach in either of the two are left alone.
 */
export function keepOldAt(inputs: PropertyMap, oldInputs: PropertyMap, paths: PropertyPath[]): PropertyMap {
    return paths.reduce<PropertyMap>((result, path) => keep(result, oldInputs, path) as PropertyMap, inputs);
}

function keep(
    value: PropertyValue | undefined,
    old: PropertyValue | undefined,
    path: PropertyPath,
): PropertyValue | undefined {
    const [step, ...rest] = path;
    if (step === undefined) {
        return old;
    }
    if (step === "*") {
        const keys = Array.isArray(value) ? value.keys() : isMap(value) ? Object.keys(value) : [];
        return [...keys].reduce<PropertyValue | undefined>((result, key) => keep(result, old, [key, ...rest]), value);
    }
    if (Array.isArray(value) && typeof step === "number") {
        const kept = keep(value[step], valueAt(old, [step]), rest);
        return kept === undefined ? value : value.map((inner, index) => (index === step ? kept : inner));
    }
    if (value !== undefined && !isMap(value)) {
        return value;
    }
    const oldValue = valueAt(old, [step]);
    const kept = keep(value?.[step], oldValue, rest);
    if (kept === undefined) {
        return value === undefined
            ? undefined
            : Object.fromEntries(Object.entries(value).filter(([key]) => key !== String(step)));
    }
    return { ...value, [step]: kept };
}

function matches(pattern: string | number, step: string | number | undefined): boolean {
    return pattern === "*" || pattern === step;
}
