/**
 * Annotations that pulumi-kubernetes reads.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */

/** Does not wait for the object: a claim of a class that binds at first use would never be ready before its pod. */
export const skipAwait = { "pulumi.com/skipAwait": "true" };

/** Runs a failed Job again at the next `up`: a Job cannot be changed in place. */
export const replaceUnready = { "pulumi.com/replaceUnready": "true" };

/**
 * Keeps the autoscalers of nodes from emptying the node of a running task, which would fail the task.
 *
 * @see https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export const doNotDisrupt = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
};

/** A mesh proxy beside a Job would keep it from ever completing. */
export const noServiceMesh = { "sidecar.istio.io/inject": "false" };
