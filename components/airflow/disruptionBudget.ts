import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "./airflowProcess";

/**
 * Lets a drain of nodes take the pods of a process one after the other. A process of one pod has none: its budget would keep
 * the node from ever being drained.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export function disruptionBudget(name: string, workload: Workload, parent: pulumi.Resource): void {
    const { metadata, replicas, selector } = workload;
    if (replicas > 1) {
        new k8s.policy.v1.PodDisruptionBudget(
            `${name}-disruption-budget`,
            { metadata, spec: { maxUnavailable: 1, selector } },
            { parent },
        );
    }
}
