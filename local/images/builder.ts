import { appendFile, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "../support/errors";
import { lastLines, run } from "../support/execution";

/** The time that every file of an image has: the oldest that a zip archive can hold, which Python's tools insist on. */
export const imageTime = 315_532_800;

/** What a recipe builds with: a scratch directory, and commands whose output goes to the build's log. */
export interface Builder {
    /** Scratch space; gone when the build ends. */
    readonly directory: string;
    /** Where the output of commands goes. */
    readonly log: string;
    /** Runs a command; a `UserError` tells the end of its output when it fails. An interruption kills it. */
    run(program: string, arguments_: readonly string[]): Promise<void>;
}

/**
 * Runs a command so that it ends with this process, however that ends, and takes its children and its mounts along: what is
 * left of a build that was killed can then be removed without a look at what still writes there or is mounted.
 */
const contained = ["--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/** Waits until all have ended, also when one of them fails: nothing may go on in a scratch directory that is removed. */
export async function allEnded(...parts: readonly Promise<void>[]): Promise<void> {
    await Promise.allSettled(parts);
    await Promise.all(parts);
}

/** A builder whose commands write to a log file. */
export function createBuilder(directory: string, log: string): Builder {
    return {
        directory,
        log,
        async run(program, arguments_) {
            await appendFile(log, `\n$ ${[program, ...arguments_].join(" ")}\n`, { mode: 0o600 });
            const code = await run(["setpriv", ...contained, program, ...arguments_], {
                outputFile: log,
                disposable: true,
                env: {
                    ...process.env,
                    LC_ALL: "C.UTF-8",
                    DEBIAN_FRONTEND: "noninteractive",
                    SOURCE_DATE_EPOCH: String(imageTime),
                },
            });
            if (code !== 0) {
                const last = lastLines(await readFile(log, "utf8"), 20);
                throw new UserError(
                    `${basename(program)} failed with exit code ${code}. The log ends with:\n${last}\nAll of it: ${log}`,
                );
            }
        },
    };
}
