/** Label `app.kubernetes.io/component` of the pods that use the database: Airflow's processes, and the Jobs that are given its address. */
export const databaseClients = [
    "api-server",
    "execution-api",
    "scheduler",
    "dag-processor",
    "triggerer",
    "migrate",
    "create-admin",
    "objects",
    "rotate-fernet-key",
    "backup",
    "restore",
    "db-cleanup",
    "state-metrics",
] as const;
