import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document, isMap as isMapNode, parseDocument } from "yaml";
import { isMap, type PropertyValue } from "../values/propertyValue";
import { SecretCipher } from "./secretCipher";

/** One value of a stack file, opened: plain text, or JSON when it is structured. */
export interface ConfigValue {
    readonly text: string;
    readonly value: PropertyValue;
    readonly secret: boolean;
}

/** The values of a stack by full key, `project:key`. */
export type ConfigValues = { readonly [key: string]: ConfigValue };

/** The stack file's place: `Pulumi.<stack>.yaml` beside Pulumi.yaml, unless another one is given. */
export function stackFilePath(directory: string, stack: string, given: string | undefined): string {
    return given ?? join(directory, `Pulumi.${stack}.yaml`);
}

/** Reads a stack file and opens its secrets; the passphrase is asked for only when there are any. */
export async function readStackFile(file: string, project: string, passphrase: () => string): Promise<ConfigValues> {
    if (!existsSync(file)) {
        return {};
    }
    const document = parseStackFile(file);
    const content = (document.toJS() ?? {}) as { encryptionsalt?: string; config?: PropertyValue };
    const entries = Object.entries(isMap(content.config) ? content.config : {});
    const sealed = entries.some(([, value]) => holdsSecure(value));
    if (sealed && content.encryptionsalt === undefined) {
        throw new Error(`${file} holds secrets but no encryptionsalt, so they were not encrypted with a passphrase`);
    }
    const cipher = sealed ? await SecretCipher.open(passphrase(), content.encryptionsalt ?? "") : undefined;
    return Object.fromEntries(
        entries.map(([key, value]) => [
            key.includes(":") ? key : `${project}:${key}`,
            configValue(openSecure(value, cipher), holdsSecure(value)),
        ]),
    );
}

/** A value as programs get it: text as it is, anything else as JSON or its YAML scalar. */
export function configValue(value: PropertyValue, secret: boolean): ConfigValue {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
    return { text, value, secret };
}

/**
 * Writes one value at a path of a stack file, encrypted when there is a passphrase; everything else in the file, comments too,
 * stays as it is.
 */
export async function setConfig(
    file: string,
    path: readonly (string | number)[],
    value: string,
    passphrase: string | undefined,
): Promise<void> {
    const document = existsSync(file) ? parseStackFile(file) : new Document({});
    if (!isMapNode(document.get("config"))) {
        document.set("config", document.createNode({}));
    }
    if (passphrase === undefined) {
        document.setIn(["config", ...path], value);
    } else {
        const salt = document.get("encryptionsalt");
        const cipher =
            typeof salt === "string"
                ? await SecretCipher.open(passphrase, salt)
                : await SecretCipher.create(passphrase);
        document.set("encryptionsalt", cipher.salt);
        document.setIn(["config", ...path], document.createNode({ secure: cipher.encrypt(value) }));
    }
    const temporary = `${file}.tmp`;
    writeFileSync(temporary, document.toString({ lineWidth: 0 }));
    renameSync(temporary, file);
}

function parseStackFile(file: string): Document {
    const document = parseDocument(readFileSync(file, "utf8"));
    const [problem] = document.errors;
    if (problem) {
        throw new Error(`${file} can't be read: ${problem.message}`);
    }
    return document.contents === null ? new Document({}) : (document as Document);
}

function isSecure(value: PropertyValue): value is { secure: string } {
    return isMap(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

function holdsSecure(value: PropertyValue): boolean {
    if (isSecure(value)) {
        return true;
    }
    return typeof value === "object" && value !== null && Object.values(value).some(holdsSecure);
}

function openSecure(value: PropertyValue, cipher: SecretCipher | undefined): PropertyValue {
    if (isSecure(value)) {
        return cipher ? cipher.decrypt(value.secure) : value;
    }
    if (Array.isArray(value)) {
        return value.map((inner) => openSecure(inner, cipher));
    }
    if (isMap(value)) {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, openSecure(inner, cipher)]));
    }
    return value;
}
