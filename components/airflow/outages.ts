/**
 * How long tasks wait for an api-server or a database that is away. A request is repeated 39 times, after pauses of up to 15
 * seconds of random length: nearly five minutes on average, and hardly ever less than four; with an api-server that does not
 * even refuse, five seconds more for each try. A task ends itself when two heartbeats in a row have failed so, before the
 * scheduler gives it up and may start it anew.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#execution-api-retries
 */
export const outageEnvironment = {
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "900",
    AIRFLOW__WORKERS__EXECUTION_API_RETRIES: "40",
    AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX: "15",
    AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS: "2",
} as const;
