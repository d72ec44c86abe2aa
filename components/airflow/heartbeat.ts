import { commandCheck } from "../kubernetes/probes";
import { script } from "../kubernetes/script";
import type { Health } from "./airflowProcess";

/**
 * Asks the database for the last heartbeat of a process that offers no health endpoint, or none that leaves the database out of it. Each look starts Python, so it looks
 * less often than at an endpoint.
 *
 * @param jobType Airflow's name of the process, such as `DagProcessorJob`.
 */
export function heartbeat(jobType: string): Health {
    return {
        check: commandCheck("python", "-c", script(__dirname, "job_heartbeat.py"), jobType),
        startupPeriodSeconds: 5,
        periodSeconds: 60,
    };
}
