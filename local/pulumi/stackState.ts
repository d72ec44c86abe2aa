/** What `pulumi stack export` prints: the parts that matter here. */
export interface StackState {
    readonly version?: number;
    readonly deployment?: {
        readonly resources?: readonly StateResource[] | null;
        readonly pending_operations?: readonly PendingOperation[] | null;
    } | null;
}

/** A resource as a stack's state has it. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    /** Its provider's name for it, for a custom resource. */
    readonly id?: string;
    /** Made by the program itself, not read or grouped. */
    readonly custom?: boolean;
    /** Left over from a replacement. */
    readonly delete?: boolean;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
    /** URN and id of its provider, for a custom resource. */
    readonly provider?: string;
}

/** What a run had begun when it was killed. */
export interface PendingOperation {
    readonly resource: StateResource;
    readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

/** An object of the cluster. */
export interface ObjectIdentity {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
}

/** Reads an export; an empty text is the state of a stack that has never been deployed. */
export function parseState(exported: string): StackState {
    return exported.trim() === "" ? {} : (JSON.parse(exported) as StackState);
}

/** An update as `pulumi stack history --json` lists it. */
export interface PastUpdate {
    readonly kind: string;
    readonly result: string;
}

/** Reads a history, the newest update first. The CLI prints nothing for a stack without updates. */
export function parseHistory(printed: string): readonly PastUpdate[] {
    return printed.trim() === "" ? [] : (JSON.parse(printed) as PastUpdate[]);
}

/** The resources of a state. */
export function resourcesOf(state: StackState): readonly StateResource[] {
    return state.deployment?.resources ?? [];
}

/**
 * Creations that a run began and never recorded. The objects may exist, and the CLI keeps these records until somebody who
 * has looked takes them out.
 */
export function unrecordedCreations(state: StackState): readonly StateResource[] {
    const pending = state.deployment?.pending_operations ?? [];
    return pending.filter(({ type }) => type === "creating").map(({ resource }) => resource);
}

/** Whether a run was killed while it did something that the state does not know the end of. */
export function hasPendingOperations(state: StackState): boolean {
    return (state.deployment?.pending_operations ?? []).length > 0;
}

/** The same state without a record of what a run had begun. */
export function withoutPendingOperations(state: StackState): StackState {
    return state.deployment ? { ...state, deployment: { ...state.deployment, pending_operations: [] } } : state;
}

/** The objects of the cluster among resources. */
export function objectsOf(resources: readonly StateResource[]): readonly ObjectIdentity[] {
    return resources.flatMap((resource) => {
        const values = { ...resource.inputs, ...resource.outputs };
        const { apiVersion, kind, metadata } = values as Partial<ObjectIdentity> & {
            metadata?: Partial<ObjectIdentity>;
        };
        return resource.type.startsWith("kubernetes:") && apiVersion && kind && metadata?.name
            ? [{ apiVersion, kind, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }]
            : [];
    });
}

/**
 * Whether volumes of before have not been given up yet, since the update that replaced them failed. They stay on the cluster in any
 * case, so an update that undoes the change finds them under the names that it gives.
 */
export function hasVolumesOfBefore(state: StackState): boolean {
    const left = resourcesOf(state).filter((resource) => resource.delete === true);
    return objectsOf(left).some(({ kind }) => ["PersistentVolume", "PersistentVolumeClaim"].includes(kind));
}

/** A text that is the same for the same object. */
export function identify({ kind, namespace = "", name }: Omit<ObjectIdentity, "apiVersion">): string {
    return [kind, namespace, name].join("/");
}

/** The objects among resources whose names the provider has chosen. */
export function autonamedObjectsOf(resources: readonly StateResource[]): readonly ObjectIdentity[] {
    return objectsOf(resources.filter(({ outputs, inputs }) => isAutonamed((outputs ?? inputs)?.metadata)));
}

/** Whether the provider has chosen the name of an object with such metadata. */
export function isAutonamed(metadata: unknown): boolean {
    const { annotations } = (metadata ?? {}) as { annotations?: Readonly<Record<string, string>> };
    return annotations?.["pulumi.com/autonamed"] === "true";
}
