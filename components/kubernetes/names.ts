/**
 * The fixed names of this component's objects. They do not carry the component's own name: an installation has its
 * namespaces to itself, and scripts, dashboards and NetworkPolicies of users refer to these names.
 */
export const names = {
    apiServer: "airflow-api-server",
    externalApiServer: "airflow-api-server-external",
    executionApi: "airflow-execution-api",
    tls: "airflow-tls",
    scheduler: "airflow-scheduler",
    dagProcessor: "airflow-dag-processor",
    triggerer: "airflow-triggerer",
    postgres: "airflow-postgres",
    jobs: "airflow-jobs",
    git: "airflow-git",
    gitSync: "airflow-git-sync",
    statsd: "airflow-statsd",
    stateMetrics: "airflow-state-metrics",
    monitoring: "airflow-monitoring",
    dashboards: "airflow-dashboards",
    worker: "airflow-worker",
    permissions: "airflow-permissions",
    logCleanup: "airflow-log-cleanup",
    backup: "airflow-backup",
    restore: "airflow-restore",
    databaseCleanup: "airflow-db-cleanup",
    nfsServer: "airflow-nfs-server",
    nfsDisk: "airflow-nfs-disk",
    shares: "airflow-shares",
    requirements: "airflow-requirements",
    dags: "airflow-dags",
    logs: "airflow-logs",
    backups: "airflow-backups",
    database: "airflow-database",
    registries: "airflow-registries",
    isolation: "airflow-isolation",
    offline: "airflow-offline",
} as const;

/** Ports that the processes listen on. */
export const ports = {
    /** UI, REST API and Execution API, whichever of them a pod serves. */
    apiServer: 8080,
    /** `/health` of the scheduler. */
    schedulerHealth: 8974,
    /** Logs of deferred tasks, read by the api-server. */
    triggererLogs: 8794,
    postgres: 5432,
    nfs: 2049,
    mountd: 20048,
    rpcbind: 111,
    /** Health of git-sync, and what it counts. */
    gitSync: 1234,
    /** Where processes and tasks report to the exporter of what Airflow counts, by UDP. */
    statsd: 8125,
    /** What that exporter has for Prometheus. */
    statsdMetrics: 9102,
    /** What is seen of the database and the volumes, for Prometheus. */
    stateMetrics: 9103,
} as const;
