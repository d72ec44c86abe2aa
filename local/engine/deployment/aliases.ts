import { qualifiedType, resourceUrn, stackType, urnName, urnType } from "./urn";

/** A former identity of a resource: a URN, or what differed from today. */
export interface AliasGoal {
    readonly urn?: string;
    readonly name?: string;
    readonly type?: string;
    readonly stack?: string;
    readonly project?: string;
    readonly parentUrn?: string;
    readonly noParent?: boolean;
}

/** What aliases are resolved against. */
export interface AliasScope {
    readonly stack: string;
    readonly project: string;
    readonly name: string;
    readonly type: string;
    readonly parentUrn: string;
    /** The URN under which a parent was found in the state, when that was by an alias of its own. */
    readonly formerUrn: (urn: string) => string | undefined;
}

/** Every URN that a resource may have had, its own aliases first, then those that follow from its parent's. */
export function formerUrns(aliases: readonly AliasGoal[], scope: AliasScope): string[] {
    const own = aliases.map((alias) => aliasUrn(alias, scope));
    const parentFormer = scope.formerUrn(scope.parentUrn);
    if (parentFormer === undefined) {
        return [...new Set(own)];
    }
    const parentName = urnName(scope.parentUrn);
    const inherited = [
        childUrn(scope, scope.type, scope.name, parentName, parentFormer),
        ...own.map((urn) => childUrn(scope, urnType(urn), urnName(urn), parentName, parentFormer)),
    ];
    return [...new Set([...own, ...inherited])];
}

function aliasUrn(alias: AliasGoal, scope: AliasScope): string {
    if (alias.urn) {
        return alias.urn;
    }
    const named = alias.parentUrn ? (scope.formerUrn(alias.parentUrn) ?? alias.parentUrn) : scope.parentUrn;
    const parent = alias.noParent || qualifiedType(named) === stackType ? "" : named;
    return resourceUrn(
        alias.stack || scope.stack,
        alias.project || scope.project,
        parent,
        alias.type || scope.type,
        alias.name || scope.name,
    );
}

/** A child is called after its parent by convention, so its former name follows the parent's. */
function childUrn(scope: AliasScope, type: string, name: string, parentName: string, parentFormer: string): string {
    const formerName = name.startsWith(parentName) ? urnName(parentFormer) + name.slice(parentName.length) : name;
    return resourceUrn(scope.stack, scope.project, parentFormer, type, formerName);
}
