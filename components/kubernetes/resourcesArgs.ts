import type * as pulumi from "@pulumi/pulumi";

/**
 * What a container reserves and what it never exceeds, as Kubernetes quantities by resource: `cpu`, `memory`,
 * `ephemeral-storage`, or that of a device such as `nvidia.com/gpu`.
 *
 * @see docs/pods.md#resources
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface ResourcesArgs {
    /**
     * What the scheduler of Kubernetes reserves.
     * @default - what the component asks for, also for each resource that is left out
     */
    readonly requests?: Record<string, pulumi.Input<string>>;
    /**
     * CPU that is never exceeded; memory beyond which the container is killed; `ephemeral-storage`, which counts `/tmp` and the
     * container's log too, beyond which the pod is evicted. Of CPU and memory, what is left out here has no limit.
     * @default - those of the component
     */
    readonly limits?: Record<string, pulumi.Input<string>>;
}
