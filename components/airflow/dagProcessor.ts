import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount } from "./airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";

/**
 * The dag-processor, the only process that runs the top level of DAG files.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dagfile-processing.html
 */
export class DagProcessor extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DagProcessor", name, {}, opts);

        const workload = airflowWorkload({
            ...args,
            command: "dag-processor",
            objectName: names.dagProcessor,
            process: args.settings.dagProcessor,
            secrets: ["databaseConnection", "fernetKey", "gitConnection"],
            mounts: [...dagsMounts(args.settings), logsMount()],
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
