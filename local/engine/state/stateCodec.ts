import type { SecretCipher } from "../configuration/secretCipher";
import { isMap, isSecret, type PropertyValue, secretSignature, signatureKey } from "../values/propertyValue";

/** The value with every secret in it encrypted, as Pulumi writes it to a deployment. */
export function sealSecrets(value: PropertyValue, cipher: SecretCipher): PropertyValue {
    if (isSecret(value)) {
        return {
            [signatureKey]: secretSignature,
            ciphertext: cipher.encrypt(JSON.stringify(value.value ?? null)),
        };
    }
    return mapInner(value, (inner) => sealSecrets(inner, cipher));
}

/** The opposite of {@link sealSecrets}. */
export function openSecrets(value: PropertyValue, cipher: SecretCipher): PropertyValue {
    if (isSecret(value) && typeof value.ciphertext === "string") {
        return {
            [signatureKey]: secretSignature,
            value: JSON.parse(cipher.decrypt(value.ciphertext)) as PropertyValue,
        };
    }
    return mapInner(value, (inner) => openSecrets(inner, cipher));
}

function mapInner(value: PropertyValue, change: (inner: PropertyValue) => PropertyValue): PropertyValue {
    if (Array.isArray(value)) {
        return value.map(change);
    }
    if (isMap(value)) {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
    }
    return value;
}
