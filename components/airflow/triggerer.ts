import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names, ports } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount } from "./airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";

/**
 * The triggerer, which waits on behalf of deferred tasks. It is a StatefulSet for its stable host name only: the api-server
 * reads the log of a deferred task from it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html
 */
export class Triggerer extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Triggerer", name, {}, opts);

        const workload = airflowWorkload({
            ...args,
            command: "triggerer",
            objectName: names.triggerer,
            process: args.settings.triggerer,
            secrets: ["databaseConnection", "fernetKey", "apiSecretKey", "logsConnection"],
            mounts: [...dagsMounts(args.settings), logsMount()],
            port: { name: "logs", containerPort: ports.triggererLogs },
            terminationGracePeriodSeconds: 30,
            health: heartbeat("TriggererJob"),
        });
        const { metadata, replicas, selector, template } = workload;
        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: {
                    clusterIP: "None",
                    selector: selector.matchLabels,
                    ports: [{ name: "logs", port: ports.triggererLogs, targetPort: "logs" }],
                },
            },
            { parent: this },
        );
        new k8s.apps.v1.StatefulSet(
            `${name}-stateful-set`,
            {
                metadata,
                spec: {
                    serviceName: names.triggerer,
                    podManagementPolicy: "Parallel",
                    replicas,
                    selector,
                    template,
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        disruptionBudget(name, workload, this);

        this.registerOutputs({});
    }
}
