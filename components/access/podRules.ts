import type * as k8s from "@pulumi/kubernetes";
import type { WorkerSettings } from "../airflowKubernetesDefaults";

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * What the scheduler does with task pods, and nothing else: no exec, no secrets, no other kind.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
 */
export const schedulerRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "get", "list", "patch", "watch"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    // Why a pod waits, for the log of its task.
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
];

/** What the api-server needs to show the log of a task while it runs. */
export const apiServerRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
];

/**
 * What tasks need that make pods themselves: KubernetesPodOperator makes, follows and removes a pod, and fetches its result
 * with a command in it. KubernetesJobOperator does so with a Job, which adds no power: a Job makes pods.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
 */
export const podOperatorRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "get", "list", "patch", "watch"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods/exec"], verbs: ["create", "get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "patch", "watch"] },
    { apiGroups: ["batch"], resources: ["jobs/status"], verbs: ["get"] },
];

/**
 * What the triggerer does for such a task that is deferred: it follows the pod or Job, reads its log, and removes the pod of a
 * task that was cancelled.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
 */
export const triggererRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["delete", "get", "list", "watch"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list", "watch"] },
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["delete", "get"] },
    { apiGroups: ["batch"], resources: ["jobs/status"], verbs: ["get"] },
];

/** Whether tasks, and the triggerer for those that are deferred, speak to the Kubernetes API. */
export function tasksUseKubernetes({ kubernetesPodOperator, rules }: WorkerSettings): boolean {
    return kubernetesPodOperator || rules.length > 0;
}

/** What the Job that prepares the volumes does in its own namespace: one pod, and why that does not run. */
export const preparationRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "get"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
];
