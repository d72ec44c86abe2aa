import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isProcessAlive } from "../support/alive";

/** What the Pulumi CLI writes into a lock file of a state folder. */
export interface StackLock {
    readonly pid?: number;
    readonly username?: string;
    readonly hostname?: string;
    readonly timestamp?: string;
}

/** The locks of a stack, by what has become of the runs that took them. */
export interface StackLocks {
    /** Taken by runs that go on, or of which nothing can be known. */
    readonly held: readonly StackLock[];
    /** Left by runs of this machine that were killed. */
    readonly abandoned: readonly StackLock[];
}

/**
 * Reads who has locked a stack.
 *
 * @param backend A backend's URL; only `file:` ones have lock files, so any other has no locks here.
 */
export function readStackLocks(backend: string, project: string, stack: string, isHeld = holdsLock): StackLocks {
    const state = stateFolder(backend);
    if (state === undefined) {
        return { held: [], abandoned: [] };
    }
    const folder = join(state, ".pulumi", "locks", "organization", project, stack);
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
    const locks = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as StackLock);
    const isAbandoned = (lock: StackLock): boolean => lock.hostname === hostname() && !isHeld(lock);
    return { held: locks.filter((lock) => !isAbandoned(lock)), abandoned: locks.filter(isAbandoned) };
}

/** Who holds a lock, for people: "root on laptop, process 123, since 12:00:00". */
export function describeLock({ username, hostname: host, pid, timestamp }: StackLock): string {
    const since = timestamp === undefined ? "" : `, since ${new Date(timestamp).toLocaleString("sv")}`;
    return `${username ?? "somebody"} on ${host ?? "an unknown machine"}, process ${pid ?? "unknown"}${since}`;
}

/** Whether the process that took a lock still runs: a younger one may have its number. */
function holdsLock({ pid, timestamp }: StackLock): boolean {
    if (pid === undefined) {
        return true;
    }
    if (!isProcessAlive(pid)) {
        return false;
    }
    const started = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.ctimeMs;
    const second = 1_000;
    return started === undefined || timestamp === undefined || started <= Date.parse(timestamp) + second;
}

/** The folder of a `file:` backend. */
export function stateFolder(backend: string): string | undefined {
    if (!backend.startsWith("file://")) {
        return undefined;
    }
    const path = backend.slice("file://".length).split("?")[0] ?? "";
    if (path.startsWith("~")) {
        return join(homedir(), path.slice(1));
    }
    return path.startsWith("/") ? fileURLToPath(new URL(`file://${path}`)) : undefined;
}
