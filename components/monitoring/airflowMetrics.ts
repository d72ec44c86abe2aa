import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A metric of Airflow's, as its own registry describes it. */
export interface AirflowMetric {
    /** Its name, in which `{...}` stands for a part that differs. */
    readonly name: string;
    readonly type: "counter" | "gauge" | "timer";
}

/** What Airflow says of its metrics. `local/development/airflowMetrics.ts` writes it. */
export interface AirflowMetrics {
    /** Version of Airflow that says it. */
    readonly airflow: string;
    readonly metrics: readonly AirflowMetric[];
}

/** The metrics that the component knows. */
export function airflowMetrics(): AirflowMetrics {
    return JSON.parse(readFileSync(join(__dirname, "metricsRegistry.json"), "utf8")) as AirflowMetrics;
}
