import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { delimiter } from "node:path";

/** Where programs are looked for: root's PATH may lack the folders for system programs (`su` without `-`). */
export function systemPath(): string {
    const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    return [...new Set([...(process.env.PATH ?? "").split(delimiter), ...system])].filter(Boolean).join(delimiter);
}

/** What to do with a command besides running it. */
export interface CommandOptions {
    /** Given to the command on its standard input. */
    input?: string;
    /** A file given to the command on its standard input. */
    inputFile?: string;
    environment?: Record<string, string>;
    directory?: string;
    /** Ends the command after this time, in milliseconds. */
    timeout?: number;
}

/** A command that ended, whatever its exit code. */
export interface CommandResult {
    code: number;
    stdout: string;
    stderr: string;
}

/** Runs a command and hands back how it ended; throws only when it cannot be started. */
export function tryCommand(
    program: string,
    arguments_: readonly string[],
    options: CommandOptions = {},
): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, arguments_, {
            cwd: options.directory,
            env: { ...process.env, PATH: systemPath(), ...options.environment },
            timeout: options.timeout,
            killSignal: "SIGKILL",
            stdio: ["pipe", "pipe", "pipe"],
        });
        const stdout: Buffer[] = [];
        const stderr: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
        child.on("error", reject);
        child.on("close", (code) =>
            resolve({
                code: code ?? 128,
                stdout: Buffer.concat(stdout).toString(),
                stderr: Buffer.concat(stderr).toString(),
            }),
        );
        // A command that ends without reading its input is judged by its exit code.
        child.stdin.on("error", () => undefined);
        if (options.inputFile !== undefined) {
            createReadStream(options.inputFile).on("error", reject).pipe(child.stdin);
        } else {
            child.stdin.end(options.input ?? "");
        }
    });
}

/** Runs a command and hands back its standard output; throws with the end of its messages when it fails. */
export async function command(
    program: string,
    arguments_: readonly string[],
    options: CommandOptions = {},
): Promise<string> {
    const result = await tryCommand(program, arguments_, options);
    if (result.code !== 0) {
        const messages = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-20).join("\n");
        throw new Error(
            `"${[program, ...arguments_].join(" ")}" ended with exit code ${result.code}:\n${messages || "(no message)"}`,
        );
    }
    return result.stdout;
}
