import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";
import { paths } from "./paths";
import type { WorkerTemplates } from "./workerTemplates";

/** Arguments of {@link DagProcessor}. */
export interface DagProcessorArgs extends AirflowProcessArgs {
    readonly templates: WorkerTemplates;
}

/** Starts the dag-processor beside a loop that removes files of days before. */
const removeOldLogs =
    'folder=$1; shift; while sleep 3600; do find "$folder" -type f -mmin +1440 -delete; done & exec "$@"';

/**
 * The dag-processor, the only process that runs the top level of DAG files.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dagfile-processing.html
 */
export class DagProcessor extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: DagProcessorArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DagProcessor", name, {}, opts);

        const workload = airflowWorkload({
            ...args,
            command: "dag-processor",
            // Airflow also writes what it logs there to a file for each day and DAG file, and never removes one.
            args: (start) => ["bash", "-c", removeOldLogs, "bash", paths.ownLogs, ...start],
            endsWithoutDatabase: true,
            objectName: names.dagProcessor,
            process: args.settings.dagProcessor,
            secrets: ["databaseConnection", "fernetKey", "gitConnection"],
            // What DAG files print is its own log. In files on the shared volume, each parse would wait for that.
            environment: {
                AIRFLOW__LOGGING__BASE_LOG_FOLDER: paths.ownLogs,
                AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY: `${paths.ownLogs}/dag_processor`,
                AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET: "stdout",
            },
            mounts: [...dagsMounts(args.settings), ...args.templates.named],
            terminationGracePeriodSeconds: 30,
            health: heartbeat("DagProcessorJob"),
        });
        const { metadata, replicas, selector, template } = workload;
        new k8s.apps.v1.Deployment(
            `${name}-deployment`,
            { metadata, spec: { replicas, selector, template } },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        disruptionBudget(name, workload, this);

        this.registerOutputs({});
    }
}
