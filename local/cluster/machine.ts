import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { clusterDirectory } from "../support/paths";
import { paths } from "./layout";
import { natFamilies, removeNatTables } from "./network";

/**
 * What the cluster changes on the machine itself, with what was there before. `down` puts it back; it is written before the
 * first change, so that an interrupted `up` can be undone as well.
 */
interface MachineRecord {
    /** Kernel settings are only put back within the boot in which they were changed. */
    bootId: string;
    kernelSettings: Record<string, string>;
    /** The families that had a table "nat" of iptables. */
    natFamilies?: string[];
    /** Directories that had to be made, outermost first. */
    directories: string[];
}

/** What the kubelet sets for itself, and the forwarding between pods. */
const kernelSettings = [
    "net/ipv4/ip_forward",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
] as const;

function settingPath(name: string): string {
    return join("/proc/sys", name);
}

function bootId(): string {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function read(): MachineRecord | undefined {
    return existsSync(paths.machine) ? (JSON.parse(readFileSync(paths.machine, "utf8")) as MachineRecord) : undefined;
}

async function write(record: MachineRecord): Promise<void> {
    await mkdir(clusterDirectory, { recursive: true, mode: 0o755 });
    await writeFile(`${paths.machine}.tmp`, `${JSON.stringify(record, undefined, 4)}\n`);
    await rename(`${paths.machine}.tmp`, paths.machine);
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
    const settings: Record<string, string> = {};
    for (const name of kernelSettings.filter((setting) => existsSync(settingPath(setting)))) {
        settings[name] = readFileSync(settingPath(name), "utf8").trim();
    }
    const sameBoot = before?.bootId === bootId();
    if (before !== undefined && !sameBoot) {
        // Nothing of before the reboot runs; its pids may be others' now.
        await rm(paths.parts, { recursive: true, force: true });
    }
    const made = mountPoints.flatMap((mountPoint) => missingDirectories(mountPoint));
    const record: MachineRecord = {
        bootId: bootId(),
        kernelSettings: sameBoot ? before.kernelSettings : settings,
        natFamilies: sameBoot ? before.natFamilies : await natFamilies(),
        directories: [...new Set([...(before?.directories ?? []), ...made])],
    };
    if (JSON.stringify(record) !== JSON.stringify(before)) {
        await write(record);
    }
    for (const mountPoint of mountPoints) {
        await mkdir(mountPoint, { recursive: true });
    }
    writeFileSync(settingPath("net/ipv4/ip_forward"), "1");
}

/** Puts the machine back to how it was found. */
export async function restoreMachine(): Promise<void> {
    const record = read();
    if (record === undefined) {
        return;
    }
    if (record.bootId === bootId()) {
        for (const [name, value] of Object.entries(record.kernelSettings)) {
            writeFileSync(settingPath(name), value);
        }
    }
    await removeNatTables(record.natFamilies ?? []);
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
