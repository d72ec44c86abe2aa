/**
 * The fixed names of this component's objects. They do not carry the component's own name: an installation has its
 * namespaces to itself, and scripts, dashboards and NetworkPolicies of users refer to these names.
 */
export const names = {
    apiServer: "airflow-api-server",
    scheduler: "airflow-scheduler",
    dagProcessor: "airflow-dag-processor",
    triggerer: "airflow-triggerer",
    postgres: "airflow-postgres",
    jobs: "airflow-jobs",
    git: "airflow-git",
    gitSync: "airflow-git-sync",
    worker: "airflow-worker",
    permissions: "airflow-permissions",
    logCleanup: "airflow-log-cleanup",
    nfsServer: "airflow-nfs-server",
    nfsDisk: "airflow-nfs-disk",
    shares: "airflow-shares",
    requirements: "airflow-requirements",
    dags: "airflow-dags",
    logs: "airflow-logs",
    database: "airflow-database",
} as const;

/** Ports that the processes listen on. */
export const ports = {
    /** UI, REST API and Execution API. */
    apiServer: 8080,
    /** `/health` of the scheduler. */
    schedulerHealth: 8974,
    /** Logs of deferred tasks, read by the api-server. */
    triggererLogs: 8794,
    postgres: 5432,
    nfs: 2049,
    mountd: 20048,
    rpcbind: 111,
    /** Health of git-sync. */
    gitSync: 1234,
} as const;
