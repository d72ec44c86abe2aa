import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { stateFile } from "./stackStore";

/** Keeps two runs from changing one stack at the same time. */
export class StackLock {
    private constructor(private readonly file: string) {}

    /** Takes the lock of a stack; one whose process is gone is taken over. */
    public static take(directory: string, project: string, stack: string): StackLock {
        const file = `${stateFile(directory, project, stack)}.lock`;
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        for (let attempt = 0; attempt < 3; attempt++) {
            try {
                const handle = openSync(file, "wx", 0o600);
                writeSync(handle, JSON.stringify({ pid: process.pid, started: processStart(process.pid) }));
                closeSync(handle);
                return new StackLock(file);
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
                    throw error;
                }
            }
            const holder = readHolder(file);
            if (holder !== undefined && processStart(holder.pid) === holder.started) {
                throw new Error(
                    `Another run (process ${holder.pid}) works on stack ${stack} of ${project}. ` +
                        "Wait until it has ended, then try again.",
                );
            }
            rmSync(file, { force: true });
        }
        throw new Error(`The lock ${file} can't be taken`);
    }

    public release(): void {
        rmSync(this.file, { force: true });
    }
}

function readHolder(file: string): { pid: number; started: string } | undefined {
    try {
        const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<{ pid: number; started: string }>;
        const { pid, started } = holder;
        return pid === undefined || started === undefined ? undefined : { pid, started };
    } catch {
        // Torn or just removed: its holder died while it wrote it, or has ended.
        return undefined;
    }
}

/** When a process started, in the kernel's ticks; a number that is given again to another process starts later. */
function processStart(pid: number): string | undefined {
    const file = `/proc/${pid}/stat`;
    if (existsSync("/proc/self/stat")) {
        try {
            return readFileSync(file, "utf8")
                .replace(/^.*\) /, "")
                .split(" ")[19];
        } catch {
            return undefined;
        }
    }
    try {
        process.kill(pid, 0);
        return "running";
    } catch {
        return undefined;
    }
}
