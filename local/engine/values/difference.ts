import type { PropertyPath } from "./propertyPath";
import { isMap, isSecret, type PropertyValue, plain, sameValue } from "./propertyValue";

/** One value that differs between two versions of a resource; `before` or `after` is undefined when it has none. */
export interface PropertyChange {
    readonly path: PropertyPath;
    readonly before: PropertyValue | undefined;
    readonly after: PropertyValue | undefined;
    readonly secret: boolean;
}

/** Every leaf in which two values differ, in the order of the keys. */
export function differences(
    before: PropertyValue | undefined,
    after: PropertyValue | undefined,
    path: PropertyPath = [],
    secret = false,
): PropertyChange[] {
    if (sameValue(before, after)) {
        return [];
    }
    if (isSecret(before) || isSecret(after)) {
        return differences(open(before), open(after), path, true);
    }
    if (isMap(before) && isMap(after)) {
        const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
        return keys.flatMap((key) => differences(before[key], after[key], [...path, key], secret));
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        const length = Math.max(before.length, after.length);
        return Array.from({ length }, (_, index) => index).flatMap((index) =>
            differences(before[index], after[index], [...path, index], secret),
        );
    }
    return [{ path, before, after, secret }];
}

function open(value: PropertyValue | undefined): PropertyValue | undefined {
    return isSecret(value) ? plain(value) : value;
}
