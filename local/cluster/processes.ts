import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../support/deadline";
import { UserError } from "../support/errors";
import { systemPath } from "../support/execution";
import { partCgroupFile, processesOfPart } from "./cgroups";
import { paths } from "./layout";

/** One of the programs that the cluster is made of. */
export interface Part {
    name: string;
    command: readonly string[];
    /** What it was started from besides its command: when that changes, it is started again. */
    configuration?: readonly string[];
    environment?: Record<string, string>;
    /** A process in whose mount namespace it is started. */
    mountNamespaceOf?: number;
}

/** A process, told from a later one with the same pid by the time it was started at. */
export interface ProcessRecord {
    pid: number;
    /** The machine's start in which it runs, as the kernel names it. */
    bootId: string;
    /** In clock ticks since the machine's start, as /proc/PID/stat has it. */
    startTime: string;
}

/** What is kept of a part that was started. */
export interface PartRecord extends ProcessRecord {
    fingerprint: string;
    /** By the clock, in milliseconds. */
    startedAt: number;
}

/** What the kernel calls the time from this start of the machine to its end. */
export function bootId(): string {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The start time and state in the text of a /proc/PID/stat. */
export function parseStat(text: string): { state: string; startTime: string } {
    // The second field is the program's name, which may hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

/** Describes a process that runs now; undefined when there is none with that pid (a zombie does not count). */
export function processRecord(pid: number): ProcessRecord | undefined {
    try {
        const { state, startTime } = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
        return state === "Z" || state === "X" ? undefined : { pid, bootId: bootId(), startTime };
    } catch {
        return undefined;
    }
}

/** Whether the very process of a record still runs. */
export function isAlive(record: ProcessRecord | undefined): boolean {
    if (record === undefined) {
        return false;
    }
    const running = processRecord(record.pid);
    return running?.startTime === record.startTime && running.bootId === record.bootId;
}

/** Sends a signal to the very process of a record, and to no other. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): void {
    if (isAlive(record)) {
        try {
            process.kill(record.pid, name);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
                throw error;
            }
        }
    }
}

/** Ends processes: asks first, and after `grace` milliseconds kills. Returns when they are gone. */
export async function endProcesses(records: readonly ProcessRecord[], grace: number): Promise<void> {
    const ended = async () => !records.some(isAlive);
    for (const record of records) {
        signal(record, "SIGTERM");
    }
    await waitFor(ended, { within: grace, every: 50, what: "their own end" }).catch(() => undefined);
    for (const record of records) {
        signal(record, "SIGKILL");
    }
    await waitFor(ended, {
        within: 20_000,
        every: 50,
        what: "the end of processes that were killed",
        explain: () => `They still run: ${records.filter(isAlive).map((record) => record.pid)}`,
    });
}

/** Changes when the program, its arguments, its environment or its configuration changes. */
export function fingerprint(part: Part): string {
    const [program = ""] = part.command;
    // The links in the cluster's folder keep their names when another version is built.
    const file = existsSync(program) ? realpathSync(program) : program;
    return createHash("sha256")
        .update(JSON.stringify([file, part.command, part.environment ?? {}, part.configuration ?? []]))
        .digest("hex")
        .slice(0, 16);
}

function recordPath(name: string): string {
    return join(paths.parts, `${name}.json`);
}

/** What was recorded of a part when it was started. */
export async function readRecord(name: string): Promise<PartRecord | undefined> {
    try {
        return JSON.parse(await readFile(recordPath(name), "utf8")) as PartRecord;
    } catch {
        // Not there, or cut short by a power failure: both mean that nothing is known to run.
        return undefined;
    }
}

/** Whether a part runs as it is described. */
export async function isRunning(part: Part): Promise<boolean> {
    const record = await readRecord(part.name);
    return isAlive(record) && record?.fingerprint === fingerprint(part);
}

/** Starts a part unless it runs; a running one whose description changed is started again. Says whether it had to. */
export async function ensurePart(part: Part): Promise<boolean> {
    if (await isRunning(part)) {
        return false;
    }
    await stopPart(part.name, part.command[0]);
    await startPart(part);
    return true;
}

async function startPart(part: Part): Promise<void> {
    await mkdir(paths.log, { recursive: true });
    await mkdir(paths.parts, { recursive: true });
    const log = join(paths.log, `${part.name}.log`);
    if (existsSync(log)) {
        await rename(log, `${log}.1`);
    }
    const entered =
        part.mountNamespaceOf === undefined
            ? part.command
            : ["nsenter", `--mount=/proc/${part.mountNamespaceOf}/ns/mnt`, "--", ...part.command];
    const output = openSync(log, "a", 0o600);
    const startedAt = Date.now();
    try {
        // The shell puts itself into the part's cgroup before anything else, so that even a start that is cut
        // short here, before the pid is recorded, leaves nothing that cannot be found.
        const child = spawn("/bin/sh", ["-c", 'echo 0 > "$0" && exec "$@"', partCgroupFile(part.name), ...entered], {
            cwd: "/",
            detached: true,
            stdio: ["ignore", output, output],
            env: { PATH: systemPath(), HOME: "/root", ...part.environment },
        });
        await new Promise<void>((resolve, reject) => {
            child.once("spawn", resolve);
            child.once("error", reject);
        });
        child.unref();
        const started = child.pid === undefined ? undefined : processRecord(child.pid);
        if (started === undefined) {
            throw new UserError(`${part.name} ended at once; its log: ${log}`);
        }
        await writeRecord(part.name, { ...started, fingerprint: fingerprint(part), startedAt });
    } finally {
        closeSync(output);
    }
}

async function writeRecord(name: string, record: PartRecord): Promise<void> {
    const temporary = `${recordPath(name)}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify(record)}\n`);
    await rename(temporary, recordPath(name));
}

/**
 * Ends the recorded process of a part. With `program`, also a process of it that an interrupted start left unrecorded; what
 * else the part has started (containers' shims, file system helpers) stays.
 */
export async function stopPart(name: string, program?: string, grace = 10_000): Promise<void> {
    const record = await readRecord(name);
    const records: ProcessRecord[] = record === undefined ? [] : [record];
    if (record !== undefined) {
        // Should this stop be interrupted, the next start must not take a process that is about to end for one that runs.
        await writeRecord(name, { ...record, fingerprint: "stopping" });
    }
    if (program !== undefined) {
        for (const pid of processesOfPart(name).filter((other) => firstArgument(other) === program)) {
            const stray = processRecord(pid);
            if (stray !== undefined) {
                records.push(stray);
            }
        }
    }
    await endProcesses(records, grace);
    await rm(recordPath(name), { force: true });
}

function firstArgument(pid: number): string | undefined {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0];
    } catch {
        return undefined;
    }
}

/** The end of a part's log, to show why it does not work. */
export async function logTail(name: string, lines = 15): Promise<string> {
    try {
        return (await readFile(join(paths.log, `${name}.log`), "utf8")).trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
        return "(no log)";
    }
}
