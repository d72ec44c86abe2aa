import { readProject } from "../configuration/project";
import { Limit } from "../deployment/limit";
import { ConsoleObserver, type Print } from "../display/consoleObserver";
import type { Providers } from "../providers/providers";
import type { ResourceState } from "../state/resourceState";
import { StackLock } from "../state/stackLock";
import type { StateWriter } from "../state/stackStore";
import { differences } from "../values/difference";
import type { CommandOptions } from "./commandOptions";
import { confirmed, requireConsent } from "./confirmation";
import { exitCodes } from "./exitCodes";
import { requireReachable } from "./reachable";
import { recoverPending } from "./recover";
import { secretTexts } from "./secretTexts";
import { openStack, stackProviders } from "./stackContext";

/** Reads what became of the resources and notes it in the state, so that the next update puts it right. */
export async function refresh(options: CommandOptions, print: Print, signal: AbortSignal): Promise<number> {
    requireConsent(options);
    const lock = StackLock.take(options.stateDirectory, readProject(options.cwd).name, options.stack);
    try {
        const context = await openStack(options, false);
        await requireReachable(context);
        const { store } = context;
        const observer = new ConsoleObserver(print, false, secretTexts(context.config, store.state));
        const providers = stackProviders(
            context.config,
            () => store.state,
            () => undefined,
        );
        await recoverPending(store, providers, observer);
        const limit = new Limit(options.parallel);
        const custom = store.state.resources.filter((resource) => resource.custom);
        const found = await Promise.all(custom.map((resource) => limit.run(() => look(resource, providers))));
        found.forEach((finding) => void observer.step(finding.step));
        if (options.expectNoChanges && observer.changes) {
            observer.finish("Resources");
            print("Changes were found, though none were expected (--expect-no-changes).");
            return exitCodes.failed;
        }
        if (signal.aborted || (observer.changes && !(await confirmed("Note this in the state?", options, signal)))) {
            return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
        }
        found.forEach((finding) => void note(finding, store));
        store.finish();
        observer.finish("Resources");
        return exitCodes.ok;
    } finally {
        lock.release();
    }
}

interface Finding {
    readonly step: Parameters<ConsoleObserver["step"]>[0];
    readonly before: ResourceState;
    /** Undefined when it is gone. */
    readonly after: ResourceState | undefined;
}

async function look(resource: ResourceState, providers: Providers): Promise<Finding> {
    const { urn, custom } = resource;
    const finding = (kind: "gone" | "drift" | "same", after: ResourceState | undefined): Finding => ({
        before: resource,
        after,
        step: {
            kind,
            urn,
            custom,
            reasons: [],
            changes: differences(resource.inputs, after?.inputs ?? resource.inputs),
        },
    });
    if (resource.external) {
        return finding("same", resource);
    }
    const provider = await providers.of(resource);
    const place = await provider.place();
    const elsewhere = resource.place !== "" && place.identity !== "" && resource.place !== place.identity;
    const live = elsewhere ? undefined : await provider.read(resource.type, resource.id, resource);
    if (live === undefined) {
        return finding("gone", undefined);
    }
    const after = { ...resource, inputs: live.inputs, outputs: live.outputs };
    return finding(differences(resource.inputs, after.inputs).length > 0 ? "drift" : "same", after);
}

function note({ before, after }: Finding, store: StateWriter): void {
    if (after === undefined) {
        store.record({ remove: [before.key] });
    } else if (JSON.stringify(before) !== JSON.stringify(after)) {
        store.record({ put: [after] });
    }
}
