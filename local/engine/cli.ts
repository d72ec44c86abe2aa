import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { stateDirectory } from "../support/paths";
import { configSet } from "./commands/config";
import { destroy } from "./commands/destroy";
import { exitCodes } from "./commands/exitCodes";
import { refresh } from "./commands/refresh";
import { render } from "./commands/render";
import { stackExport, stackOutput } from "./commands/stack";
import { preview, up } from "./commands/update";
import { launchNode } from "./program/runProgram";

const banner =
    "This is local/engine, the project's own small engine; it stands in where the Pulumi CLI is not to be had.";

const usage = `usage: node --import tsx local/engine/cli.ts COMMAND --stack NAME [--cwd DIR] [--config-file FILE]
  preview   [--expect-no-changes]         show what up would do
  up        [--yes] [--skip-preview]      make the stack what the program says
  refresh   [--yes]                       note what became of the resources
  destroy   [--yes] [--skip-preview]      delete everything in the state
  stack output [NAME] [--json] [--show-secrets]
  stack export [--show-secrets]
  config set KEY [VALUE] [--secret] [--path]
  render --out DIR                        write every object to a file`;

async function main(args: string[]): Promise<number> {
    const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: {
            stack: { type: "string", short: "s" },
            cwd: { type: "string", short: "C", default: "." },
            "config-file": { type: "string" },
            yes: { type: "boolean", short: "y", default: false },
            "skip-preview": { type: "boolean", short: "f", default: false },
            "expect-no-changes": { type: "boolean", default: false },
            "non-interactive": { type: "boolean", default: false },
            parallel: { type: "string", short: "p", default: "32" },
            json: { type: "boolean", short: "j", default: false },
            "show-secrets": { type: "boolean", default: false },
            secret: { type: "boolean", default: false },
            path: { type: "boolean", default: false },
            out: { type: "string" },
        },
    });
    if (values.stack === undefined || !(Number(values.parallel) >= 1)) {
        throw new Error(usage);
    }
    const options = {
        stateDirectory,
        launch: launchNode,
        cwd: resolve(values.cwd),
        stack: values.stack,
        configFile: values["config-file"] && resolve(values["config-file"]),
        yes: values.yes,
        skipPreview: values["skip-preview"],
        expectNoChanges: values["expect-no-changes"],
        nonInteractive: values["non-interactive"],
        parallel: Number(values.parallel),
        json: values.json,
        showSecrets: values["show-secrets"],
        secret: values.secret,
        path: values.path,
        out: values.out,
    };
    const [command, second, ...rest] = positionals;
    const quiet: { readonly [name: string]: () => Promise<number> } = {
        "stack output": () => stackOutput(options, rest[0], console.log),
        "stack export": () => stackExport(options, console.log),
        "config set": () => configSet(options, rest[0], rest[1]),
    };
    const loud: { readonly [name: string]: (signal: AbortSignal) => Promise<number> } = {
        preview: (signal) => preview(options, console.log, signal),
        up: (signal) => up(options, console.log, signal),
        refresh: (signal) => refresh(options, console.log, signal),
        destroy: (signal) => destroy(options, console.log, signal),
        render: (signal) => render(options, console.log, signal),
    };
    const asked = quiet[`${command} ${second}`];
    if (asked !== undefined) {
        return asked();
    }
    const run = loud[command ?? ""];
    if (run === undefined || second !== undefined) {
        throw new Error(usage);
    }
    console.log(banner);
    return run(interruptSignal());
}

/** Fires at the first Ctrl-C; the second one ends the process. */
function interruptSignal(): AbortSignal {
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
    return controller.signal;
}

/** Ends the process when all that was printed has arrived: a pipe takes long output in pieces. */
function exit(code: number): void {
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}

// Whoever read the output may stop reading; what is begun goes on.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

main(process.argv.slice(2)).then(exit, (error: Error) => {
    console.error(error.message);
    exit(exitCodes.failed);
});
