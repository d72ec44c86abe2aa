import type * as pulumi from "@pulumi/pulumi";

/** Airflow's ServiceAccounts, by process. Those that the component makes have fixed names, such as `airflow-scheduler`. */
export interface ServiceAccountsArgs {
    /** `airflow-api-server`, which reads logs. */
    readonly apiServer?: ServiceAccountArgs;
    /** `airflow-execution-api`, which reads secrets backends for tasks; only with `executionApi`. */
    readonly executionApi?: ServiceAccountArgs;
    /** `airflow-scheduler`, which makes the pods of tasks. */
    readonly scheduler?: ServiceAccountArgs;
    /** `airflow-dag-processor`, which reads DAGs. */
    readonly dagProcessor?: ServiceAccountArgs;
    /** `airflow-triggerer`, which waits on behalf of deferred tasks. */
    readonly triggerer?: ServiceAccountArgs;
    /** `airflow-jobs`, of the Jobs that an update runs. */
    readonly jobs?: ServiceAccountArgs;
    /** `airflow-worker`, of task pods, in the namespace of tasks. */
    readonly worker?: ServiceAccountArgs;
}

/** Annotations and labels of a ServiceAccount, or another one in its place. */
export interface ServiceAccountArgs {
    /**
     * Name of a ServiceAccount that exists in the same namespace, to be used in place of one of the component's. It gets the
     * same rights there, by Roles that the component makes.
     * @default - the component makes one
     * @see docs/shared-clusters.md#serviceaccounts-that-exist
     */
    readonly existing?: pulumi.Input<string>;
    /**
     * Annotations, such as `eks.amazonaws.com/role-arn`, `iam.gke.io/gcp-service-account` or `azure.workload.identity/client-id`.
     * @default - none
     * @see docs/security.md#roles-of-a-cloud
     * @see https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
     * @see https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
     */
    readonly annotations?: Record<string, pulumi.Input<string>>;
    /**
     * Labels beside the component's own, whose keys begin with `app.kubernetes.io/`.
     * @default - none
     * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
}
