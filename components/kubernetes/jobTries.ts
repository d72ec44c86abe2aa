import type * as k8s from "@pulumi/kubernetes";

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
