import { parseDocument, visit } from "yaml";

/** A Secret as the API server prints it. */
export interface SecretObject {
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly type?: string;
    /** Values in base64. */
    readonly data?: Readonly<Record<string, string>> | null;
}

/** What stands in place of a secret. */
export const mark = "[redacted]";

/** Values of fewer characters are taken out as whole words only: others would be parts of any word. */
const shortest = 8;

/** What Kubernetes itself writes into the Secret of a token, and everybody knows. */
const publicKeys: Readonly<Record<string, readonly string[]>> = {
    "kubernetes.io/service-account-token": ["namespace", "ca.crt"],
};

/** Texts that no report may hold, longest first: the values of Secrets, and what is secret within them. */
export function secretTexts(secrets: readonly SecretObject[], others: readonly string[] = []): string[] {
    const values = secrets.flatMap(({ type = "", data }) =>
        Object.entries(data ?? {})
            .filter(([key]) => !publicKeys[type]?.includes(key))
            .map(([, value]) => Buffer.from(value, "base64").toString("utf8")),
    );
    const all = [...values, ...others].flatMap((value) => [value, ...partsOf(value)]);
    const texts = all.flatMap((text) => [text, text.trim()]).filter((text) => text !== "");
    return [...new Set(texts)].sort((one, other) => other.length - one.length);
}

/** What is a secret of its own within one: keys before and after a comma, the password of a URL, texts of a JSON object, lines. */
function partsOf(value: string): string[] {
    const lines = value.includes("\n") ? value.split("\n").filter((line) => !line.startsWith("-----")) : [];
    const keys = /^[^\s,]{8,}(,[^\s,]{8,})+$/.test(value) ? value.split(",") : [];
    const passwords = [...value.matchAll(/\w:\/\/[^\s/@:]*:([^\s@]+)@/g)].map(([, password]) => password);
    const long = [...lines.map((line) => line.trim()), ...keys].filter((text) => text.length >= shortest);
    return [...long, ...passwords, ...passwords.map(decoded), ...leaves(value)];
}

function decoded(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/**
 * Texts of a JSON object by keys that sound secret, and what is secret within them. Airflow's variables count, too, but for short ones:
 * a word such as `true` would be gone from everywhere.
 */
function leaves(value: string): string[] {
    if (!/^\s*[[{]/.test(value)) {
        return [];
    }
    const collected: string[] = [];
    const collect = (node: unknown, fromLength: number): void => {
        if (typeof node === "string") {
            collected.push(...(node.length >= fromLength ? [node] : []), ...partsOf(node));
        } else if (typeof node === "object" && node !== null) {
            for (const [key, part] of Object.entries(node)) {
                collect(part, Math.min(fromLength, lengthBelow(key)));
            }
        }
    };
    try {
        collect(JSON.parse(value), Number.POSITIVE_INFINITY);
    } catch {
        return [];
    }
    return collected;
}

/** From how many characters on a text by such a key is a secret. */
function lengthBelow(key: string): number {
    if (/pass|secret|token|key|auth|credential|extra|private/i.test(key)) {
        return 1;
    }
    return key === "variable" ? shortest : Number.POSITIVE_INFINITY;
}

/** The texts in which a secret may lie open: as it is, as JSON writes it, for a URL, and in base64, also within something longer. */
function formsOf(text: string): string[] {
    const json = JSON.stringify(text).slice(1, -1);
    // JSON may hold halves of a character, which no URL has.
    const wellFormed = Buffer.from(text).toString("utf8");
    const ascii = json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const encoded = encodeURIComponent(wellFormed);
    const plain = [
        text,
        json,
        JSON.stringify(json).slice(1, -1),
        ascii,
        encoded,
        encoded.replaceAll("%20", "+"),
        encodeURI(wellFormed),
    ];
    return text.length < shortest ? plain : [...plain, ...[0, 1, 2].flatMap((offset) => base64Forms(text, offset))];
}

/** What of a text's base64 does not depend on what is before and behind it. */
function base64Forms(text: string, offset: number): string[] {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    const base64 = whole.slice(offset === 0 ? 0 : 4);
    return [base64, base64.replaceAll("+", "-").replaceAll("/", "_")];
}

/** Takes secrets out of texts. */
export interface Redactor {
    /** A text without any of them. */
    readonly redact: (text: string) => string;
    /** Whether a text still has one. */
    readonly finds: (text: string) => boolean;
}

/** What takes these secrets out, in every form in which they may lie open. */
export function redactor(secrets: readonly string[]): Redactor {
    const forms = [...new Set(secrets.flatMap(formsOf))].sort((one, other) => other.length - one.length);
    const long = forms.filter((form) => form.length >= shortest);
    const short = forms.filter((form) => form.length < shortest).map(wholeWord);
    return {
        redact: (text) => {
            const without = long.reduce((left, form) => left.replaceAll(form, mark), text);
            return short.reduce((left, form) => left.replaceAll(form, mark), without);
        },
        finds: (text) => {
            const left = text.replaceAll(mark, "\n");
            return long.some((form) => left.includes(form)) || short.some((form) => left.search(form) !== -1);
        },
    };
}

function wholeWord(text: string): RegExp {
    const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, "g");
}

/** A stack file without its secrets: what is encrypted, and what stands in plain text under a key that is meant for a secret. */
export function stackFileWithoutSecrets(text: string, secretKeys: readonly string[]): string {
    const document = parseDocument(text);
    if (document.errors.length > 0) {
        throw new Error("the stack file is no valid YAML");
    }
    document.deleteIn(["encryptionsalt"]);
    document.deleteIn(["encryptedkey"]);
    visit(document, {
        Pair(_, pair) {
            const key = String(pair.key);
            if (key === "secure" || secretKeys.includes(key.replace(/^[^:]*:/, ""))) {
                pair.value = document.createNode(mark);
                return visit.SKIP;
            }
            return undefined;
        },
    });
    return document.toString();
}
