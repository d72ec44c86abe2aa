import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import type { Labels } from "../kubernetes/labels";
import type { PodTemplate } from "./podTemplate";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Toleration = pulumi.Unwrap<k8s.types.input.core.v1.Toleration>;

/** Seconds that a pod of Airflow's own waits for a node that is lost. Kubernetes itself waits for five minutes. */
const lostNodeSeconds = 30;

/** Taints that Kubernetes gives to a node that is lost. */
const lostNodeTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/**
 * A pod that is to come back soon on another node when its own is lost. Tolerations that speak of a lost node already are kept.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function leavesLostNode(template: PodTemplate): PodTemplate {
    const { spec } = template;
    return {
        ...template,
        spec: { ...spec, tolerations: mapInput(spec.tolerations as Toleration[] | undefined, lostNodeTolerations) },
    };
}

/**
 * Tolerations of such a pod.
 *
 * @param own Tolerations of the user, which win where they speak of a lost node.
 */
export function lostNodeTolerations(own: readonly Toleration[] = []): Toleration[] {
    const said = (taint: string) =>
        own.some(
            ({ key = "", effect = "NoExecute" }) => (key === taint || key === "") && [effect, ""].includes("NoExecute"),
        );
    return [
        ...own,
        ...lostNodeTaints
            .filter((taint) => !said(taint))
            .map((key) => ({
                key,
                operator: "Exists",
                effect: "NoExecute",
                tolerationSeconds: lostNodeSeconds,
            })),
    ];
}

/**
 * Puts the pods of a workload on different nodes where there are several. It is a wish only: on one node all of them run.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
export function spreadOverNodes(replicas: number, matchLabels: Labels): Partial<PodSpec> {
    return replicas > 1
        ? {
              topologySpreadConstraints: [
                  {
                      maxSkew: 1,
                      topologyKey: "kubernetes.io/hostname",
                      whenUnsatisfiable: "ScheduleAnyway",
                      labelSelector: { matchLabels },
                  },
              ],
          }
        : {};
}

/**
 * Pods of a StatefulSet that an update mends. By default a pod that never became ready is waited for, also when the update has
 * another image for it.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
 */
export const replacedUnready = { podManagementPolicy: "Parallel" };
