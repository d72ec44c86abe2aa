import type { PropertyMap } from "../values/propertyValue";

/** How long single operations on a resource may take, in seconds. */
export interface CustomTimeouts {
    readonly create?: number;
    readonly update?: number;
    readonly delete?: number;
}

/** What is remembered of one resource between two runs. */
export interface ResourceState {
    /** Tells apart two resources of the same URN, which live side by side while one replaces the other. */
    readonly key: string;
    readonly urn: string;
    readonly type: string;
    /** False for a component, which only groups others. */
    readonly custom: boolean;
    readonly id: string;
    readonly inputs: PropertyMap;
    readonly outputs: PropertyMap;
    readonly parent: string;
    /** The reference to an explicit provider, empty for the default one. */
    readonly provider: string;
    readonly dependencies: readonly string[];
    readonly propertyDependencies: { readonly [property: string]: readonly string[] };
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deletedWith: string;
    readonly customTimeouts: CustomTimeouts;
    readonly replacementTrigger?: string;
    /** Read only, not ours to change or delete. */
    readonly external: boolean;
    /** Replaced, and to be deleted at the end of the run. */
    readonly pendingDelete: boolean;
    /** Why the resource exists but is not ready; a next update goes on waiting for it. */
    readonly initErrors: readonly string[];
    /** The identity of the place where it lives (a cluster), empty when it has none. */
    readonly place: string;
    readonly created: string;
    readonly modified: string;
}

/** An operation that was begun; still there at the next start when the process died in the middle. */
export interface PendingOperation {
    readonly key: string;
    readonly kind: "create" | "update" | "delete";
    /** For a create: what it was about to make, with the name it was given; else what it works on. */
    readonly resource: ResourceState;
}

/** Everything that is remembered of a stack. */
export interface StackState {
    readonly version: 1;
    readonly project: string;
    readonly stack: string;
    /** Random; names of objects and of field managers are derived from it, so that two states never share one. */
    readonly id: string;
    /** Counts the runs that wrote the state. The journal belongs to one of them. */
    readonly generation: number;
    readonly encryptionSalt: string;
    readonly resources: readonly ResourceState[];
    readonly pending: readonly PendingOperation[];
}

/** One step from a state to the next. It is written to the journal in one piece, so it happens whole or not at all. */
export interface StateChange {
    readonly put?: readonly ResourceState[];
    readonly remove?: readonly string[];
    readonly begin?: PendingOperation;
    readonly end?: string;
}

/** The state after a change. */
export function applyChange(state: StackState, change: StateChange): StackState {
    const put = new Map((change.put ?? []).map((resource) => [resource.key, resource]));
    const removed = new Set(change.remove ?? []);
    const kept = state.resources
        .filter((resource) => !removed.has(resource.key))
        .map((resource) => {
            const replaced = put.get(resource.key);
            put.delete(resource.key);
            return replaced ?? resource;
        });
    const pending = state.pending.filter((operation) => operation.key !== change.end);
    return {
        ...state,
        resources: [...kept, ...put.values()],
        pending: change.begin ? [...pending, change.begin] : pending,
    };
}
