import { type PropertyMap, secret } from "../values/propertyValue";
import type { ResourceState } from "./resourceState";

/** True when there is nothing new to remember. */
export function sameState(left: ResourceState, right: ResourceState | undefined): boolean {
    return right !== undefined && JSON.stringify(sortKeys(left)) === JSON.stringify(sortKeys(right));
}

function sortKeys(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(sortKeys);
    }
    if (typeof value === "object" && value !== null) {
        return Object.fromEntries(
            Object.entries(value)
                .sort(([left], [right]) => (left < right ? -1 : 1))
                .map(([key, inner]) => [key, sortKeys(inner)]),
        );
    }
    return value;
}

/** Outputs with the named ones marked as secret. */
export function secretOutputs(outputs: PropertyMap, names: readonly string[]): PropertyMap {
    return Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [name, names.includes(name) ? secret(value) : value]),
    );
}
