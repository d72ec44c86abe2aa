import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "./resourcesArgs";

/** Resources of a container. */
export type ContainerResources = Required<ResourcesArgs>;

/**
 * Default resources with those of a user. Limits of CPU and memory are the user's where there are any, so that one can be left
 * out; the limit of disk stays, because without it one container could fill its node.
 */
export function withResources(
    defaults: ContainerResources,
    { requests, limits }: ResourcesArgs = {},
): ContainerResources {
    const { cpu, memory, ...kept } = defaults.limits;
    return {
        requests: { ...defaults.requests, ...requests },
        limits: limits === undefined ? defaults.limits : { ...kept, ...limits },
    };
}

/**
 * Resources with those of the disk of the node: a container's logs, its own files and what it has in `/tmp`. Beyond the limit its pod
 * is evicted, so that none fills a node.
 *
 * @param limit A Kubernetes quantity.
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#setting-requests-and-limits-for-local-ephemeral-storage
 */
export function withDisk(
    { requests, limits }: ContainerResources,
    limit: pulumi.Input<string> = "4Gi",
): ContainerResources {
    return {
        // Without a request Kubernetes would reserve the whole limit.
        requests: { ...requests, "ephemeral-storage": "64Mi" },
        limits: { ...limits, "ephemeral-storage": limit },
    };
}

/** Resources of a short Job that starts Airflow's Python once. */
export const jobResources = withDisk({
    requests: { cpu: "100m", memory: "256Mi" },
    limits: { cpu: "2", memory: "1Gi" },
});
