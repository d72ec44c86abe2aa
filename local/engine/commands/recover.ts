import type { Observer } from "../deployment/step";
import { describeUrn } from "../deployment/urn";
import type { Providers } from "../providers/providers";
import type { ResourceState } from "../state/resourceState";
import type { StateWriter } from "../state/stackStore";

/**
 * Resolves the operations that were begun by a run which did not live to record how they ended. A create is looked for:
 * an object that is there and that this stack made is taken into the state. An update is marked, so that it is done again. A
 * delete is simply still to be done.
 */
export async function recoverPending(store: StateWriter, providers: Providers, observer: Observer): Promise<void> {
    for (const operation of store.state.pending) {
        const { resource } = operation;
        if (operation.kind === "create") {
            const provider = await providers.of(resource);
            if ((await provider.place()).unreachable !== undefined) {
                continue;
            }
            const found = await provider.recover(resource);
            if (found !== undefined) {
                observer.note(
                    `  The last run made ${describeUrn(resource.urn)} before it was cut off; it is taken over.`,
                );
            }
            const made = found && [
                ...store.state.resources.filter(isOld(resource)).map((old) => ({ ...old, pendingDelete: true })),
                { ...resource, ...found },
            ];
            store.record({ put: made, end: operation.key });
        } else if (operation.kind === "update") {
            const known = store.state.resources.find((other) => other.key === resource.key);
            const marked = known && { ...known, initErrors: ["the last run was cut off while it updated this"] };
            store.record({ put: marked ? [marked] : [], end: operation.key });
        } else {
            store.record({ end: operation.key });
        }
    }
}

/** What a resource, created while the run was cut off, was to replace. */
function isOld(made: ResourceState): (other: ResourceState) => boolean {
    return (other) => other.urn === made.urn && other.key !== made.key && !other.pendingDelete;
}
