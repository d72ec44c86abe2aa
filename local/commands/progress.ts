/** `7 s`, `2 min 13 s`. */
export function duration(milliseconds: number): string {
    const seconds = Math.round(milliseconds / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Tells what goes on, on standard error: standard output is for results. */
export function say(text: string): void {
    process.stderr.write(`${text}\n`);
}

/** Since when, as text. */
export class Stopwatch {
    private readonly since = Date.now();

    public elapsed(): string {
        return duration(Date.now() - this.since);
    }
}
