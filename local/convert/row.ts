import type { Fields } from "../../components/kubernetes/fields";
import type { Step } from "./steps";

/** What a key is about: the sections of the guide. */
export enum Topic {
    Exposure = "Exposure",
    Users = "Users and sign-in",
    Secrets = "Identity, access, secrets",
    Pods = "Pods",
    Tasks = "Tasks and executors",
    Dags = "DAGs, code, packages",
    Configuration = "Configuration",
    Database = "Database",
    Storage = "Storage and logs",
    Observability = "Metrics",
    Chart = "The chart itself",
}

/** Where a row's function finds itself. */
export interface At {
    /** The key that is set, such as `scheduler.resources`. */
    readonly key: string;
    /** What the placeholder of the row's key stands for, such as `scheduler`. */
    readonly part: string;
    /** All of the chart's values, without what says nothing. */
    readonly values: Fields;
}

/** One row of the table: keys of the chart's values, what they are here, and how they get there. */
export interface Row {
    readonly topic: Topic;
    /**
     * Paths. `<process>`, `<pod>` and `<job>` stand for several. One that ends in `.*` takes what of that map no other row
     * takes.
     */
    readonly keys: readonly string[];
    /** What it is here, for people. */
    readonly ours: string;
    /** What to know of it. */
    readonly note: string;
    /** What becomes of a value. */
    readonly convert: (value: unknown, at: At) => readonly Step[];
}
