/** Names and paths in a pod that the component uses itself. */
export interface ReservedNames {
    readonly volumes: readonly string[];
    readonly mountPaths: readonly string[];
    /** Containers that run before the others. */
    readonly initContainers: readonly string[];
}

/** Those of the pods of Airflow's image, and of git-sync. */
export const airflowNames: ReservedNames = {
    volumes: [
        "archive",
        "backups",
        "copy",
        "dags",
        "database-authority",
        "extension",
        "git-files",
        "git-secret",
        "kubeconfig",
        "local-settings",
        "logs",
        "mapping",
        "objects",
        "pod-templates",
        "requirements",
        "scripts",
        "tmp",
        "webserver-config",
        // The volumes of DAGs and logs, where they are prepared.
        "airflow-backups",
        "airflow-dags",
        "airflow-database",
        "airflow-logs",
        "airflow-shares",
    ],
    mountPaths: [
        "/archive",
        "/backups",
        "/copy",
        "/etc/airflow-webserver",
        "/etc/database-authority",
        "/etc/git-files",
        "/etc/git-secret",
        "/etc/kubeconfig",
        "/etc/objects",
        "/etc/statsd",
        "/opt/airflow-kubernetes",
        "/opt/airflow/config/airflow_local_settings.py",
        "/opt/airflow/dags",
        "/opt/airflow/logs",
        "/opt/airflow/pod_templates",
        "/requirements",
        "/scripts",
        "/tmp",
        "/volumes",
    ],
    initContainers: [
        "backup-check",
        "backup-dump",
        "backup-examine",
        "backup-fetch",
        "backup-load",
        "copy",
        "downgrade",
        "give",
        "plan",
    ],
};

/** Those of the pod of Postgres. */
export const postgresNames: ReservedNames = {
    volumes: ["credentials", "data", "run", "scripts", "shared-memory", "tmp"],
    mountPaths: [
        "/dev/shm",
        "/etc/postgres-credentials",
        "/scripts",
        "/tmp",
        "/var/lib/postgresql/data",
        "/var/run/postgresql",
    ],
    initContainers: ["dump"],
};

/** Those of the pod of the NFS server. */
export const nfsServerNames: ReservedNames = {
    volumes: ["configuration", "disk", "run", "tmp"],
    mountPaths: ["/disk", "/etc/ganesha", "/run", "/tmp"],
    initContainers: [],
};

/** Those of any of these pods. */
export const everyPod: ReservedNames = {
    volumes: all("volumes"),
    mountPaths: all("mountPaths"),
    initContainers: all("initContainers"),
};

function all(field: keyof ReservedNames): string[] {
    return [airflowNames, postgresNames, nfsServerNames].flatMap((names) => [...names[field]]);
}
