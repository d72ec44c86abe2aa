import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, tryCommand } from "./command";
import { Interrupted, UserError } from "./errors";

/** Where a child runs. */
export interface Surroundings {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
}

/** How a child is run that goes on in our terminal. */
export interface RunOptions extends Surroundings {
    /** A file that gets what it prints, in place of the terminal. */
    readonly outputFile?: string;
}

/** How a child is run whose output is collected. */
export interface CaptureOptions extends Surroundings {
    /** Its standard input. */
    readonly input?: string;
    /** Milliseconds after which it is ended and counts as failed. */
    readonly timeout?: number;
}

/** Runs a program on our own terminal and returns its exit code; an interruption waits for the child, then throws. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<number> {
    const [program = "", ...args] = command;
    const file = options.outputFile === undefined ? undefined : openSync(options.outputFile, "a", 0o600);
    const printed = file ?? "inherit";
    const stdio = [file === undefined ? "inherit" : "ignore", printed, printed] as const;
    try {
        const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: [...stdio] });
        return await interruptible(child, ended(child, command));
    } finally {
        if (file !== undefined) {
            closeSync(file);
        }
    }
}

/** Runs a program and collects what it prints. Never throws for an exit code. */
export async function capture(command: readonly string[], options: CaptureOptions = {}): Promise<CommandResult> {
    const [program = "", ...args] = command;
    const environment = Object.entries(options.env ?? {}).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return await tryCommand(program, args, {
        environment: Object.fromEntries(environment),
        directory: options.cwd,
        input: options.input,
        timeout: options.timeout,
    });
}

/** Runs a program that must succeed and returns its standard output. */
export async function output(command: readonly string[], options: CaptureOptions = {}): Promise<string> {
    const finished = await capture(command, options);
    if (finished.code !== 0) {
        const said = (finished.stderr.trim() || finished.stdout.trim()).split("\n").slice(-20).join("\n");
        throw new UserError(`${command.join(" ")} failed (exit code ${finished.code}):\n${said}`);
    }
    return finished.stdout;
}

/**
 * The program of this name that is installed on this machine. What npm puts on the PATH of its scripts does not count: those
 * are the project's own packages, such as the one that downloads the Pulumi CLI.
 */
export function findOnPath(program: string, path = process.env.PATH ?? ""): string | undefined {
    const folders = path.split(":").filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")));
    return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

function ended(child: ChildProcess, command: readonly string[]): Promise<number> {
    return new Promise((resolve, reject) => {
        child.on("error", (error) => reject(new UserError(`${command[0]} cannot be started: ${error.message}`)));
        child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
    });
}

/**
 * Waits for a child through signals. Ctrl-C reaches a terminal's whole process group, so the child has it already, and a
 * second one would make Pulumi give up at once; a SIGTERM or SIGHUP comes to one process only and is handed on.
 */
async function interruptible(child: ChildProcess, end: Promise<number>): Promise<number> {
    let interrupted = false;
    const onInterrupt = (): void => {
        interrupted = true;
    };
    const onTerminate = (): void => {
        interrupted = true;
        child.kill("SIGINT");
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate).on("SIGHUP", onTerminate);
    try {
        const code = await end;
        if (interrupted) {
            throw new Interrupted();
        }
        return code;
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onTerminate);
    }
}
