import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { progress } from "./progress";

/**
 * Runs something while no other process runs it under the same lock file; waits for one that does, and says for what. The
 * lock is the kernel's and its holder ends with this process, however that ends, so none is ever left behind.
 */
export async function withLock<Result>(file: string, what: string, work: () => Promise<Result>): Promise<Result> {
    await mkdir(dirname(file), { recursive: true });
    // Waits for the lock, says so, and keeps it until its input ends.
    const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], {
        stdio: ["pipe", "pipe", "inherit"],
        // A Ctrl-C is for us: the lock stays while we clean up.
        detached: true,
    });
    const waiting = setTimeout(() => void sayWaiting(file, what), 1_000);
    const ended = once(holder, "close");
    const locked = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
    clearTimeout(waiting);
    if (!locked) {
        throw new Error(`cannot lock ${file}`);
    }
    try {
        // Only for the message to whoever waits.
        await writeFile(file, `${process.pid}\n`);
        return await work();
    } finally {
        holder.stdin.end();
        await ended;
    }
}

async function sayWaiting(file: string, what: string): Promise<void> {
    const pid = (await readFile(file, "utf8").catch(() => "")).trim();
    progress(`Waiting for process ${pid || "?"}, which ${what}`);
}
