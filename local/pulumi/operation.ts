import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run, type Surroundings } from "../support/execution";
import { progress, say } from "../support/progress";
import { parseEvents, UpdateReport } from "./updateReport";

/** Seconds between two looks at what has happened, and at the most between two lines about it. */
const look = 2;
const silence = 30;

/** How much is told of an operation that went well. */
export type Told = "result" | "nothing";

/** How an operation of the CLI is run. */
export interface OperationOptions extends Surroundings {
    /** The project folder of this run, which also gets the CLI's logs. */
    readonly cwd: string;
    /** What is told at the end besides errors: warnings and how many resources were created and so on, or nothing. */
    readonly tell: Told;
}

/**
 * Runs an `up` or a `destroy` where nobody watches a terminal: a line now and then on where it is, then warnings, one block of
 * errors, and what it has come to. Returns the CLI's exit code.
 */
export async function runQuietly(command: readonly string[], options: OperationOptions): Promise<number> {
    const log = new EventLog(join(options.cwd, "events.json"));
    const outputFile = join(options.cwd, "output.log");
    const report = new UpdateReport();
    let told = "";
    let toldAt = Date.now();
    const tell = (): void => {
        report.add(log.read());
        const now = report.progress();
        if (now !== told && Date.now() - toldAt >= silence * 1000) {
            progress(now);
            told = now;
            toldAt = Date.now();
        }
    };
    const timer = setInterval(tell, look * 1000);
    try {
        const logged = [...command, "--event-log", log.path, "--non-interactive", "--color", "never"];
        // The flag for the log is known with this setting only, as the Automation API sets it.
        const env = { ...(options.env ?? process.env), PULUMI_DEBUG_COMMANDS: "true" };
        const code = await run(logged, { ...options, env, outputFile });
        report.add(log.read());
        if (options.tell === "result") {
            sayWarnings(report);
        }
        if (code !== 0) {
            const errors = report.errors.length > 0 ? report.errors : [printed(outputFile)];
            say(`\nFailed:\n${indented(errors)}`);
        }
        if (options.tell === "result" && report.result !== undefined) {
            say(`\n${report.result}`);
        }
        return code;
    } finally {
        clearInterval(timer);
    }
}

function sayWarnings({ warnings }: UpdateReport): void {
    if (warnings.length > 0) {
        say(`\nWarnings:\n${indented(warnings)}`);
    }
}

/** What the CLI has printed itself, for a failure that comes before its first event. */
function printed(outputFile: string): string {
    const text = existsSync(outputFile) ? readFileSync(outputFile, "utf8").trim() : "";
    return text
        .split("\n")
        .slice(-40)
        .join("\n")
        .replace(/^error: /, "");
}

function indented(texts: readonly string[]): string {
    return texts.map((text) => `  ${text.replaceAll("\n", "\n  ")}`).join("\n");
}

/** The CLI's event log, read as it grows. */
class EventLog {
    private position = 0;
    private rest = "";

    public constructor(public readonly path: string) {}

    /** The events since the last look. */
    public read(): ReturnType<typeof parseEvents>["events"] {
        if (!existsSync(this.path)) {
            return [];
        }
        const whole = readFileSync(this.path);
        const { events, rest } = parseEvents(this.rest + whole.subarray(this.position).toString("utf8"));
        this.position = whole.length;
        this.rest = rest;
        return events;
    }
}
