import { isMap, isSecret, type PropertyValue, plain, signatureKey, unknownValue } from "./propertyValue";

/** What is shown in place of a secret. */
export const maskedSecret = "[secret]";

/** The value for people to read: secrets masked unless asked for, unknowns in words. */
export function shown(value: PropertyValue, showSecrets = false): PropertyValue {
    if (isSecret(value)) {
        return showSecrets ? shown(value.value ?? null, true) : maskedSecret;
    }
    if (value === unknownValue) {
        return "[known after the update]";
    }
    if (Array.isArray(value)) {
        return value.map((inner) => shown(inner, showSecrets));
    }
    if (isMap(value)) {
        return Object.fromEntries(
            Object.entries(value)
                .filter(([key]) => key !== signatureKey)
                .map(([key, inner]) => [key, shown(inner, showSecrets)]),
        );
    }
    return value;
}

/** `text` with every one of the secrets in it masked; short ones are left, they would mask half of the text. */
export function maskText(text: string, secrets: Iterable<string>): string {
    let masked = text;
    for (const secret of secrets) {
        if (secret.length >= 6) {
            masked = masked.replaceAll(secret, maskedSecret);
        }
    }
    return masked;
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

/** Every string in a value. */
export function strings(value: PropertyValue): string[] {
    if (typeof value === "string") {
        return value === "true" || value === "false" ? [] : [value];
    }
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
