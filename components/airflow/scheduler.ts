import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { dagsMounts } from "../dags/dagsMounts";
import { objectLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { httpCheck } from "../kubernetes/probes";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount } from "./airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";
import { paths } from "./paths";
import { workerPodTemplate } from "./workerPodTemplate";

/** Python's YAML is version 1.1, to which a plain `no` or `on` is no text. */
const asPythonReads = { version: "1.1" } as const;

/**
 * The scheduler, which makes a pod for each task, and the template of these pods.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/scheduler.html
 */
export class Scheduler extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Scheduler", name, {}, opts);

        // Named by the provider: a changed template is a new ConfigMap, which rolls the scheduler that reads it.
        const template = new k8s.core.v1.ConfigMap(
            `${name}-pod-template`,
            {
                metadata: {
                    namespace: args.namespace.metadata.name,
                    labels: objectLabels(args.instance, "scheduler"),
                },
                data: {
                    "worker.yaml": pulumi
                        .output(workerPodTemplate(args.instance, args.settings))
                        .apply((pod) =>
                            stringify(pod, { ...asPythonReads, sortMapEntries: true, aliasDuplicateObjects: false }),
                        ),
                },
            },
            { parent: this },
        );
        const workload = airflowWorkload({
            ...args,
            command: "scheduler",
            endsWithoutDatabase: true,
            objectName: names.scheduler,
            process: args.settings.scheduler,
            secrets: ["databaseConnection", "fernetKey", "jwtSecret"],
            mounts: [
                ...dagsMounts(args.settings),
                logsMount(args.settings.storage.claims),
                {
                    volume: { name: "pod-template", configMap: { name: template.metadata.name } },
                    mount: { name: "pod-template", mountPath: paths.podTemplateDirectory, readOnly: true },
                },
            ],
            serviceAccountToken: true,
            port: { name: "health", containerPort: ports.schedulerHealth },
            // The next scheduler adopts the running tasks however this one ends, so there is nothing to wait for.
            terminationGracePeriodSeconds: 10,
            // The endpoint takes a database that is away for a fault of the scheduler.
            health: {
                ...heartbeat("SchedulerJob"),
                startupCheck: httpCheck(ports.schedulerHealth, "/health"),
                startupPeriodSeconds: 3,
            },
        });
        new k8s.apps.v1.Deployment(
            `${name}-deployment`,
            {
                metadata: workload.metadata,
                spec: { replicas: workload.replicas, selector: workload.selector, template: workload.template },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        disruptionBudget(name, workload, this);

        this.registerOutputs({});
    }
}
