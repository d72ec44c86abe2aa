import { elapsed } from "../support/progress";

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
