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
        "copy",
        "dags",
        "extension",
        "git-files",
        "git-secret",
        "kubeconfig",
        "logs",
        "pod-templates",
        "requirements",
        "tmp",
        // The volumes of DAGs and logs, where they are prepared.
        "airflow-dags",
        "airflow-database",
        "airflow-logs",
        "airflow-shares",
    ],
    mountPaths: [
        "/archive",
        "/copy",
        "/etc/git-files",
        "/etc/git-secret",
        "/etc/kubeconfig",
        "/opt/airflow-kubernetes",
        "/opt/airflow/dags",
        "/opt/airflow/logs",
        "/opt/airflow/pod_templates",
        "/requirements",
        "/tmp",
        "/volumes",
    ],
    initContainers: ["copy", "give"],
};

/** Those of the pod of Postgres. */
export const postgresNames: ReservedNames = {
    volumes: ["data", "run", "shared-memory", "tmp"],
    mountPaths: ["/dev/shm", "/tmp", "/var/lib/postgresql/data", "/var/run/postgresql"],
    initContainers: [],
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
