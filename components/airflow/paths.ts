/** Where things lie in Airflow's containers, as in the official image. */
export const paths = {
    dags: "/opt/airflow/dags",
    /** What the loader switches to the newest load. */
    currentDags: "/opt/airflow/dags/current",
    logs: "/opt/airflow/logs",
    podTemplate: "/opt/airflow/pod_templates/worker.yaml",
    podTemplateDirectory: "/opt/airflow/pod_templates",
} as const;
