import type * as k8s from "@pulumi/kubernetes";
import type { ResourcesArgs } from "../airflowKubernetesArgs";

/** Resources of a container: CPU and memory always, disk where it is limited. */
export type ContainerResources = Required<Omit<ResourcesArgs, StorageKeys>> & Pick<ResourcesArgs, StorageKeys>;

type StorageKeys = "ephemeralStorageRequest" | "ephemeralStorageLimit";

/** Requests and limits of a container. */
export function containerResources(resources: ContainerResources): k8s.types.input.core.v1.ResourceRequirements {
    const { cpuRequest, memoryRequest, ephemeralStorageRequest } = resources;
    const { cpuLimit, memoryLimit, ephemeralStorageLimit } = resources;
    return {
        requests: {
            cpu: cpuRequest,
            memory: memoryRequest,
            ...(ephemeralStorageRequest !== undefined && { "ephemeral-storage": ephemeralStorageRequest }),
        },
        limits: {
            cpu: cpuLimit,
            memory: memoryLimit,
            ...(ephemeralStorageLimit !== undefined && { "ephemeral-storage": ephemeralStorageLimit }),
        },
    };
}

/** Resources of a short Job that starts Airflow's Python once. */
export const jobResources: ContainerResources = {
    cpuRequest: "100m",
    cpuLimit: "2",
    memoryRequest: "256Mi",
    memoryLimit: "1Gi",
};
