import { randomBytes, randomInt } from "node:crypto";
import { parse } from "yaml";
import { projectName } from "./stackFile";
import type { StateResource } from "./stackState";

/** A key that opens the database's data, and so must outlive the stack when the data does. */
export interface Key {
    /** Its configuration key. */
    readonly setting: string;
    /** What it is, for people. */
    readonly what: string;
    /** Finds it among the resources of a stack that made it itself. */
    readonly find: (resources: readonly StateResource[]) => string | undefined;
    /** Makes a new one. */
    readonly make: () => string;
}

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The keys that data which outlive their stack need pinned. */
export const keys: readonly Key[] = [
    {
        setting: "fernetKey",
        what: "the key of connections and variables",
        find: (resources) =>
            urlSafe(outputOf(resources, "random:index/randomBytes:RandomBytes", "airflow-fernet-key", "base64")),
        make: () => randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
    },
    {
        setting: "databasePassword",
        what: "the password of the database",
        find: generated("random:index/randomPassword:RandomPassword", "airflow-database-password", "result"),
        make: () => Array.from({ length: 32 }, () => alphanumerics[randomInt(alphanumerics.length)]).join(""),
    },
];

/** Which of the keys a stack file holds already. */
export function pinned(stackFile: string): string[] {
    const { config } = (parse(stackFile) ?? {}) as { config?: Record<string, unknown> | null };
    return keys.map((key) => key.setting).filter((name) => config?.[`${projectName}:${name}`] !== undefined);
}

type Kept = Readonly<Record<string, unknown>> | undefined;

/** The keys that a stack's data need. What lies in a Secret, and the password of a database that exists, are not for us to make. */
export function keysFor(stackFile: string): readonly Key[] {
    const { config } = (parse(stackFile) ?? {}) as { config?: Record<string, unknown> | null };
    const database = config?.[`${projectName}:database`] as Kept;
    const airflow = config?.[`${projectName}:airflow`] as Kept;
    const kept: Readonly<Record<string, boolean>> = {
        fernetKey: airflow?.fernetKeySecret !== undefined,
        databasePassword: database?.external !== undefined || database?.passwordSecret !== undefined,
    };
    return keys.filter(({ setting }) => !kept[setting]);
}

/** Finds what a random resource has made. */
export function generated(
    type: string,
    name: string,
    property: string,
): (resources: readonly StateResource[]) => string | undefined {
    return (resources) => outputOf(resources, type, name, property);
}

function outputOf(
    resources: readonly StateResource[],
    type: string,
    name: string,
    property: string,
): string | undefined {
    const resource = resources.find((candidate) => candidate.type === type && candidate.urn.endsWith(`::${name}`));
    return plain(resource?.outputs?.[property]);
}

/** A value of an export: plain, or in the envelope that marks a secret, with its plaintext as JSON. */
function plain(value: unknown): string | undefined {
    if (typeof value === "object" && value !== null && "plaintext" in value && typeof value.plaintext === "string") {
        return plain(JSON.parse(value.plaintext));
    }
    return typeof value === "string" && value !== "" ? value : undefined;
}

function urlSafe(base64: string | undefined): string | undefined {
    return base64?.replaceAll("+", "-").replaceAll("/", "_");
}
