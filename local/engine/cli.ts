import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { CommandOptions } from "./commands/commandOptions";
import { exitCodes } from "./commands/exitCodes";
import { preview, up } from "./commands/up";
import type { Print } from "./display/consoleObserver";

const banner =
    "This is the project's own small engine (local/engine); it stands in where the Pulumi CLI is not to be had.";

type Command = (options: CommandOptions, print: Print, signal: AbortSignal) => Promise<number>;

const commands: { readonly [name: string]: Command } = { preview, up };

async function main(args: string[]): Promise<number> {
    const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: {
            stack: { type: "string", short: "s" },
            cwd: { type: "string", short: "C", default: "." },
            "config-file": { type: "string" },
            yes: { type: "boolean", short: "y", default: false },
            "skip-preview": { type: "boolean", default: false },
            "expect-no-changes": { type: "boolean", default: false },
            "non-interactive": { type: "boolean", default: false },
            parallel: { type: "string", short: "p", default: "32" },
        },
    });
    const command = commands[positionals[0] ?? ""];
    if (command === undefined || values.stack === undefined) {
        throw new Error("usage");
    }
    console.log(banner);
    const controller = new AbortController();
    const interrupt = (): void => {
        if (controller.signal.aborted) {
            process.exit(exitCodes.interrupted);
        }
        console.log("Interrupted: what is begun is finished and recorded. Once more to stop at once.");
        controller.abort();
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    return command(
        {
            cwd: resolve(values.cwd),
            stack: values.stack,
            configFile: values["config-file"],
            yes: values.yes,
            skipPreview: values["skip-preview"],
            expectNoChanges: values["expect-no-changes"],
            parallel: Number(values.parallel),
        },
        console.log,
        controller.signal,
    );
}

main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: Error) => {
        console.error(error.message);
        process.exit(exitCodes.failed);
    },
);
