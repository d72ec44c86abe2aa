import {
    type PolicyResource,
    type ResourceValidationPolicy,
    type StackValidationPolicy,
    unknownCheckingProxy,
} from "@pulumi/policy";
import type { Registration } from "./mocks";

/** A rule of the policy pack. */
export type Rule = ResourceValidationPolicy | StackValidationPolicy;

/** What a rule has reported. */
export interface Violation {
    readonly rule: string;
    readonly resource: string;
    readonly message: string;
}

/** Resources as rules get them: what a preview does not know may not be read. */
export function policyResources(registrations: readonly Registration[]): PolicyResource[] {
    return registrations.map(({ type, name, urn, inputs, protect }) =>
        policyResource(type, name, { urn, props: inputs, protect }),
    );
}

/** A resource of a stack, as rules get it. */
export function policyResource(
    type: string,
    name: string,
    { props, protect = false, urn = urnOf("hosted", type, name) }: ResourceArgs,
): PolicyResource {
    const opts = { protect, ignoreChanges: [], aliases: [], additionalSecretOutputs: [] };
    const customTimeouts = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };
    return {
        type,
        name,
        urn,
        props: unknownCheckingProxy(props as Record<string, unknown>),
        opts: { ...opts, customTimeouts },
        dependencies: [],
        propertyDependencies: {},
        isType: () => false,
        asType: () => undefined,
    };
}

interface ResourceArgs {
    readonly props: object;
    readonly protect?: boolean;
    readonly urn?: string;
}

/** The URN of a resource of a stack. */
export function urnOf(stack: string, type: string, name: string): string {
    return `urn:pulumi:${stack}::airflow-kubernetes::${type}::${name}`;
}

/** What rules report of the resources of a stack. */
export function violations(rules: readonly Rule[], resources: readonly PolicyResource[]): Violation[] {
    return rules.flatMap((rule) => ("validateStack" in rule ? ofStack(rule, resources) : ofEach(rule, resources)));
}

function ofStack(rule: StackValidationPolicy, resources: readonly PolicyResource[]): Violation[] {
    const found: Violation[] = [];
    const report = (message: string, urn = ""): void => {
        found.push({ rule: rule.name, resource: urn.split("::").at(-1) ?? "", message });
    };
    rule.validateStack({ resources: [...resources], ...surroundings(rule) }, report);
    return found;
}

function ofEach(rule: Rule, resources: readonly PolicyResource[]): Violation[] {
    const { validateResource } = rule as ResourceValidationPolicy;
    return resources.flatMap((resource) => {
        const found: Violation[] = [];
        const report = (message: string): void => {
            found.push({ rule: rule.name, resource: resource.name, message });
        };
        for (const validate of [validateResource ?? []].flat()) {
            validate({ ...resource, ...surroundings(rule), asType: () => undefined }, report);
        }
        return found;
    });
}

/** What a rule has besides resources: its settings have their defaults, as the engine gives them. */
function surroundings({ configSchema }: Rule) {
    const defaults = Object.entries(configSchema?.properties ?? {}).map(([key, schema]) => [key, schema.default]);
    return {
        stackTags: new Map<string, string>(),
        getConfig: <T extends object>() => Object.fromEntries(defaults) as T,
        notApplicable: (reason?: string): never => {
            throw new Error(reason);
        },
    };
}
