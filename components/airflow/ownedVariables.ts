import { secretVariables } from "./environment";

/** Variables that the component sets, and what a user may set instead. */
export const ownedVariables: Readonly<Record<string, string>> = {
    AIRFLOW_CONFIG: "Set airflow.options.",
    AIRFLOW_CONN_GIT_DEFAULT: "Set dags.git.",
    AIRFLOW__API__BASE_URL: "Set airflow.url.",
    AIRFLOW__CORE__AUTH_MANAGER: "The users live in Airflow's FAB auth manager.",
    AIRFLOW__CORE__DAGS_FOLDER: "Set dags.",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: "It follows from airflow.url and airflow.clusterDomain.",
    AIRFLOW__CORE__EXECUTOR: "The executor is the KubernetesExecutor.",
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: "Set dags.",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "Set dags.refreshSeconds.",
    AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE: "Tasks run in namespaces.workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: "Set namespaces.workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: "Set workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE: "Set workers.podsCreationBatchSize.",
    AIRFLOW__LOGGING__BASE_LOG_FOLDER: "Logs lie on the shared volume.",
    AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY: "The dag-processor's logs are those of its pod.",
    AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET: "The dag-processor's logs are those of its pod.",
    AIRFLOW__LOGGING__DELETE_LOCAL_LOGS: "Set logs.retentionDays.",
    AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "Set logs.remote.",
    AIRFLOW__LOGGING__REMOTE_LOGGING: "Set logs.remote.",
    AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID: "Set logs.remote.",
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "The probes of the scheduler need it.",
    _PIP_ADDITIONAL_REQUIREMENTS: "It installs at each start of each pod. Set pythonPackages.requirements.",
    CONNECTION_CHECK_MAX_COUNT: "Tasks have no database to check.",
};

/** Variables whose values are secrets, which have no place in a pod's specification. */
export const secretVariableNames: ReadonlySet<string> = new Set<string>([
    ...Object.values(secretVariables),
    "AIRFLOW__CELERY__BROKER_URL",
    "AIRFLOW__CELERY__RESULT_BACKEND",
    "AIRFLOW__SMTP__SMTP_PASSWORD",
    "AIRFLOW__SENTRY__SENTRY_DSN",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS",
    "PGPASSWORD",
]);
