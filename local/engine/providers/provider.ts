import type { ResourceState } from "../state/resourceState";
import type { PropertyChange } from "../values/difference";
import type { PropertyMap } from "../values/propertyValue";

/** What a provider is told about the resource that it is to work on. */
export interface ResourceRequest {
    readonly urn: string;
    readonly type: string;
    /** The logical name. */
    readonly name: string;
    readonly inputs: PropertyMap;
}

/** A request that may take long. */
export interface Operation extends ResourceRequest {
    readonly timeoutSeconds?: number;
    /** Says what it is waiting for. */
    readonly report: (line: string) => void;
    /** Fires when the user wants to stop: end what waits; what is begun is still finished. */
    readonly signal: AbortSignal;
    /** To be called as soon as the change is made, before waiting until it works. */
    readonly made: (id: string, outputs: PropertyMap) => void;
}

/** How a resource would change. */
export interface ResourceDiff {
    readonly changes: readonly PropertyChange[];
    /** What makes it necessary to replace the resource, in words; empty when it can be updated. */
    readonly replaceReasons: readonly string[];
    readonly deleteBeforeReplace: boolean;
}

/** What came of an operation. */
export interface Outcome {
    readonly id: string;
    readonly outputs: PropertyMap;
    /** Why it is made, but not ready. */
    readonly initErrors: readonly string[];
}

/** A resource that was read from where it lives. */
export interface ReadResult {
    readonly id: string;
    readonly inputs: PropertyMap;
    readonly outputs: PropertyMap;
}

/** Whether a provider's place can be worked with, and which one it is. */
export interface Place {
    /** Tells this place from another one of the same address; empty when there is nothing to tell apart. */
    readonly identity: string;
    /** Why it can't be reached. */
    readonly unreachable?: string;
}

/** Makes and changes resources of one package. */
export interface Provider {
    readonly packageName: string;
    place(): Promise<Place>;
    /** Completes the inputs (a generated name); throws for what can't work. `uniqueName` is the same in plan and update. */
    check(request: ResourceRequest, old: ResourceState | undefined, uniqueName: () => string): Promise<PropertyMap>;
    diff(old: ResourceState, inputs: PropertyMap): Promise<ResourceDiff>;
    /** The outputs that a create would have, as far as they can be known. */
    previewCreate(request: ResourceRequest): Promise<PropertyMap>;
    previewUpdate(request: ResourceRequest, old: ResourceState): Promise<PropertyMap>;
    create(operation: Operation): Promise<Outcome>;
    update(operation: Operation, old: ResourceState): Promise<Outcome>;
    delete(operation: Operation, old: ResourceState): Promise<void>;
    /** Undefined when it is not there. */
    read(type: string, id: string, known: ResourceState | undefined): Promise<ReadResult | undefined>;
    /** What became of a create that was cut off in the middle; undefined when it never happened. */
    recover(begun: ResourceState): Promise<Outcome | undefined>;
}

/** The user stopped the run; nothing is wrong. */
export class Interrupted extends Error {
    public constructor() {
        super("interrupted");
    }
}

/** There is something of the name that was to be created. */
export class AlreadyExists extends Error {}
