import { randomUUID } from "node:crypto";
import { Interrupted } from "../providers/provider";
import type { Providers } from "../providers/providers";
import type { ResourceState } from "../state/resourceState";
import type { StateWriter } from "../state/stackStore";
import { DependencyGraph } from "./dependencyGraph";
import { Limit } from "./limit";
import type { Observer } from "./step";
import { describeUrn, urnName } from "./urn";

/** What deleting works with. */
export interface DeletionOptions {
    readonly dryRun: boolean;
    readonly store: StateWriter;
    readonly providers: Providers;
    readonly observer: Observer;
    readonly parallel: number;
    readonly signal: AbortSignal;
}

/**
 * Deletes resources, each after everything that needs it, side by side where nothing is in the way. Answers with the
 * number of faults. After a fault or when the user stops nothing new is begun.
 */
export async function deleteResources(
    doomed: readonly ResourceState[],
    all: readonly ResourceState[],
    options: DeletionOptions,
): Promise<number> {
    const { observer } = options;
    const guarded = doomed.filter((resource) => resource.protect && resource.custom);
    for (const resource of guarded) {
        observer.error(
            resource.urn,
            "it is protected and can't be deleted. Take the protect option off it in the program and run up, then try again.",
        );
    }
    if (guarded.length > 0) {
        return guarded.length;
    }
    return new Deletions(doomed, all, options).run();
}

class Deletions {
    private readonly graph: DependencyGraph;
    private readonly doomed: ReadonlyMap<string, ResourceState>;
    private readonly limit: Limit;
    private readonly done = new Map<string, Promise<boolean>>();
    private failures = 0;

    constructor(
        private readonly resources: readonly ResourceState[],
        all: readonly ResourceState[],
        private readonly options: DeletionOptions,
    ) {
        this.graph = new DependencyGraph(all);
        this.doomed = new Map(resources.map((resource) => [resource.key, resource]));
        this.limit = new Limit(options.parallel);
    }

    public async run(): Promise<number> {
        const dependents = new Map<string, ResourceState[]>();
        for (const resource of this.resources) {
            for (const needed of this.graph.needs(resource)) {
                dependents.set(needed.key, [...(dependents.get(needed.key) ?? []), resource]);
            }
        }
        // In reverse order what needs a resource has its promise before the resource asks for it.
        for (const { key } of this.graph.inOrder().reverse()) {
            const resource = this.doomed.get(key);
            if (resource !== undefined) {
                const before = (dependents.get(key) ?? []).flatMap((needing) => this.done.get(needing.key) ?? []);
                this.done.set(key, this.deleteAfter(resource, before));
            }
        }
        await Promise.all(this.done.values());
        return this.failures;
    }

    private async deleteAfter(resource: ResourceState, before: readonly Promise<boolean>[]): Promise<boolean> {
        const clear = (await Promise.all(before)).every((ended) => ended);
        if (!clear || this.failures > 0 || this.options.signal.aborted) {
            return false;
        }
        try {
            await this.deleteOne(resource);
            return true;
        } catch (error) {
            if (!(error instanceof Interrupted)) {
                this.failures++;
                this.options.observer.error(resource.urn, (error as Error).message);
            }
            return false;
        }
    }

    private async deleteOne(resource: ResourceState): Promise<void> {
        const { store, observer, dryRun } = this.options;
        const { urn, custom } = resource;
        const kind = resource.pendingDelete ? "discard" : "delete";
        if (!custom || resource.external) {
            store.record({ remove: [resource.key] });
            observer.step({ kind: custom ? "forget" : kind, urn, custom, changes: [], reasons: ["was only read"] });
            return;
        }
        if (resource.retainOnDelete) {
            store.record({ remove: [resource.key] });
            observer.step({ kind: "forget", urn, custom, changes: [], reasons: [`${resource.id} is kept`] });
            return;
        }
        const host = this.takenDownWith(resource);
        if (host !== undefined) {
            // Its record stays until the other one is gone: until then it is still there.
            observer.step({ kind, urn, custom, changes: [], reasons: [`with ${describeUrn(host.urn)}`] });
            return;
        }
        const provider = await this.options.providers.of(resource);
        const place = await provider.place();
        const elsewhere = resource.place !== "" && place.identity !== "" && resource.place !== place.identity;
        if (dryRun || elsewhere) {
            store.record({ remove: [resource.key, ...this.guests(resource)] });
            observer.step({
                kind,
                urn,
                custom,
                changes: [],
                reasons: elsewhere ? ["gone with its cluster"] : [],
            });
            return;
        }
        await this.limit.run(async () => {
            if (this.failures > 0 || this.options.signal.aborted) {
                throw new Interrupted();
            }
            const started = Date.now();
            const key = randomUUID();
            store.record({ begin: { key, kind: "delete", resource } });
            try {
                await provider.delete(
                    {
                        urn,
                        type: resource.type,
                        name: urnName(urn),
                        inputs: resource.inputs,
                        timeoutSeconds: resource.customTimeouts.delete,
                        signal: this.options.signal,
                        report: (line) => observer.progress(urn, line),
                        made: () => undefined,
                    },
                    resource,
                );
            } catch (error) {
                store.record({ end: key });
                throw error;
            }
            store.record({ remove: [resource.key, ...this.guests(resource)], end: key });
            const seconds = (Date.now() - started) / 1000;
            observer.step({ kind, urn, custom, changes: [], reasons: [], seconds });
        });
    }

    /** The resource that takes this one with it (`deletedWith`), when that is really deleted in this run. */
    private takenDownWith(resource: ResourceState): ResourceState | undefined {
        const host = this.resources.find((other) => other.urn === resource.deletedWith && other.key !== resource.key);
        if (host === undefined || host.retainOnDelete || host.external) {
            return undefined;
        }
        return this.takenDownWith(host) ?? host;
    }

    /** Those whose {@link takenDownWith} is this one. */
    private guests(host: ResourceState): string[] {
        return this.resources
            .filter((other) => other.deletedWith !== "" && !other.retainOnDelete && !other.external && other.custom)
            .filter((other) => this.takenDownWith(other)?.key === host.key)
            .map((other) => other.key);
    }
}
