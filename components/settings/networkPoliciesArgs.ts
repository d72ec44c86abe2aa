import type * as k8s from "@pulumi/kubernetes";

/**
 * NetworkPolicies of the installation's pods. They let in what Airflow needs; more is let in by the lists below, or by
 * NetworkPolicies of your own, which add to them. A cluster whose network does not enforce them ignores them.
 *
 * @see docs/networkPolicies.md
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export interface NetworkPoliciesArgs {
    /**
     * Whether there are any.
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Who may open connections to the api-server, which is the UI, the REST API and the Execution API: pods of an ingress
     * controller, ranges of addresses. Tasks may in any case, and so may `kubectl port-forward`.
     * @default - everybody: who may do what is asked for by the api-server itself
     */
    readonly apiServer?: k8s.types.input.networking.v1.NetworkPolicyPeer[];
    /**
     * Who may open connections to the component's own Postgres beside Airflow, such as a backup or a pod that reads reports.
     * @default - nobody
     */
    readonly database?: k8s.types.input.networking.v1.NetworkPolicyPeer[];
    /**
     * Who may open connections to the pods of tasks, such as executors of a Spark driver that runs in a task.
     * @default - nobody
     */
    readonly workers?: k8s.types.input.networking.v1.NetworkPolicyPeer[];
    /**
     * Who may read the metrics, such as the pods of Prometheus. They hold names of DAGs and tasks, and nothing secret.
     * @default - everybody
     */
    readonly metrics?: k8s.types.input.networking.v1.NetworkPolicyPeer[];
}
