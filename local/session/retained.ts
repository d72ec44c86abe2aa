import { readFileSync, writeFileSync } from "node:fs";
import type { Override } from "../pulumi/overrides";
import { overrideStackFile, projectName, stackStorageKind, stackValue } from "../pulumi/stackFile";
import { resourcesOf, type StackState } from "../pulumi/stackState";
import { listed, UserError } from "../support/errors";
import { capture } from "../support/execution";
import { say } from "../support/progress";
import type { Options } from "./options";
import type { Session, StackOutputs } from "./session";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

type Retained = StackOutputs["retained"];

/** A setting by which data that a stack has left are found again. */
interface Pin {
    /** As the stack output `retained` names it. */
    readonly setting: string;
    readonly namespace: string;
    readonly claim?: string;
}

/** The settings that find data again, each with the way to tell whether a stack file chooses such data at all. */
const pinnable: Readonly<Record<string, (config: Config) => boolean>> = {
    "storage.nfsServer.existingClaim": ({ storageKind }) => storageKind === "nfsServer",
    "storage.existingNamespace": ({ storageKind }) => storageKind === "storageClass",
    "database.existingClaim": ({ storageKind, database }) => storageKind !== undefined && database?.retain === true,
};

type Fields = Record<string, unknown> | undefined;

interface Config {
    /** As `stackStorageKind` tells it. */
    readonly storageKind: unknown;
    readonly storage?: Fields;
    readonly database?: Fields;
}

function configOf(stackFile: string): Config {
    const fields = (key: string) => stackValue(stackFile, `${projectName}:${key}`) as Fields;
    return { storageKind: stackStorageKind(stackFile), storage: fields("storage"), database: fields("database") };
}

function settingIn(config: Config, setting: string): unknown {
    return setting
        .split(".")
        .reduce<unknown>(
            (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
            config,
        );
}

/** What a stack file leaves open of where the retained data of its stack are. */
export function missingPins(stackFile: string, retained: Retained): Pin[] {
    const config = configOf(stackFile);
    const pins = new Map<string, Pin>();
    for (const { reuseWith: setting, namespace, claim } of retained) {
        if (
            setting !== undefined &&
            namespace !== undefined &&
            pinnable[setting]?.(config) &&
            settingIn(config, setting) === undefined
        ) {
            pins.set(setting, { setting, namespace, claim });
        }
    }
    return [...pins.values()];
}

/** What is left after a destroy of data that the stack file does not name: the next `up` would begin with empty ones. */
export function unnamedData(stackFile: string, retained: Retained): string | undefined {
    const config = configOf(stackFile);
    const lines = retained
        .filter(({ reuseWith }) => reuseWith !== undefined && settingIn(config, reuseWith) === undefined)
        .map(
            ({ data, namespace, claim, reuseWith }) =>
                `${data}: ${reuseWith}, the claim ${claim} in namespace ${namespace}`,
        );
    return lines.length === 0
        ? undefined
        : listed(
              "The stack file does not name these data, so the next make up finds them only once it does (docs/storage.md):",
              lines,
          );
}

/** The places of retained data that a stack file names. */
export function namedPins(stackFile: string): Pin[] {
    const config = configOf(stackFile);
    return Object.keys(pinnable).flatMap((setting): Pin[] => {
        const value = settingIn(config, setting);
        if (typeof value === "string") {
            return [{ setting, namespace: value }];
        }
        const { namespace, name } = (value ?? {}) as { namespace?: string; name?: string };
        return namespace === undefined ? [] : [{ setting, namespace, claim: name }];
    });
}

/** A pin as settings of a stack file. */
export function settingsOf({ setting, namespace, claim }: Pin): Override[] {
    const [key = "", ...path] = setting.split(".");
    const full = `${projectName}:${key}`;
    return setting === "storage.existingNamespace"
        ? [{ key: full, path, value: namespace }]
        : [
              { key: full, path: [...path, "namespace"], value: namespace },
              { key: full, path: [...path, "name"], value: claim },
          ];
}

/** Writes into the stack file where the data are that outlive the stack, and says so; once for each. */
export function pinRetained({ stackFile }: Options, retained: Retained): void {
    const text = readFileSync(stackFile, "utf8");
    const pins = missingPins(text, retained);
    if (pins.length === 0) {
        return;
    }
    const changed = overrideStackFile(text, pins.flatMap(settingsOf));
    if (changed.faults.length > 0) {
        say(listed(`${stackFile} could not be told where the data are:`, changed.faults));
        return;
    }
    writeFileSync(stackFile, changed.text);
    say(
        `\n${pins.map(({ setting }) => setting).join(" and ")} ${pins.length > 1 ? "are" : "is"} now set in ${stackFile}, so that the data are found again after a make down: keep that file with your changes.`,
    );
}

/**
 * Says what a plan means that takes claims out of the stack which the stack file has come to name. Refuses a stack file that names
 * none while the stack has only the name: that file is an older one.
 *
 * @param state What `Session.take` has read.
 * @throws UserError that names the settings.
 */
export async function requirePins(session: Session, state: StackState): Promise<void> {
    const made = new Set(resourcesOf(state).map(({ id }) => id));
    if (namedPins(session.stackFileText).some(({ namespace }) => made.has(namespace))) {
        say(
            'The stack file names the claims of its data, so Pulumi need not keep account of them any more: "delete[retain]" in its ' +
                "plan means that they are forgotten, and removes nothing.",
        );
    }
    const retained = (await session.outputs())?.retained ?? [];
    const lost = missingPins(session.stackFileText, retained).filter(({ namespace }) => !made.has(namespace));
    if (lost.length > 0) {
        throw new UserError(
            listed(
                "This stack uses data that its stack file does not name, and would begin with empty ones. Nothing was changed. " +
                    "Set them again (or run make down first, if empty ones are what you want):",
                lost
                    .flatMap(settingsOf)
                    .map(({ key, path, value }) => `${[key.split(":")[1], ...path].join(".")}: ${value}`),
            ),
        );
    }
}

/**
 * Refuses a stack file that names data which the cluster does not have, such as those of another cluster.
 *
 * @throws UserError that names the settings.
 */
export async function requireRetained(cluster: Cluster, stackFile: string): Promise<void> {
    const faults: string[] = [];
    for (const { setting, namespace, claim } of namedPins(stackFile)) {
        const what =
            claim === undefined ? ["namespace", namespace] : ["persistentvolumeclaim", claim, "--namespace", namespace];
        const asked = await capture(
            [...kubectl(cluster), "get", ...what, "--output", "name", "--request-timeout", "10s"],
            {
                env: clusterEnvironment(cluster),
                timeout: 30_000,
            },
        );
        if (asked.code !== 0 && asked.stderr.includes("NotFound")) {
            faults.push(
                `${setting} names ${[namespace, claim].filter(Boolean).join("/")}, which this cluster does not have`,
            );
        }
    }
    if (faults.length > 0) {
        throw new UserError(
            listed(
                "Nothing was changed. Take out of the stack file what is gone or belongs to another cluster, and it begins with new data:",
                faults,
            ),
        );
    }
}
