import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const iterations = 1_000_000;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts with a passphrase in the format of Pulumi's passphrase provider, so that either can read the other's files. */
export class SecretCipher {
    private constructor(
        private readonly key: Buffer,
        /** What goes into a stack file as `encryptionsalt`: the salt and a sample to check a passphrase with. */
        public readonly salt: string,
    ) {}

    /** The cipher of an existing `encryptionsalt`. Fails when the passphrase is another one. */
    public static async open(passphrase: string, salt: string): Promise<SecretCipher> {
        const match = /^v1:([^:]+):(v1:.+)$/.exec(salt);
        if (!match?.[1] || !match[2]) {
            throw new Error(`encryptionsalt "${salt}" is not of the form v1:<salt>:v1:<nonce>:<text>`);
        }
        const cipher = new SecretCipher(await deriveKey(passphrase, Buffer.from(match[1], "base64")), salt);
        try {
            if (cipher.decrypt(match[2]) === "pulumi") {
                return cipher;
            }
        } catch {
            // Reported below: a wrong key fails the authentication of the text.
        }
        throw new Error(
            "the passphrase is not the one that the secrets were encrypted with; " +
                "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
        );
    }

    /** A cipher with a salt of its own. */
    public static async create(passphrase: string): Promise<SecretCipher> {
        const salt = randomBytes(8);
        const key = await deriveKey(passphrase, salt);
        const sample = new SecretCipher(key, "").encrypt("pulumi");
        return new SecretCipher(key, `v1:${salt.toString("base64")}:${sample}`);
    }

    /** `v1:<nonce>:<text>`, base64 each; never twice the same. */
    public encrypt(text: string): string {
        const nonce = randomBytes(nonceBytes);
        const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
        const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
        return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
    }

    /** The opposite of {@link encrypt}. */
    public decrypt(text: string): string {
        const [version, nonce, sealed] = text.split(":");
        if (version !== "v1" || nonce === undefined || sealed === undefined) {
            throw new Error("a secret is not of the form v1:<nonce>:<text>");
        }
        const bytes = Buffer.from(sealed, "base64");
        const decipher = createDecipheriv("aes-256-gcm", this.key, Buffer.from(nonce, "base64"));
        decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
        const opened = decipher.update(bytes.subarray(0, bytes.length - tagBytes));
        return Buffer.concat([opened, decipher.final()]).toString("utf8");
    }
}

const derived = new Map<string, Promise<Buffer>>();

/** Deriving a key is slow on purpose, so each is derived once. */
function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
    const name = `${salt.toString("base64")} ${passphrase}`;
    const known = derived.get(name) ?? promisify(pbkdf2)(passphrase, salt, iterations, 32, "sha256");
    derived.set(name, known);
    return known;
}
