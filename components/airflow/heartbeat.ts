import type { Check } from "../kubernetes/probes";
import { commandCheck } from "../kubernetes/probes";
import { script } from "../kubernetes/script";

/**
 * Asks the database for the last heartbeat of a process that offers no health endpoint.
 *
 * @param jobType Airflow's name of the process, such as `DagProcessorJob`.
 */
export function heartbeatCheck(jobType: string): Check {
    return commandCheck("python", "-c", script(__dirname, "job_heartbeat.py"), jobType);
}
