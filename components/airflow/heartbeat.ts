import { commandCheck } from "../kubernetes/probes";
import type { Health } from "./airflowProcess";

/**
 * Asks the database for the last heartbeat of a process that has no health endpoint, or only one that fails without the database.
 * Each check starts Python, so there are fewer of them.
 *
 * @param jobType Airflow's name of the process, such as `DagProcessorJob`.
 */
export function heartbeat(jobType: string): Health {
    return {
        check: commandCheck("python", "-m", "airflow_kubernetes.heartbeat", jobType),
        startupPeriodSeconds: 5,
        periodSeconds: 60,
    };
}
