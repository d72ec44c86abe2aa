import { appendFileSync, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import type { Options, Result, ResultPromise } from "execa";
import { onExit } from "signal-exit";
import { Interrupted, UserError } from "./errors";

// Asked for in this way because a part of it is offered to `import` alone, and tsx makes `require` of what is static.
const loading = import("execa");

/** Where a program runs. */
export interface Surroundings {
    /** Its whole environment; ours when left out. The folders of system programs are on its PATH in any case. */
    readonly env?: NodeJS.ProcessEnv;
    /** Its folder; ours when left out. */
    readonly cwd?: string;
}

/** How a program is run that goes on in our terminal. */
export interface RunOptions extends Surroundings {
    /** A file that gets what it prints, in place of the terminal; it asks nothing then. */
    readonly outputFile?: string;
    /** Whether an interruption kills it: nobody wants what it makes, and it may not listen. */
    readonly disposable?: boolean;
}

/** How a program is run whose output is collected. */
export interface CaptureOptions extends Surroundings {
    /** Its standard input; nothing when left out. */
    readonly input?: string;
    /** A file that is its standard input. */
    readonly inputFile?: string;
    /** Milliseconds after which it is killed and counts as failed; no end when left out. */
    readonly timeout?: number;
}

/** A program that has ended, whatever its exit code. */
export interface CommandResult {
    /** 128 when a signal ended it. */
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Runs a program on our own terminal and returns its exit code. An interruption waits for the program's end, then throws
 * `Interrupted`; a program that cannot be started is a `UserError`.
 */
export async function run(
    command: readonly string[],
    { outputFile, disposable, ...surroundings }: RunOptions = {},
): Promise<number> {
    const options = { ...surroundings, ...terminal(outputFile) };
    const { exitCode, signal } = await ended(command, options, disposable);
    return exitCode ?? (signal === "SIGINT" ? 130 : 1);
}

function terminal(outputFile: string | undefined): Options {
    if (outputFile === undefined) {
        return { stdio: "inherit" };
    }
    // For our user alone, from its first byte on.
    appendFileSync(outputFile, "", { mode: 0o600 });
    const file = { file: outputFile, append: true } as const;
    return { stdin: "ignore", stdout: file, stderr: file, buffer: false };
}

/** Runs a program and collects what it prints. Throws as `run` does, never for an exit code. */
export async function capture(command: readonly string[], options: CaptureOptions = {}): Promise<CommandResult> {
    const { exitCode, stdout, stderr } = await captured(command, options);
    return { code: exitCode ?? 128, stdout: String(stdout), stderr: String(stderr) };
}

/** Runs a program that must succeed and returns its standard output; a `UserError` tells the end of what it said. */
export async function output(command: readonly string[], options: CaptureOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr, timedOut } = await captured(command, options);
    if (exitCode !== 0) {
        const how = timedOut ? `killed after ${(options.timeout ?? 0) / 1000} s` : `exit code ${exitCode ?? 128}`;
        const said = lastLines(String(stderr).trim() || String(stdout).trim() || "(no message)", 20);
        throw new UserError(`${command.join(" ")} failed (${how}):\n${said}`);
    }
    return String(stdout);
}

/** A program that runs beside us. */
export interface Companion {
    /** Of the program, and of the process group that it leads. */
    readonly pid: number;
    readonly stdout: Readable;
    readonly stderr: Readable;
    /** Settles when the program has ended, however that was. */
    readonly ended: Promise<void>;
    /** Kills it with all that it has started; settles when it has ended. */
    readonly stop: () => Promise<void>;
}

/** Starts a program that runs beside us, and ends when we do, also when a signal ends us; a `UserError` when it cannot be started. */
export async function start(command: readonly string[], options: Surroundings = {}): Promise<Companion> {
    let leader: number | undefined;
    // Before the program starts, so that there is no moment in which a signal ends only us.
    const forget = onExit(() => killGroup(leader));
    const { child } = await started(command, { ...options, stdin: "ignore", buffer: false, detached: true });
    const { pid, stdout, stderr } = child;
    leader = pid;
    const ended = child.then(forget);
    if (pid === undefined || stdout === null || stderr === null) {
        throw new UserError(`${command[0]} cannot be started: ${(await child).originalMessage}`);
    }
    const stop = async (): Promise<void> => {
        killGroup(pid);
        await ended;
    };
    return { pid, stdout, stderr, ended, stop };
}

function killGroup(leader: number | undefined): void {
    if (leader === undefined) {
        return;
    }
    try {
        process.kill(-leader, "SIGKILL");
    } catch {
        // It is gone already.
    }
}

/** The last lines of a text. */
export function lastLines(text: string, most: number): string {
    return text.trimEnd().split("\n").slice(-most).join("\n");
}

/** A PATH that has the folders of system programs, too: root's may lack them (`su` without `-`). */
export function systemPath(path = process.env.PATH ?? ""): string {
    const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    return [...new Set([...path.split(delimiter), ...system])].filter(Boolean).join(delimiter);
}

/**
 * The program of this name that is installed on this machine. What npm puts on the PATH of its scripts does not count: those
 * are the project's own packages, such as the one that downloads the Pulumi CLI.
 */
export function findOnPath(program: string, path = process.env.PATH ?? ""): string | undefined {
    const folders = path.split(":").filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")));
    return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

async function captured(command: readonly string[], options: CaptureOptions): Promise<Result> {
    const { inputFile, input = "", ...rest } = options;
    return await ended(command, { ...rest, ...(inputFile === undefined ? { input } : { inputFile }) });
}

// In an object, since an async function that returned the child itself would wait for its end.
async function started(command: readonly string[], options: Options): Promise<{ child: ResultPromise }> {
    const { execa } = await loading;
    const [program = "", ...args] = command;
    const env = options.env ?? process.env;
    const child = execa(program, args, {
        ...options,
        env: { ...env, PATH: systemPath(env.PATH) },
        extendEnv: false,
        killSignal: "SIGKILL",
        reject: false,
        stripFinalNewline: false,
    });
    return { child };
}

/** A program that is waited for, and whether the wait was interrupted. */
interface Waited {
    child?: ResultPromise;
    interrupted: boolean;
    readonly disposable: boolean;
}

const waited = new Set<Waited>();

async function ended(command: readonly string[], options: Options, disposable = false): Promise<Result> {
    const one: Waited = { interrupted: false, disposable };
    // Before the program starts: from then on, an interruption is one of both.
    if (waited.size === 0) {
        process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate).on("SIGHUP", onTerminate);
    }
    waited.add(one);
    try {
        const { child } = await started(command, options);
        one.child = child;
        const result = await child;
        if (one.interrupted) {
            throw new Interrupted();
        }
        if (child.pid === undefined) {
            throw new UserError(`${command[0]} cannot be started: ${result.originalMessage}`);
        }
        return result;
    } finally {
        waited.delete(one);
        if (waited.size === 0) {
            process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onTerminate);
        }
    }
}

/** Ctrl-C reaches a terminal's whole process group, so the programs have it already; a second one would make Pulumi give up. */
function onInterrupt(): void {
    for (const one of waited) {
        one.interrupted = true;
        if (one.disposable) {
            one.child?.kill("SIGKILL");
        }
    }
}

/** A SIGTERM or SIGHUP comes to one process only and is handed on, as what a program ends well on. */
function onTerminate(): void {
    for (const one of waited) {
        one.interrupted = true;
        one.child?.kill(one.disposable ? "SIGKILL" : "SIGINT");
    }
}
