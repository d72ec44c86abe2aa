import type * as k8s from "@pulumi/kubernetes";
import type { ResourcesArgs } from "../airflowKubernetesArgs";

/** Requests and limits of a container. */
export function containerResources(resources: Required<ResourcesArgs>): k8s.types.input.core.v1.ResourceRequirements {
    return {
        requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest },
        limits: { cpu: resources.cpuLimit, memory: resources.memoryLimit },
    };
}

/** Resources of a short Job that starts Airflow's Python once. */
export const jobResources: Required<ResourcesArgs> = {
    cpuRequest: "100m",
    cpuLimit: "2",
    memoryRequest: "256Mi",
    memoryLimit: "1Gi",
};
