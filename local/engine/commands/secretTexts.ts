import type { ConfigValues } from "../configuration/stackFile";
import type { StackState } from "../state/resourceState";
import { isMap, isSecret, type PropertyValue, plain } from "../values/propertyValue";

/** Every string that is secret in a stack, to mask it wherever it would show: in a message of the cluster, in a log. */
export function secretTexts(config: ConfigValues, state: StackState): Set<string> {
    const found = new Set<string>();
    for (const { secret, value } of Object.values(config)) {
        if (secret) {
            strings(value).forEach((text) => void found.add(text));
        }
    }
    for (const { inputs, outputs } of state.resources) {
        collectSecrets(inputs, found);
        collectSecrets(outputs, found);
    }
    return found;
}

/** Adds the strings inside of secrets to `found`. */
export function collectSecrets(value: PropertyValue, found: Set<string>): void {
    if (isSecret(value)) {
        strings(plain(value)).forEach((text) => void found.add(text));
    } else if (Array.isArray(value)) {
        value.forEach((inner) => void collectSecrets(inner, found));
    } else if (isMap(value)) {
        Object.values(value).forEach((inner) => void collectSecrets(inner, found));
    }
}

function strings(value: PropertyValue): string[] {
    if (typeof value === "string") {
        return value === "true" || value === "false" ? [] : [value];
    }
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
