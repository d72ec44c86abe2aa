import { isOutput } from "../kubernetes/known";

/** The value at a path of keys and of places in lists; undefined where there is none, or where an Output is on the way. */
export function valueAt(holder: unknown, path: readonly string[]): unknown {
    return path.reduce<unknown>(
        (value, key) =>
            typeof value === "object" && value !== null && !isOutput(value) ? Reflect.get(value, key) : undefined,
        holder,
    );
}

/** A copy in which the value at a path is another; of a list, `*` stands for each element. Where there is no value, none is made. */
export function replacedAt<T>(holder: T, path: readonly string[], replace: (value: unknown) => unknown): T {
    const [key, ...rest] = path;
    if (key === undefined) {
        return replace(holder) as T;
    }
    if (Array.isArray(holder)) {
        return holder.map((element, index) =>
            key === "*" || key === String(index) ? replacedAt(element, rest, replace) : element,
        ) as T;
    }
    const value = valueAt(holder, [key]);
    return value === undefined || value === null ? holder : { ...holder, [key]: replacedAt(value, rest, replace) };
}

/** A path as a message has it. */
export function shownPath(path: readonly string[]): string {
    return path.map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}
