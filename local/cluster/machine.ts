import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { capture } from "../support/execution";
import { clusterDirectory } from "../support/paths";
import { paths } from "./layout";
import { othersForward, presentIptablesTables, removeIptablesTables } from "./network";
import { bootId } from "./processes";

/**
 * What the cluster changes on the machine itself, with what was there before. `down` puts it back; it is written before the
 * first change, so that an interrupted `up` can be undone as well.
 */
interface MachineRecord {
    /** Settings, devices and rules are only put back within the boot in which they were changed. */
    bootId: string;
    kernelSettings: Record<string, string>;
    /** The tables of iptables that there were; records of earlier versions lack them. */
    iptablesTables?: string[];
    /** Directories that had to be made, outermost first. */
    directories: string[];
}

const forwarding = "net/ipv4/ip_forward";

/** The kernel settings that change, with their values while the cluster runs: the kubelet's, and forwarding between pods. */
export const kernelSettings: Readonly<Record<string, string>> = {
    [forwarding]: "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
};

const settingsDirectory = "/proc/sys";

function readSettings(directory: string): Record<string, string> {
    const names = Object.keys(kernelSettings).filter((name) => existsSync(join(directory, name)));
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "utf8").trim()]));
}

/** The kernel settings that a start changes, in words. */
export function settingsToChange(directory: string = settingsDirectory): string[] {
    return Object.entries(readSettings(directory))
        .filter(([name, value]) => value !== kernelSettings[name])
        .map(([name]) => name.replaceAll("/", "."));
}

function read(): MachineRecord | undefined {
    return existsSync(paths.machine) ? (JSON.parse(readFileSync(paths.machine, "utf8")) as MachineRecord) : undefined;
}

async function write(record: MachineRecord): Promise<void> {
    await mkdir(clusterDirectory, { recursive: true, mode: 0o755 });
    await writeFile(`${paths.machine}.tmp`, `${JSON.stringify(record, undefined, 4)}\n`);
    await rename(`${paths.machine}.tmp`, paths.machine);
}

/** Whether a start, in this boot or an earlier one, has changed the machine and no stop has put it back. */
export function isMachineChanged(): boolean {
    return existsSync(paths.machine);
}

/** Whether that was in this boot: only then can devices, rules and settings on the machine be the cluster's. */
export function isMachineChangedNow(): boolean {
    return read()?.bootId === bootId();
}

/** The directories on the way to a path that do not exist, outermost first. */
export function missingDirectories(path: string, exists: (path: string) => boolean = existsSync): string[] {
    const missing: string[] = [];
    for (let directory = path; !exists(directory); directory = dirname(directory)) {
        missing.unshift(directory);
    }
    return missing;
}

/** Notes how the machine is, makes the directories that the node mounts over, and lets it forward between pods. */
export async function prepareMachine(mountPoints: readonly string[]): Promise<void> {
    const before = read();
    const sameBoot = before?.bootId === bootId();
    const made = mountPoints.flatMap((mountPoint) => missingDirectories(mountPoint));
    const record: MachineRecord = {
        bootId: bootId(),
        kernelSettings: sameBoot ? before.kernelSettings : readSettings(settingsDirectory),
        iptablesTables: sameBoot ? before.iptablesTables : await presentIptablesTables(),
        directories: [...new Set([...(before?.directories ?? []), ...made])],
    };
    if (JSON.stringify(record) !== JSON.stringify(before)) {
        await write(record);
    }
    for (const mountPoint of mountPoints) {
        await mkdir(mountPoint, { recursive: true });
    }
    writeFileSync(join(settingsDirectory, forwarding), kernelSettings[forwarding] ?? "1");
}

/**
 * Puts kernel settings back to what they were. One that somebody else has changed meanwhile stays, and forwarding stays on
 * where others forward: they found it on, and do not look again.
 */
export function restoreSettings(
    before: Readonly<Record<string, string>>,
    othersForwardToo: boolean,
    directory: string = settingsDirectory,
): void {
    for (const [name, value] of Object.entries(readSettings(directory))) {
        const earlier = before[name];
        const isOurs = value === kernelSettings[name] && !(name === forwarding && othersForwardToo);
        if (isOurs && earlier !== undefined && earlier !== value) {
            writeFileSync(join(directory, name), earlier);
        }
    }
}

/** Puts the machine back to how it was found. */
export async function restoreMachine(): Promise<void> {
    const record = read();
    if (record === undefined) {
        return;
    }
    if (record.bootId === bootId()) {
        await removeIptablesTables(record.iptablesTables ?? (await presentIptablesTables()));
        restoreSettings(record.kernelSettings, await othersForward());
    }
    for (const directory of [...record.directories].reverse()) {
        // What somebody else put there stays, and its directory with it.
        await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
            if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(error.code ?? "")) {
                throw error;
            }
        });
    }
    await rm(paths.machine, { force: true });
}

/** Switches a service off that an installed package has started and nobody asked for, and remembers it. Says whether it ran. */
export async function disableService(name: string): Promise<boolean> {
    if (!existsSync("/run/systemd/system")) {
        return false;
    }
    if ((await capture(["systemctl", "is-enabled", "--quiet", name])).code !== 0) {
        return false;
    }
    await mkdir(clusterDirectory, { recursive: true, mode: 0o755 });
    await writeFile(paths.disabledServices, `${name}\n`);
    await capture(["systemctl", "disable", "--now", name]);
    return true;
}

/** Switches the service on again that was switched off. Hands back its name; undefined when there was none. */
export async function enableDisabledService(): Promise<string | undefined> {
    if (!existsSync(paths.disabledServices)) {
        return undefined;
    }
    const name = readFileSync(paths.disabledServices, "utf8").trim();
    await capture(["systemctl", "enable", "--now", name]);
    await rm(paths.disabledServices, { force: true });
    return name;
}
