import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { progress } from "../support/progress";
import { paths } from "./layout";
import { isAlive, type ProcessRecord, processRecord } from "./processes";

/** Who holds a lock file; undefined when nobody does, or the holder ended without giving it back. */
export function lockHolder(path: string): ProcessRecord | undefined {
    try {
        const record = JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
        return isAlive(record) ? record : undefined;
    } catch {
        return undefined;
    }
}

/** Takes a lock file; says whether that worked. A lock whose holder is gone is taken over. */
export function tryLock(path: string, own: ProcessRecord): boolean {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${own.pid}`;
    writeFileSync(temporary, JSON.stringify(own));
    try {
        for (let attempt = 0; attempt < 2; attempt++) {
            try {
                // A link appears whole or not at all, so nobody reads half a record.
                linkSync(temporary, path);
                return true;
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EEXIST" || lockHolder(path) !== undefined) {
                    return false;
                }
            }
            takeAway(path, own);
        }
        return false;
    } finally {
        rmSync(temporary, { force: true });
    }
}

function takeAway(path: string, own: ProcessRecord): void {
    const stale = `${path}.${own.pid}.stale`;
    try {
        renameSync(path, stale);
        if (lockHolder(stale) !== undefined) {
            // Somebody was faster, and this is already their lock.
            renameSync(stale, path);
        }
    } catch {
        // Gone already.
    }
    rmSync(stale, { force: true });
}

/** Does work that no second process on this machine may do at the same time; waits for one that does. */
export async function withLock<Result>(work: () => Promise<Result>): Promise<Result> {
    const own = processRecord(process.pid) ?? { pid: process.pid, startTime: "" };
    for (let waited = 0; !tryLock(paths.lock, own); waited++) {
        if (waited === 0) {
            progress(`Waiting for process ${lockHolder(paths.lock)?.pid ?? "?"}, which starts or stops the cluster`);
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
    }
    try {
        return await work();
    } finally {
        rmSync(paths.lock, { force: true });
    }
}
