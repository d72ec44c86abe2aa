import type * as pulumi from "@pulumi/pulumi";

/** A pool: how many tasks of a kind run at once. */
export interface PoolArgs {
    /** Number of slots, 0 or more; -1 for any number. */
    readonly slots: pulumi.Input<number>;
    /**
     * What people read of it in the UI, after the note that the stack manages it.
     * @default - that note alone
     */
    readonly description?: pulumi.Input<string>;
    /**
     * Whether deferred tasks keep their slots.
     * @default false
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/pools.html
     */
    readonly includeDeferred?: pulumi.Input<boolean>;
}
