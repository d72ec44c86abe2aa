import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the real CLI writes into a lock file of a state folder. */
interface Lock {
    readonly pid?: number;
    readonly hostname?: string;
}

/**
 * Whether a stack in a state folder is locked only by runs of this machine that are no more, as one that was killed leaves
 * it. Such a stack can be unlocked; any other lock is somebody's.
 *
 * @param backend A backend's URL; only `file:` ones have lock files.
 */
export function isLockedByTheDead(backend: string, project: string, stack: string, alive = isAlive): boolean {
    if (!backend.startsWith("file://") || backend.startsWith("file://~")) {
        return false;
    }
    const url = new URL(backend);
    const folder = join(fileURLToPath(`file://${url.pathname}`), ".pulumi", "locks", "organization", project, stack);
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
    const locks = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Lock);
    return (
        locks.length > 0 &&
        locks.every(({ pid, hostname: host }) => pid !== undefined && host === hostname() && !alive(pid))
    );
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
