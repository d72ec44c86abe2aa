/** Where things lie in Airflow's containers, as in the official image. */
export const paths = {
    dags: "/opt/airflow/dags",
    /** What the loader switches to the newest load. */
    currentDags: "/opt/airflow/dags/current",
    /** What git-sync has to itself: it removes whatever it does not know. */
    gitRoot: "/opt/airflow/dags/git",
    /** What git-sync switches to the newest commit. */
    gitLink: "/opt/airflow/dags/git/current",
    /** Token or key of the repository, where git-sync and its check find it. */
    gitSecret: "/etc/git-secret",
    /** Keys of the repository's host, and its authority. */
    gitFiles: "/etc/git-files",
    /** Python packages beside the DAGs. */
    packages: "/opt/airflow/dags/.packages",
    /** The user's own settings of Airflow. */
    localSettings: "/opt/airflow/config/airflow_local_settings.py",
    /** How people log in. */
    webserverConfig: "/etc/airflow-webserver",
    /** What the component adds to Airflow. */
    extension: "/opt/airflow-kubernetes",
    /** Scripts of a Job. */
    scripts: "/scripts",
    logs: "/opt/airflow/logs",
    /** Where a process writes logs that nobody else reads. */
    ownLogs: "/tmp/logs",
    /** How the triggerer reaches the Kubernetes API. */
    kubeconfig: "/etc/kubeconfig",
    /** The authority of the component's own Postgres. */
    databaseAuthority: "/etc/database-authority",
    /** What the Job of connections, variables and pools reads. */
    objects: "/etc/objects",
    /** Rules of the exporter of what Airflow counts. */
    statsd: "/etc/statsd",
    /** Templates of task pods. */
    podTemplateDirectory: "/opt/airflow/pod_templates",
    podTemplate: "/opt/airflow/pod_templates/worker.yaml",
    /** The file there without its ending, which no other template may have. */
    podTemplateName: "worker",
} as const;
