import type { Providers } from "../providers/providers";
import type { ResourceState } from "../state/resourceState";
import type { StateWriter } from "../state/stackStore";
import { unknownValue } from "../values/propertyValue";
import { DependencyGraph, providerUrn } from "./dependencyGraph";
import { describeUrn } from "./urn";

/** What finding replacements works with. */
export interface ReplacementOptions {
    readonly store: StateWriter;
    readonly providers: Providers;
}

/**
 * What has to go before a resource is deleted and made again, because its own inputs would change so that it is replaced
 * too: last needed first. Those that are `spared` have been dealt with in this run.
 */
export async function replacedBefore(
    root: ResourceState,
    options: ReplacementOptions,
    spared: (other: ResourceState) => boolean,
): Promise<ResourceState[]> {
    const gone = new Set([root.urn]);
    const result: ResourceState[] = [];
    const graph = new DependencyGraph(options.store.state.resources.filter((other) => !other.pendingDelete));
    for (const resource of graph.dependents(root)) {
        if (!resource.custom || resource.external || spared(resource)) {
            continue;
        }
        if (await goesWith(resource, gone, options.providers)) {
            if (resource.protect) {
                throw new Error(
                    `to replace it, ${describeUrn(resource.urn)} would have to be replaced, which is protected. ` +
                        "Take the protect option off that in the program to allow it.",
                );
            }
            gone.add(resource.urn);
            result.unshift(resource);
        }
    }
    return result;
}

async function goesWith(resource: ResourceState, gone: ReadonlySet<string>, providers: Providers): Promise<boolean> {
    if (gone.has(resource.deletedWith) || gone.has(providerUrn(resource.provider))) {
        return true;
    }
    const affected = Object.entries(resource.propertyDependencies)
        .filter(([, urns]) => urns.some((urn) => gone.has(urn)))
        .map(([property]) => property);
    if (affected.length === 0) {
        return false;
    }
    const unknown = Object.fromEntries(affected.map((property) => [property, unknownValue]));
    const provider = await providers.of(resource);
    const diff = await provider.diff(resource, { ...resource.inputs, ...unknown });
    return diff.replaceReasons.length > 0;
}
