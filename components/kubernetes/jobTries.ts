import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "./known";
import { literal } from "./literal";
import { script } from "./script";

/**
 * How often a Job is tried: one pod, in which a script runs up to four times. A pod that its node has ended does not count.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export const jobTries = {
    backoffLimit: 0,
    podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
} satisfies Partial<k8s.types.input.batch.v1.JobSpec>;

/** The command that runs a Python script in such a pod. Exit code 65 ends the Job at once. */
export function triedCommand(source: string, ...args: readonly pulumi.Input<string>[]): pulumi.Input<string>[] {
    return ["python", "-c", script(__dirname, "retry.py"), ...[source, ...args].map((text) => mapInput(text, literal))];
}
