import { readProject } from "../configuration/project";
import { Deployment } from "../deployment/deployment";
import { ConsoleObserver, type Print } from "../display/consoleObserver";
import { outputLines } from "../display/stepText";
import { runProgram } from "../program/runProgram";
import { TypeCheckMemory } from "../program/typeCheckMemory";
import type { Providers } from "../providers/providers";
import { StackLock } from "../state/stackLock";
import { MemoryStore, type StateWriter } from "../state/stackStore";
import type { PropertyMap } from "../values/propertyValue";
import type { CommandOptions } from "./commandOptions";
import { confirmed, requireConsent } from "./confirmation";
import { exitCodes } from "./exitCodes";
import { requireReachable } from "./reachable";
import { recoverPending } from "./recover";
import { secretTexts } from "./secretTexts";
import { openStack, type StackContext, stackProviders } from "./stackContext";

/** How one pass over a program ended. */
interface Pass {
    readonly ok: boolean;
    readonly changes: boolean;
    readonly providers: Providers;
}

/** Shows what an update would do. */
export async function preview(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    const context = await openStack(options);
    const pass = await runPass(context, options, print, signal, { dryRun: true, head: "Resources" });
    return exitCode(pass, options, print, signal);
}

/** Plans, asks, and makes the stack what the program says. */
export async function up(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    requireConsent(options);
    const lock = StackLock.take(options.stateDirectory, readProject(options.cwd).name, options.stack);
    try {
        const context = await openStack(options);
        await requireReachable(context);
        if (!options.skipPreview) {
            const plan = await runPass(context, options, print, signal, { dryRun: true, head: "Plan" });
            const planned = exitCode(plan, options, print, signal);
            if (planned !== exitCodes.ok) {
                return planned;
            }
            const [unreachable] = plan.providers.unreachable;
            if (unreachable !== undefined) {
                throw new Error(`The cluster can't be reached, so nothing was done: ${unreachable}`);
            }
            if (plan.changes && !(await confirmed("Perform this update?", options, signal))) {
                return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
            }
        }
        const pass = await runPass(context, options, print, signal, { dryRun: false, head: "Resources" });
        if (signal.aborted) {
            print("Interrupted. What was done is recorded; run up again to go on.");
        }
        return exitCode(pass, { ...options, expectNoChanges: false }, print, signal);
    } finally {
        lock.release();
    }
}

function exitCode(pass: Pass, options: CommandOptions, print: Print, signal: AbortSignal): number {
    if (signal.aborted) {
        return exitCodes.interrupted;
    }
    if (pass.ok && options.expectNoChanges && pass.changes) {
        print("Changes were found, though none were expected (--expect-no-changes).");
        return exitCodes.failed;
    }
    return pass.ok ? exitCodes.ok : exitCodes.failed;
}

async function runPass(
    context: StackContext,
    options: CommandOptions,
    print: Print,
    signal: AbortSignal,
    kind: { dryRun: boolean; head: string },
): Promise<Pass> {
    const { project, stack, config, nameSeed } = context;
    const { dryRun } = kind;
    const store: StateWriter = dryRun ? new MemoryStore(context.store.state) : context.store;
    const secrets = secretTexts(config, store.state);
    const observer = new ConsoleObserver(print, dryRun, secrets);
    const providers = stackProviders(
        config,
        () => store.state,
        (reason) => observer.note(`  No cluster to ask (${reason}), so only what needs none is checked.`),
    );
    await recoverPending(store, providers, observer);
    const before = store.state;
    const { parallel } = options;
    const deployment = new Deployment({
        project: project.name,
        stack,
        dryRun,
        store,
        providers,
        observer,
        parallel,
        signal,
        nameSeed,
        learnSecrets: (found) => found.forEach((secret) => void secrets.add(secret)),
    });
    const typeCheck = new TypeCheckMemory(project.directory);
    let ok = false;
    try {
        await deployment.retire();
        const result = await runProgram(
            {
                project,
                stack,
                config,
                dryRun,
                typeCheck: !typeCheck.passed,
                deployment,
                parallel,
                log: (message) => observer.log(message),
                print: (line) => observer.note(`  ${line}`),
            },
            options.launch,
        );
        if (result.problem) {
            observer.error("", result.problem);
        }
        if (result.completed && deployment.failures === 0 && !signal.aborted) {
            await deployment.deleteTheRest();
        }
        if (result.completed) {
            typeCheck.remember();
        }
        ok = result.completed && deployment.failures === 0;
    } finally {
        if (!dryRun) {
            context.store.finish();
        }
    }
    const outputsOf = (resources: readonly { urn: string; outputs: PropertyMap }[]): PropertyMap =>
        resources.find((resource) => resource.urn === deployment.root)?.outputs ?? {};
    const outputs = ok ? outputLines(outputsOf(before.resources), outputsOf(store.state.resources)) : [];
    if (outputs.length > 0) {
        observer.note("  Outputs:");
        outputs.forEach((line) => void observer.note(line));
    }
    observer.finish(kind.head);
    return { ok, changes: observer.changes, providers };
}
