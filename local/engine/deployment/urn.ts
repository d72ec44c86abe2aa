/** The type of the resource that stands for the whole stack; it is left out of the qualified types in URNs. */
export const stackType = "pulumi:pulumi:Stack";

/** The stable name of a resource, as Pulumi builds it: the chain of parent types, the type and the logical name. */
export function resourceUrn(stack: string, project: string, parentUrn: string, type: string, name: string): string {
    const parentType = parentUrn === "" ? "" : qualifiedType(parentUrn);
    const chain = parentType === "" || parentType === stackType ? type : `${parentType}$${type}`;
    return `urn:pulumi:${stack}::${project}::${chain}::${name}`;
}

/** `a:b:C$d:e:F` of a URN. */
export function qualifiedType(urn: string): string {
    return urn.split("::")[2] ?? "";
}

/** The type token at the end of {@link qualifiedType}. */
export function urnType(urn: string): string {
    return qualifiedType(urn).split("$").pop() ?? "";
}

/** The logical name. A name may hold `::` itself. */
export function urnName(urn: string): string {
    return urn.split("::").slice(3).join("::");
}

/** The package of a type token, `kubernetes` of `kubernetes:core/v1:Namespace`; for a provider the one it provides. */
export function packageOf(type: string): string {
    const provider = /^pulumi:providers:(.+)$/.exec(type);
    return provider?.[1] ?? type.split(":")[0] ?? "";
}

/** How people are told of a resource: type and logical name. */
export function describeUrn(urn: string): string {
    return `${urnType(urn)} ${urnName(urn)}`;
}
