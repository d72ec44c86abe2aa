/** A secret, and by what name a test tells of it: never by its value. */
export interface KnownSecret {
    readonly name: string;
    readonly value: string;
}

/** A secret in too few characters is found anywhere. */
const shortest = 8;

/**
 * The texts in which a secret may lie open: as it is, as JSON and YAML write it, encoded for a URL, and in base64, also within
 * something longer that was encoded. Of several lines each that is long enough counts.
 */
export function secretForms(secret: string): readonly string[] {
    const forms = found.get(secret) ?? formsOfAll(secret);
    found.set(secret, forms);
    return forms;
}

/** Forms that were asked for before. */
const found = new Map<string, readonly string[]>();

function formsOfAll(secret: string): string[] {
    const lines = secret.split("\n").filter((line) => !line.startsWith("-----"));
    const parts = [secret, ...lines].filter((part) => part.length >= shortest);
    if (parts.length === 0) {
        throw new Error("the secret is too short to be looked for");
    }
    return [...new Set(parts.flatMap(formsOf))];
}

function formsOf(text: string): string[] {
    const encoded = encodeURIComponent(text);
    const json = JSON.stringify(text).slice(1, -1);
    const ascii = json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
    return [
        text,
        json,
        ascii,
        encoded,
        encoded.replaceAll("%20", "+"),
        encodeURI(text),
        ...[0, 1, 2].flatMap((offset) => {
            const base64 = base64Within(text, offset);
            return [base64, base64.replaceAll("+", "-").replaceAll("/", "_")];
        }),
    ];
}

/** What of a text's base64 does not depend on what is before and behind it, when it begins at a byte of that number modulo 3. */
function base64Within(text: string, offset: number): string {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    return whole.slice(offset === 0 ? 0 : 4);
}

/** Names of the secrets that lie open in a text, in any form. */
export function secretsIn(text: string, secrets: readonly KnownSecret[]): string[] {
    return secrets
        .filter(({ value }) => secretForms(value).some((form) => text.includes(form)))
        .map(({ name }) => name);
}
