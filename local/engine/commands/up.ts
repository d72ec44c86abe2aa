import { createInterface } from "node:readline/promises";
import { stateDirectory } from "../../support/paths";
import { readProject } from "../configuration/project";
import { Deployment } from "../deployment/deployment";
import { ConsoleObserver, type Print } from "../display/consoleObserver";
import { outputLines } from "../display/stepText";
import { runProgram } from "../program/runProgram";
import { StackLock } from "../state/stackLock";
import { MemoryStore, type StateWriter } from "../state/stackStore";
import type { PropertyMap } from "../values/propertyValue";
import type { CommandOptions } from "./commandOptions";
import { exitCodes } from "./exitCodes";
import { recoverPending } from "./recover";
import { secretTexts } from "./secretTexts";
import { openStack, type StackContext, stackProviders } from "./stackContext";

/** How one pass over a program ended. */
interface Pass {
    readonly ok: boolean;
    readonly changes: boolean;
}

/** Shows what an update would do. */
export async function preview(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    const context = await openStack(options);
    const pass = await runPass(context, options, print, signal, { dryRun: true, head: "Resources" });
    if (signal.aborted) {
        return exitCodes.interrupted;
    }
    if (pass.ok && options.expectNoChanges && pass.changes) {
        print("Changes were found, though none were expected (--expect-no-changes).");
        return exitCodes.failed;
    }
    return pass.ok ? exitCodes.ok : exitCodes.failed;
}

/** Plans, asks, and makes the stack what the program says. */
export async function up(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    if (!options.yes && !process.stdin.isTTY) {
        throw new Error("--yes is needed where nobody can be asked (no terminal)");
    }
    const lock = StackLock.take(stateDirectory, readProject(options.cwd).name, options.stack);
    try {
        const context = await openStack(options);
        if (!options.skipPreview) {
            const plan = await runPass(context, options, print, signal, { dryRun: true, head: "Plan" });
            if (signal.aborted) {
                return exitCodes.interrupted;
            }
            if (!plan.ok) {
                return exitCodes.failed;
            }
            if (options.expectNoChanges && plan.changes) {
                print("Changes were found, though none were expected (--expect-no-changes).");
                return exitCodes.failed;
            }
            if (!options.yes && plan.changes && !(await confirmed("Perform this update?"))) {
                return exitCodes.failed;
            }
        }
        const pass = await runPass(context, options, print, signal, { dryRun: false, head: "Resources" });
        if (signal.aborted) {
            print("Interrupted. What was done is recorded; run up again to go on.");
            return exitCodes.interrupted;
        }
        return pass.ok ? exitCodes.ok : exitCodes.failed;
    } finally {
        lock.release();
    }
}

/** Asks a yes-or-no question at the terminal. */
export async function confirmed(question: string): Promise<boolean> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
        return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
        terminal.close();
    }
}

async function runPass(
    context: StackContext,
    options: CommandOptions,
    print: Print,
    signal: AbortSignal,
    kind: { dryRun: boolean; head: string },
): Promise<Pass> {
    const { project, stack, config } = context;
    const store: StateWriter = kind.dryRun ? new MemoryStore(context.store.state) : context.store;
    const secrets = secretTexts(config, store.state);
    const observer = new ConsoleObserver(print, kind.dryRun, secrets);
    const providers = stackProviders(config, () => store.state);
    await recoverPending(store, providers, observer);
    const before = store.state;
    const deployment = new Deployment({
        project: project.name,
        stack,
        dryRun: kind.dryRun,
        store,
        providers,
        observer,
        parallel: options.parallel,
        signal,
        nameSeed: context.nameSeed,
    });
    let ok = false;
    try {
        const result = await runProgram({
            project,
            stack,
            config,
            dryRun: kind.dryRun,
            typeCheck: kind.dryRun,
            deployment,
            parallel: options.parallel,
            log: (message) => observer.log(message),
            print: (line) => print(`  ${line}`),
            signal,
        });
        if (result.problem) {
            observer.error("", result.problem);
        }
        if (result.completed && deployment.failures === 0 && !signal.aborted) {
            await deployment.deleteTheRest();
        }
        ok = result.completed && deployment.failures === 0;
    } finally {
        if (!kind.dryRun) {
            context.store.finish();
        }
    }
    const outputsOf = (resources: readonly { urn: string; outputs: PropertyMap }[]): PropertyMap =>
        resources.find((resource) => resource.urn === deployment.root)?.outputs ?? {};
    const outputs = ok ? outputLines(outputsOf(before.resources), outputsOf(store.state.resources)) : [];
    if (outputs.length > 0) {
        print("  Outputs:");
        outputs.forEach((line) => void print(line));
    }
    observer.finish(kind.head);
    return { ok, changes: observer.changes };
}
