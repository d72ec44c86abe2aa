import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { workloadTimeouts } from "../kubernetes/timeouts";
import type { Workload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";

/** How the pods of a process take the place of those before. */
type Strategy = k8s.types.input.apps.v1.DeploymentStrategy;

/**
 * The Deployment of a process, and the budget of its disruptions.
 *
 * @param strategy How it rolls out; Kubernetes's own way unless given.
 */
export function processDeployment(
    name: string,
    workload: Workload,
    parent: pulumi.Resource,
    strategy?: Strategy,
): k8s.apps.v1.Deployment {
    const { metadata, replicas, selector, template } = workload;
    const deployment = new k8s.apps.v1.Deployment(
        `${name}-deployment`,
        { metadata, spec: { replicas, selector, template, ...(strategy && { strategy }) } },
        { parent, customTimeouts: workloadTimeouts },
    );
    disruptionBudget(name, workload, parent);
    return deployment;
}
