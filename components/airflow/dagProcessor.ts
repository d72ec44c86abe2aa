import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names } from "../kubernetes/names";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { heartbeat } from "./heartbeat";
import { removingOldLogs } from "./oldLogs";
import { processDeployment } from "./processDeployment";

/** Arguments of {@link DagProcessor}. */
export interface DagProcessorArgs extends AirflowProcessArgs {
    /** The named templates of task pods. A DAG that asks for another one gets an import error. */
    readonly templates: readonly Mount[];
}

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
            // Airflow also logs to a file per day and DAG file there, and never deletes one.
            args: (start) => removingOldLogs(paths.ownLogs, { minutes: 1440, bytes: 2 ** 30 }, start),
            endsWithoutDatabase: true,
            loadsPlugins: true,
            objectName: names.dagProcessor,
            account: "dagProcessor",
            process: args.settings.dagProcessor,
            secrets: ["databaseConnection", "fernetKey", "bundleConnections"],
            // What DAG files print is its own log. In files on the shared volume, each parse would wait for that.
            environment: {
                AIRFLOW__LOGGING__BASE_LOG_FOLDER: paths.ownLogs,
                AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY: `${paths.ownLogs}/dag_processor`,
                AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET: "stdout",
            },
            mounts: [...dagsMounts(args.settings), ...args.templates],
            terminationGracePeriodSeconds: 30,
            health: heartbeat("DagProcessorJob"),
        });
        processDeployment(name, workload, this);

        this.registerOutputs({});
    }
}
