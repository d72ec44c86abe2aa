import type { PropertyChange } from "../values/difference";

/**
 * What is done with a resource. `discard` deletes what was replaced, `forget` takes it out of the state and leaves it where it is; a refresh finds some `gone` and
 * some changed by others, `drift`.
 */
export type StepKind =
    | "create"
    | "update"
    | "replace"
    | "delete"
    | "discard"
    | "forget"
    | "read"
    | "import"
    | "gone"
    | "drift"
    | "same";

/** One thing that a run does, or in a preview would do. */
export interface Step {
    readonly kind: StepKind;
    readonly urn: string;
    readonly custom: boolean;
    readonly changes: readonly PropertyChange[];
    /** Why it is replaced, or other words on the step. */
    readonly reasons: readonly string[];
    /** Undefined in a preview. */
    readonly seconds?: number;
}

/** Who is told of what a run does. */
export interface Observer {
    /** A step is done; in a preview, planned. */
    step(step: Step): void;
    /** A step takes long and says why. */
    progress(urn: string, line: string): void;
    /** Something the user should know, of no resource in particular. */
    note(line: string): void;
    error(urn: string, message: string): void;
}
