import { providerUrn } from "../deployment/dependencyGraph";
import { packageOf } from "../deployment/urn";
import type { ResourceState } from "../state/resourceState";
import { type PropertyMap, plainMap } from "../values/propertyValue";
import type { Provider } from "./provider";
import { ProviderResources } from "./providerResources";

/** Makes the provider of a package from its settings. */
export type ProviderFactory = (settings: PropertyMap) => Provider;

/** Finds the provider of a resource: the default one of its package, or one that the program made itself. */
export class Providers {
    private readonly defaults = new Map<string, Provider>();
    private readonly explicit = new Map<string, Provider>();
    private readonly places = new Map<string, string>();
    private readonly lost = new Set<string>();
    private readonly resources = new ProviderResources();

    constructor(
        private readonly factories: { readonly [packageName: string]: ProviderFactory },
        /** Settings of the default providers, by package. */
        private readonly settings: { readonly [packageName: string]: PropertyMap },
        private readonly stateOf: (urn: string) => ResourceState | undefined,
        /** Told once of each place that can't be reached. */
        private readonly tellUnreachable: (reason: string) => void = () => undefined,
    ) {}

    /** Why places that were asked for can't be reached. */
    public get unreachable(): string[] {
        return [...this.lost];
    }

    /** The provider for a registration; `made` is the program's own provider resource of this run. */
    public async find(urn: string, type: string, reference: string, made?: ResourceState): Promise<Provider> {
        if (type.startsWith("pulumi:providers:")) {
            this.factory(packageOf(type), urn);
            return this.resources;
        }
        const packageName = packageOf(type);
        const provider = this.instance(packageName, urn, reference, made);
        const { identity, unreachable } = await provider.place();
        if (unreachable !== undefined && !this.lost.has(unreachable)) {
            this.lost.add(unreachable);
            this.tellUnreachable(unreachable);
        }
        this.places.set(placeKey(packageName, reference), identity);
        return provider;
    }

    /** The provider of a resource in the state. */
    public of(resource: ResourceState): Promise<Provider> {
        return this.find(resource.urn, resource.type, resource.provider);
    }

    /** The place that a provider, which was found before, works in. */
    public placeOf(type: string, reference: string): string {
        return this.places.get(placeKey(packageOf(type), reference)) ?? "";
    }

    private instance(packageName: string, urn: string, reference: string, made?: ResourceState): Provider {
        const factory = this.factory(packageName, urn);
        if (reference === "") {
            const known = this.defaults.get(packageName) ?? factory(this.settings[packageName] ?? {});
            this.defaults.set(packageName, known);
            return known;
        }
        const settings = made ?? this.stateOf(providerUrn(reference));
        const cached = JSON.stringify([reference, settings?.inputs]);
        const known = this.explicit.get(cached) ?? factory(plainMap(settings?.inputs ?? {}));
        this.explicit.set(cached, known);
        return known;
    }

    private factory(packageName: string, urn: string): ProviderFactory {
        const factory = this.factories[packageName];
        if (factory === undefined) {
            const known = Object.keys(this.factories).join(" and ");
            throw new Error(
                `this engine has no provider "${packageName}", only ${known}. ` +
                    `A program with ${urn.split("::")[2]} needs the Pulumi CLI.`,
            );
        }
        return factory;
    }
}

function placeKey(packageName: string, reference: string): string {
    return `${packageName} ${providerUrn(reference)}`;
}
