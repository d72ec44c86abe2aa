import type { ResourceState } from "../state/resourceState";

/** Who needs whom among the resources of a state. */
export class DependencyGraph {
    private readonly byUrn = new Map<string, ResourceState[]>();

    constructor(private readonly resources: readonly ResourceState[]) {
        for (const resource of resources) {
            this.byUrn.set(resource.urn, [...(this.byUrn.get(resource.urn) ?? []), resource]);
        }
    }

    /** What a resource needs directly: it is made after these and deleted before them. */
    public needs(resource: ResourceState): ResourceState[] {
        return neededUrns(resource)
            .flatMap((urn) => this.byUrn.get(urn) ?? [])
            .filter((needed) => needed.key !== resource.key);
    }

    /** Everything that needs a resource, directly or not, what is needed before what needs it. */
    public dependents(root: ResourceState): ResourceState[] {
        const found = new Set([root.urn]);
        return this.inOrder().filter((resource) => {
            const depends = resource.urn !== root.urn && neededUrns(resource).some((urn) => found.has(urn));
            if (depends) {
                found.add(resource.urn);
            }
            return depends;
        });
    }

    /** All resources, what is needed before what needs it. */
    public inOrder(): ResourceState[] {
        const done = new Set<string>();
        const result: ResourceState[] = [];
        const visit = (resource: ResourceState): void => {
            if (done.has(resource.key)) {
                return;
            }
            done.add(resource.key);
            this.needs(resource).forEach(visit);
            result.push(resource);
        };
        this.resources.forEach(visit);
        return result;
    }
}

/** The URNs that a resource refers to. */
export function neededUrns(resource: ResourceState): string[] {
    const provider = providerUrn(resource.provider);
    return [
        ...resource.dependencies,
        ...Object.values(resource.propertyDependencies).flat(),
        ...(resource.parent === "" ? [] : [resource.parent]),
        ...(resource.deletedWith === "" ? [] : [resource.deletedWith]),
        ...(provider === "" ? [] : [provider]),
    ];
}

/** The URN in a provider reference, which is the URN and the id. */
export function providerUrn(reference: string): string {
    const end = reference.lastIndexOf("::");
    return end < 0 ? "" : reference.slice(0, end);
}

/** The resource with every reference to one of the renamed URNs brought up to date. */
export function withRenamedUrns(resource: ResourceState, renamed: ReadonlyMap<string, string>): ResourceState {
    const rename = (urn: string): string => renamed.get(urn) ?? urn;
    const provider = providerUrn(resource.provider);
    return {
        ...resource,
        parent: rename(resource.parent),
        deletedWith: rename(resource.deletedWith),
        dependencies: resource.dependencies.map(rename),
        provider: provider === "" ? "" : rename(provider) + resource.provider.slice(provider.length),
        propertyDependencies: Object.fromEntries(
            Object.entries(resource.propertyDependencies).map(([property, urns]) => [property, urns.map(rename)]),
        ),
    };
}
