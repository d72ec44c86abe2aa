import { randomBytes } from "node:crypto";
import { parse } from "yaml";
import { listed, UserError } from "../support/errors";
import { generated, type Key, keys } from "./databaseKeys";
import { projectName } from "./stackFile";

/** A key that the stack can have another of. */
export interface RotatedKey extends Key {
    /** Whether the old one is known beside the new one for a while, so that nothing that runs fails. */
    readonly overlaps: boolean;
    /** What has to end before the old one may go, beside the update itself. */
    readonly wait?: string;
    /** Argument for a Secret in which somebody else keeps it. */
    readonly kept: readonly [group: string, argument: string];
}

const signing = (setting: string, what: string, resource: string): Key => ({
    setting,
    what,
    find: generated("random:index/randomPassword:RandomPassword", resource, "result"),
    make: () => randomBytes(32).toString("hex"),
});

/** All keys that can be rotated. */
export const rotatedKeys: readonly RotatedKey[] = [
    { ...known("fernetKey"), overlaps: true, kept: ["airflow", "fernetKeySecret"] },
    { ...known("databasePassword"), overlaps: true, kept: ["database", "passwordSecret"] },
    {
        ...signing("jwtKey", "the key that signs tokens of users and tasks", "airflow-jwt-secret"),
        overlaps: true,
        wait: "Tasks that run get a token of the new key within ten minutes; those that wait for a pod have one of the old key.",
        kept: ["airflow", "jwtKeySecret"],
    },
    {
        ...signing("apiSecretKey", "the key that signs sessions", "airflow-api-secret-key"),
        overlaps: false,
        kept: ["airflow", "apiSecretKeySecret"],
    },
];

function known(setting: string): Key {
    return keys.find((key) => key.setting === setting) as Key;
}

/**
 * The key that is asked for.
 *
 * @throws UserError when there is none, or when somebody else keeps it.
 */
export function askedKey(name: string | undefined, stackFile: string): RotatedKey {
    const key = rotatedKeys.find(({ setting }) => setting === name);
    if (key === undefined) {
        const what = rotatedKeys.map(({ setting, what }) => `${setting}: ${what}`);
        throw new UserError(listed(`KEY is ${name === undefined ? "not set" : `"${name}"`}; it can be:`, what));
    }
    const { config } = (parse(stackFile) ?? {}) as { config?: Record<string, Record<string, unknown> | undefined> };
    const [group, argument] = key.kept;
    if (config?.[`${projectName}:${group}`]?.[argument] !== undefined) {
        throw new UserError(
            `${group}.${argument} names the Secret with ${key.what}: change it there (docs/operations.md).`,
        );
    }
    if (name === "databasePassword" && config?.[`${projectName}:database`]?.external !== undefined) {
        throw new UserError(
            "The database is one that exists: change its password there, then set databasePassword to it.",
        );
    }
    return key;
}

/** What the next step of a rotation sets. */
export interface Step {
    readonly value: string;
    /** Whether the rotation is over with it. */
    readonly last: boolean;
}

/** The next step from the value that is set now: a new key before the old one, or the new one alone. */
export function nextStep(key: RotatedKey, current: string | undefined): Step {
    const [first, second] = current?.split(",").map((each) => each.trim()) ?? [];
    if (key.overlaps && first !== undefined && second !== undefined) {
        return { value: first, last: true };
    }
    return key.overlaps && first !== undefined
        ? { value: `${key.make()},${first}`, last: false }
        : { value: key.make(), last: true };
}
