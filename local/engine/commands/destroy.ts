import { readProject } from "../configuration/project";
import { deleteResources } from "../deployment/deletions";
import { ConsoleObserver, type Print } from "../display/consoleObserver";
import { StackLock } from "../state/stackLock";
import { MemoryStore } from "../state/stackStore";
import type { CommandOptions } from "./commandOptions";
import { confirmed, requireConsent } from "./confirmation";
import { exitCodes } from "./exitCodes";
import { requireReachable } from "./reachable";
import { recoverPending } from "./recover";
import { secretTexts } from "./secretTexts";
import { openStack, type StackContext, stackProviders } from "./stackContext";

/** Deletes everything in the state, without the program. */
export async function destroy(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    requireConsent(options);
    const lock = StackLock.take(options.stateDirectory, readProject(options.cwd).name, options.stack);
    try {
        const context = await openStack(options, false);
        await requireReachable(context);
        if (!options.skipPreview) {
            const failures = await deleteAll(context, options, print, signal, true);
            if (failures > 0 || signal.aborted) {
                return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
            }
            const something = context.store.state.resources.length > 0;
            if (something && !(await confirmed("Delete all of this?", options, signal))) {
                return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
            }
        }
        const failures = await deleteAll(context, options, print, signal, false);
        if (signal.aborted) {
            print("Interrupted. What was deleted is recorded; run destroy again to go on.");
            return exitCodes.interrupted;
        }
        return failures > 0 ? exitCodes.failed : exitCodes.ok;
    } finally {
        lock.release();
    }
}

async function deleteAll(
    context: StackContext,
    options: CommandOptions,
    print: Print,
    signal: AbortSignal,
    dryRun: boolean,
): Promise<number> {
    const store = dryRun ? new MemoryStore(context.store.state) : context.store;
    const observer = new ConsoleObserver(print, dryRun, secretTexts(context.config, store.state));
    const providers = stackProviders(
        context.config,
        () => store.state,
        () => undefined,
    );
    await recoverPending(store, providers, observer);
    // Providers of the program's own are needed until the last of their resources is gone.
    const { resources } = store.state;
    const { parallel } = options;
    const failures = await deleteResources(resources, resources, {
        dryRun,
        store,
        providers,
        observer,
        parallel,
        signal,
    });
    if (!dryRun) {
        context.store.finish();
    }
    observer.finish(dryRun ? "Plan" : "Resources");
    return failures;
}
