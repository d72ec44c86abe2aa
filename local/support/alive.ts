import { readFileSync } from "node:fs";

/** Whether a process of this machine runs, whoever started it. One that has ended and that nobody has asked for does not. */
export function isProcessAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
    return !isZombie(pid);
}

function isZombie(pid: number): boolean {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return /^ [ZX] /.test(stat.slice(stat.lastIndexOf(")") + 1));
    } catch {
        // It is gone by now, or this system has no such folder.
        return false;
    }
}
