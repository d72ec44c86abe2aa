import { createInterface } from "node:readline/promises";
import type { CommandOptions } from "./commandOptions";

/** Refuses a command that changes things where nobody can be asked and nobody said yes. */
export function requireConsent(options: CommandOptions): void {
    if (!options.yes && (options.nonInteractive || !process.stdin.isTTY)) {
        throw new Error("--yes is needed where nobody can be asked");
    }
}

/** Asks a yes-or-no question at the terminal, unless --yes has answered it. Ctrl-C is a no. */
export async function confirmed(question: string, options: CommandOptions, signal: AbortSignal): Promise<boolean> {
    if (options.yes) {
        return true;
    }
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // While it reads, the terminal keeps Ctrl-C for itself.
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    try {
        const yes = /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
        if (!yes) {
            console.log("Nothing was done.");
        }
        return yes;
    } catch (error) {
        if (signal.aborted) {
            return false;
        }
        throw error;
    } finally {
        terminal.close();
    }
}
