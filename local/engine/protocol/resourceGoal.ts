import type * as messages from "@pulumi/pulumi/proto/resource_pb";
import type { AliasGoal } from "../deployment/aliases";
import type { CustomTimeouts } from "../state/resourceState";
import { canonical, normalize, type PropertyMap, type PropertyValue } from "../values/propertyValue";

/** What a program asks for with one `new Resource(...)`. */
export interface ResourceGoal {
    readonly type: string;
    readonly name: string;
    readonly custom: boolean;
    readonly parent: string;
    readonly inputs: PropertyMap;
    readonly provider: string;
    /** References to providers by package, that a component hands to its children. */
    readonly providers: { readonly [packageName: string]: string };
    readonly dependencies: readonly string[];
    readonly propertyDependencies: { readonly [property: string]: readonly string[] };
    readonly protect: boolean | undefined;
    readonly retainOnDelete: boolean | undefined;
    readonly deletedWith: string;
    readonly deleteBeforeReplace: boolean | undefined;
    readonly ignoreChanges: readonly string[];
    readonly replaceOnChanges: readonly string[];
    readonly replaceWith: readonly string[];
    readonly replacementTrigger: string | undefined;
    readonly additionalSecretOutputs: readonly string[];
    readonly aliases: readonly AliasGoal[];
    readonly importId: string;
    readonly customTimeouts: CustomTimeouts;
}

/** Reads a registration off the wire. */
export function resourceGoal(request: messages.RegisterResourceRequest): ResourceGoal {
    const timeouts = request.getCustomtimeouts();
    const trigger = request.getReplacementTrigger();
    return {
        type: request.getType(),
        name: request.getName(),
        custom: request.getCustom(),
        parent: request.getParent(),
        inputs: normalize((request.getObject()?.toJavaScript() ?? {}) as PropertyMap) as PropertyMap,
        provider: request.getProvider(),
        providers: Object.fromEntries(request.getProvidersMap().toArray() as [string, string][]),
        dependencies: request.getDependenciesList(),
        propertyDependencies: Object.fromEntries(
            [...request.getPropertydependenciesMap().entries()].map(([property, urns]) => [
                property,
                urns.getUrnsList(),
            ]),
        ),
        protect: request.hasProtect() ? request.getProtect() : undefined,
        retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
        deletedWith: request.getDeletedwith(),
        deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        replaceWith: request.getReplaceWithList(),
        replacementTrigger: trigger ? canonical(trigger.toJavaScript() as PropertyValue) : undefined,
        additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        aliases: [...request.getAliasurnsList().map((urn) => ({ urn })), ...request.getAliasesList().map(aliasGoal)],
        importId: request.getImportid(),
        customTimeouts: timeouts
            ? {
                  create: seconds(timeouts.getCreate()),
                  update: seconds(timeouts.getUpdate()),
                  delete: seconds(timeouts.getDelete()),
              }
            : {},
    };
}

/** Seconds of a duration as Go writes it, `1h30m`, `90s`, `500ms`; undefined for none. */
export function seconds(duration: string): number | undefined {
    if (duration === "") {
        return undefined;
    }
    const units: { [unit: string]: number } = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, µs: 1e-6, ns: 1e-9 };
    const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)];
    if (parts.map((part) => part[0]).join("") !== duration) {
        throw new Error(`customTimeouts: "${duration}" is not a duration such as 90s, 10m or 1h30m`);
    }
    return parts.reduce((sum, part) => sum + Number(part[1]) * (units[part[2] ?? ""] ?? 0), 0);
}

function aliasGoal(alias: import("@pulumi/pulumi/proto/alias_pb").Alias): AliasGoal {
    const spec = alias.getSpec();
    return spec === undefined
        ? { urn: alias.getUrn() }
        : {
              name: spec.getName(),
              type: spec.getType(),
              stack: spec.getStack(),
              project: spec.getProject(),
              parentUrn: spec.getParenturn(),
              noParent: spec.getNoparent(),
          };
}
