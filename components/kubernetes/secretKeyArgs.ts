import type * as pulumi from "@pulumi/pulumi";

/**
 * A key in a Secret that somebody else makes, such as External Secrets. A pod waits for it until it is there.
 *
 * @see docs/security.md#secrets-that-somebody-else-keeps
 * @see https://kubernetes.io/docs/concepts/configuration/secret/
 */
export interface SecretKeyArgs {
    /** Name of the Secret, in Airflow's namespace. */
    readonly name: pulumi.Input<string>;
    /** Key in it. */
    readonly key: pulumi.Input<string>;
}
