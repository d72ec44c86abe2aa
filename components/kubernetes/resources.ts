import type { ResourcesArgs } from "../airflowKubernetesArgs";

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

/** Resources of a short Job that starts Airflow's Python once. */
export const jobResources: ContainerResources = {
    requests: { cpu: "100m", memory: "256Mi" },
    limits: { cpu: "2", memory: "1Gi" },
};
