import type * as k8s from "@pulumi/kubernetes";
import type { WorkerSettings } from "../settings/airflowKubernetesDefaults";

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * Rights of the scheduler on task pods, and no others: no exec, no secrets, no other kind.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
 */
export const schedulerRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "get", "list", "patch", "watch"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    // Why a pod waits, for the log of its task.
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
];

/** Rights of the api-server, which shows the log of a task while it runs. */
export const apiServerRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
];

/**
 * Rights of tasks that create pods themselves: KubernetesPodOperator creates, follows and deletes a pod, and fetches its result
 * with a command in it. KubernetesJobOperator does the same with a Job, which adds no power: a Job creates pods.
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
 * Rights of the triggerer for deferred tasks of these operators: it follows the pod or Job, reads its log, and deletes the pod
 * of a cancelled task.
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

/** Whether tasks use the Kubernetes API, and so the triggerer for deferred ones. */
export function tasksUseKubernetes({ kubernetesPodOperator, rules }: WorkerSettings): boolean {
    return kubernetesPodOperator || rules.length > 0;
}

/**
 * Rights of the Job that prepares the volumes, in its own namespace: on its one pod, and on the events that say why the pod
 * does not start.
 */
export const preparationRules: PolicyRule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "get"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
];
