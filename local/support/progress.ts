const started = Date.now();

/** Elapsed time as people read it: "7 s", "3 min 05 s". */
export function elapsed(milliseconds: number): string {
    const seconds = Math.floor(milliseconds / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Prints a line with the time since the program started, on stderr: stdout is for results. */
export function progress(message: string): void {
    process.stderr.write(`[${elapsed(Date.now() - started).padStart(5)}] ${message}\n`);
}

/** Runs what may take minutes, and says every half minute that it is still at it. */
export async function withHeartbeat<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const begin = Date.now();
    progress(`${what} ...`);
    const timer = setInterval(() => progress(`${what}: still at it after ${elapsed(Date.now() - begin)}`), 30_000);
    try {
        return await work();
    } finally {
        clearInterval(timer);
    }
}

/** Tells what goes on, on standard error: standard output is for results. */
export function say(text: string): void {
    process.stderr.write(`${text}\n`);
}

/** Since when, as text. */
export class Stopwatch {
    private readonly since = Date.now();

    public get milliseconds(): number {
        return Date.now() - this.since;
    }

    public elapsed(): string {
        return elapsed(this.milliseconds);
    }
}
