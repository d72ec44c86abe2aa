import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../support/errors";

/** The cgroup below which everything of the cluster runs; the kubelet's `cgroupRoot`. */
export const rootCgroup = "/airflow-kubernetes";

/** A mounted cgroup hierarchy: with version 1 there are several, each for some controllers, with version 2 one. */
export interface Hierarchy {
    version: 1 | 2;
    mountPoint: string;
    controllers: string[];
    isReadOnly: boolean;
}

/** The hierarchies in a mount table (/proc/self/mountinfo). */
export function hierarchies(mountInfo: string): Hierarchy[] {
    const found: Hierarchy[] = [];
    for (const line of mountInfo.split("\n")) {
        const [before, after] = line.split(" - ");
        const [, , , , mountPoint, mountOptions = ""] = before?.split(" ") ?? [];
        const isReadOnly = mountOptions.split(",").includes("ro");
        const [type, , options = ""] = after?.split(" ") ?? [];
        if (mountPoint === undefined || found.some((other) => other.mountPoint === mountPoint)) {
            continue;
        }
        if (type === "cgroup") {
            const controllers = options.split(",").filter((option) => option !== "rw" && option !== "ro");
            found.push({ version: 1, mountPoint, controllers, isReadOnly });
        } else if (type === "cgroup2") {
            found.push({ version: 2, mountPoint, controllers: [], isReadOnly });
        }
    }
    return found;
}

/** The hierarchies that limit: in the mixed set-up the one of version 2 has no controllers and the kubelet needs it not. */
export function limitingHierarchies(all: readonly Hierarchy[]): Hierarchy[] {
    const first = all.filter((hierarchy) => hierarchy.version === 1);
    return first.length > 0 ? first : [...all];
}

/** The hierarchy whose groups say which processes are the cluster's; it limits nothing. */
export function trackingHierarchy(all: readonly Hierarchy[]): Hierarchy {
    const limiting = limitingHierarchies(all);
    const tracking = limiting.find((hierarchy) => hierarchy.controllers.includes("pids")) ?? limiting[0];
    if (tracking === undefined) {
        throw new UserError("No cgroup hierarchy is mounted under /sys/fs/cgroup");
    }
    return tracking;
}

function mounted(): Hierarchy[] {
    return hierarchies(readFileSync("/proc/self/mountinfo", "utf8"));
}

function trackingDirectory(...names: string[]): string {
    return join(trackingHierarchy(mounted()).mountPoint, rootCgroup, ...names);
}

/** The file to which a process of a part writes "0" to be counted as its own. */
export function partCgroupFile(part: string): string {
    return join(trackingDirectory("parts", part), "cgroup.procs");
}

/** The controllers of version 2 without which the kubelet does not start. */
const neededControllers = ["cpu", "cpuset", "memory", "pids"];

function words(file: string): string[] {
    return readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
}

/** What is wrong with the control groups, as far as can be seen without a change. */
export function cgroupProblem(all: readonly Hierarchy[] = mounted()): { what: string; remedy: string } | undefined {
    const remedy = "in a container, start it with --privileged --cgroupns=private; otherwise mount them";
    const limiting = limitingHierarchies(all);
    if (limiting.length === 0) {
        return { what: "no control groups are mounted, by which containers are limited", remedy };
    }
    const readOnly = limiting.find(({ isReadOnly }) => isReadOnly);
    if (readOnly !== undefined) {
        return { what: `the control groups in ${readOnly.mountPoint} cannot be written to`, remedy };
    }
    const given = limiting.flatMap(({ version, mountPoint, controllers }) =>
        version === 2 ? words(join(mountPoint, "cgroup.controllers")) : controllers,
    );
    const missing = neededControllers.filter((controller) => !given.includes(controller));
    return missing.length === 0 ? undefined : { what: `the control groups lack ${missing.join(", ")}`, remedy };
}

/** Makes the cluster's cgroups: its root in each hierarchy, as the kubelet demands, and one for each part. */
export async function ensureCgroups(parts: readonly string[]): Promise<void> {
    for (const hierarchy of limitingHierarchies(mounted())) {
        const directory = join(hierarchy.mountPoint, rootCgroup);
        if (!existsSync(directory)) {
            if (hierarchy.version === 2) {
                makeRoom(hierarchy.mountPoint);
                delegateControllers(hierarchy.mountPoint);
            }
            await mkdir(directory);
        }
        if (hierarchy.version === 2) {
            delegateControllers(directory);
        } else if (hierarchy.controllers.includes("cpuset")) {
            // A new cpuset has no processors and nothing could be started in it.
            for (const file of ["cpuset.cpus", "cpuset.mems"]) {
                if (readFileSync(join(directory, file), "utf8").trim() === "") {
                    writeFileSync(join(directory, file), readFileSync(join(hierarchy.mountPoint, file)));
                }
            }
        }
    }
    for (const part of parts) {
        await mkdir(trackingDirectory("parts", part), { recursive: true });
    }
}

/**
 * Moves the processes of a group of version 2 into one below it: a group that hands controllers down may not have any of its
 * own. Only the machine's own root, which has no type, may; the root that a container sees is a group like others.
 */
export function makeRoom(directory: string): void {
    if (!existsSync(join(directory, "cgroup.type"))) {
        return;
    }
    // What starts a process meanwhile has its new one in the group again.
    for (let round = 0; round < 20; round++) {
        const pids = words(join(directory, "cgroup.procs"));
        if (pids.length === 0) {
            return;
        }
        mkdirSync(join(directory, "init"), { recursive: true });
        for (const pid of pids) {
            try {
                writeFileSync(join(directory, "init", "cgroup.procs"), pid);
            } catch (error) {
                // It has ended.
                if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
                    throw error;
                }
            }
        }
    }
}

/** Lets the groups below one of version 2 limit. Throws a `UserError` when the kernel refuses. */
export function delegateControllers(directory: string, controllers: readonly string[] = neededControllers): void {
    const wanted = words(join(directory, "cgroup.controllers")).filter((name) => controllers.includes(name));
    for (const controller of wanted) {
        try {
            writeFileSync(join(directory, "cgroup.subtree_control"), `+${controller}`);
        } catch (error) {
            const { code } = error as NodeJS.ErrnoException;
            throw new UserError(
                `The control group ${directory} does not hand down "${controller}" (${code}), and without it no container can be limited: in a container, start that with --privileged --cgroupns=private.`,
            );
        }
    }
}

function processesIn(directory: string): number[] {
    if (!existsSync(directory)) {
        return [];
    }
    let own: number[] = [];
    try {
        own = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    } catch {
        // The group was removed meanwhile.
    }
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap((entry) => processesIn(join(directory, entry.name)))];
}

/** The processes of one part and all that it started and that did not move away. */
export function processesOfPart(part: string): number[] {
    return processesIn(trackingDirectory("parts", part));
}

/** The processes of the pods' containers. */
export function processesOfPods(): number[] {
    return processesIn(trackingDirectory("kubepods"));
}

/** Everything that runs in the cluster's cgroups. */
export function processesOfCluster(): number[] {
    return processesIn(trackingDirectory());
}

/** Whether there are cgroups of the cluster. */
export function hasCgroups(): boolean {
    return mounted().some(({ mountPoint }) => existsSync(join(mountPoint, rootCgroup)));
}

/** Removes the cluster's cgroups (or only the pods'), which must be empty of processes. */
export async function removeCgroups(name = ""): Promise<void> {
    for (const hierarchy of mounted()) {
        await removeTree(join(hierarchy.mountPoint, rootCgroup, name));
    }
}

async function removeTree(directory: string): Promise<void> {
    if (!existsSync(directory)) {
        return;
    }
    for (const entry of await readdir(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) {
            await removeTree(join(directory, entry.name));
        }
    }
    // A group whose last process is just being reaped is busy for a moment.
    for (let attempt = 0; ; attempt++) {
        try {
            return await rmdir(directory);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "ENOENT") {
                return;
            }
            if (attempt === 50) {
                throw error;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }
}
