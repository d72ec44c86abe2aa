import type { PropertyMap } from "../values/propertyValue";

/** Whether an object works yet. */
export interface Condition {
    readonly state: "ready" | "waiting" | "failed";
    /** Why not, in words that people understand; the same words while nothing changes. */
    readonly reasons: readonly string[];
}

/** The condition of what works. */
export const ready: Condition = { state: "ready", reasons: [] };

/** Not yet. */
export function waiting(...reasons: string[]): Condition {
    return { state: "waiting", reasons };
}

/** And it never will. */
export function failed(...reasons: string[]): Condition {
    return { state: "failed", reasons };
}

/** What a condition may look up in the cluster besides the object itself. */
export interface ClusterReader {
    list(path: string, query?: { [name: string]: string }): Promise<PropertyMap[]>;
    read(apiVersion: string, kind: string, name: string): Promise<PropertyMap | undefined>;
}

/** Judges an object as it is now. */
export type ReadinessCheck = (live: PropertyMap, cluster: ClusterReader) => Promise<Condition>;
