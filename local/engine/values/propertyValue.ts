/** What travels between a program and its resources: JSON in which secrets and values not known yet are marked. */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };

/** The inputs or outputs of one resource. */
export type PropertyMap = { [key: string]: PropertyValue };

/** The key by which Pulumi's wire format tells a special object from a plain one. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
/** {@link signatureKey} of a secret. */
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** What stands for a value that only an update will know. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** True for a JSON object, not for null or a list. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for a value that is itself marked as secret; {@link containsSecret} looks inside too. */
export function isSecret(value: PropertyValue | undefined): value is { [key: string]: PropertyValue } {
    return isMap(value) && value[signatureKey] === secretSignature;
}

/** Marks a value as secret, once. */
export function secret(value: PropertyValue): PropertyValue {
    return isSecret(value) ? value : { [signatureKey]: secretSignature, value: plain(value) };
}

/** True when the value or anything in it is secret. */
export function containsSecret(value: PropertyValue | undefined): boolean {
    return some(value, isSecret);
}

/** True when the value or anything in it is not known yet. */
export function containsUnknown(value: PropertyValue | undefined): boolean {
    return some(value, (inner) => inner === unknownValue);
}

/** The value without its marks: secrets open, references to resources as their ids. */
export function plain(value: PropertyValue): PropertyValue {
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (!isMap(value)) {
        return value;
    }
    switch (value[signatureKey]) {
        case undefined:
            return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
        case secretSignature:
            return plain(value.value ?? null);
        case resourceSignature:
            return value.id === undefined ? (value.urn ?? null) : value.id === "" ? unknownValue : (value.id ?? null);
        case assetSignature:
        case archiveSignature:
            throw new Error("files and archives as inputs (pulumi.asset) are not supported by this engine");
        default:
            return value;
    }
}

/** {@link plain} for a whole map. */
export function plainMap(value: PropertyMap): PropertyMap {
    return plain(value) as PropertyMap;
}

/**
 * The form in which inputs are worked with: outputs inside them become their value, a secret or unknown; everything else
 * keeps its marks.
 */
export function normalize(value: PropertyValue): PropertyValue {
    if (Array.isArray(value)) {
        return value.map(normalize);
    }
    if (!isMap(value)) {
        return value;
    }
    if (value[signatureKey] === outputSignature) {
        const inner = value.value === undefined ? unknownValue : normalize(value.value);
        return value.secret === true ? secret(inner) : inner;
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalize(inner)]));
}

/** `values` with the marks of secrecy of `like`, where both have the same shape. Kubernetes answers without marks. */
export function withSecretsOf(values: PropertyValue, like: PropertyValue | undefined): PropertyValue {
    if (like === undefined) {
        return values;
    }
    if (isSecret(like)) {
        return secret(values);
    }
    if (isMap(values) && isMap(like)) {
        return Object.fromEntries(
            Object.entries(values).map(([key, inner]) => [key, withSecretsOf(inner, like[key] as PropertyValue)]),
        );
    }
    return Array.isArray(like) && containsSecret(like) ? secret(values) : values;
}

/** The same value, for deep comparison: marks of secrecy don't count. */
export function sameValue(left: PropertyValue | undefined, right: PropertyValue | undefined): boolean {
    return canonical(left) === canonical(right);
}

/** JSON with sorted keys and without marks. */
export function canonical(value: PropertyValue | undefined): string {
    if (value === undefined) {
        return "undefined";
    }
    return JSON.stringify(plain(value), (_key, inner: PropertyValue) =>
        isMap(inner)
            ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
            : inner,
    );
}

function some(value: PropertyValue | undefined, test: (inner: PropertyValue) => boolean): boolean {
    if (value === undefined) {
        return false;
    }
    if (test(value)) {
        return true;
    }
    if (Array.isArray(value)) {
        return value.some((inner) => some(inner, test));
    }
    return isMap(value) && Object.values(value).some((inner) => some(inner, test));
}
