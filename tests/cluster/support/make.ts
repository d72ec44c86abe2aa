import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { repositoryDirectory } from "../../../local/support/paths";
import { Stopwatch } from "../../../local/support/progress";
import { killWithDescendants, outputDirectory, remember, signal } from "./processes";

/** Variables of a make command, such as DAG or CONFIG. */
export type Variables = Readonly<Record<string, string>>;

/** A make command that has ended. */
export interface Made {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
    /** Both, in the order in which they came. */
    readonly all: string;
    readonly milliseconds: number;
}

/** A make command that runs. */
export interface Making {
    readonly ended: Promise<Made>;
    /** What it has printed so far. */
    readonly printed: () => string;
    /** Sends a signal to the command and all that it started, as Ctrl-C in a terminal does. */
    readonly signal: (name: NodeJS.Signals) => void;
}

let count = 0;

/** Suites that run side by side are processes of their own, which mocha numbers. */
const lane = process.env.MOCHA_WORKER_ID === undefined ? "" : `lane-${process.env.MOCHA_WORKER_ID}-`;

/** Starts `make <target>` in a process group of its own. What it prints goes to test-output/ as well. */
export function startMake(target: string, environment: NodeJS.ProcessEnv, variables: Variables = {}): Making {
    mkdirSync(outputDirectory, { recursive: true });
    count += 1;
    const log = createWriteStream(join(outputDirectory, `${lane}${String(count).padStart(2, "0")}-${target}.log`));
    const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    log.write(`$ make ${[target, ...settings].join(" ")}\n`);
    const since = Date.now();
    const watch = new Stopwatch();
    const child = spawn("make", [target, ...settings], {
        cwd: repositoryDirectory,
        env: environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const leader = child.pid ?? 0;
    remember(leader);
    const printed = { stdout: "", stderr: "", all: "" };
    for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
            printed[name] += text;
            printed.all += text;
            log.write(text);
        });
    }
    const ended = new Promise<Made>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
            log.end(`ended with ${code ?? "a signal"} after ${watch.elapsed()}\n`);
            resolve({ code: code ?? 1, ...printed, milliseconds: Date.now() - since });
        });
    });
    return {
        ended,
        printed: () => printed.all,
        signal: (name) => (name === "SIGKILL" ? killWithDescendants(leader) : signal(leader, name)),
    };
}
