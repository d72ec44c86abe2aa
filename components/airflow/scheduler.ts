import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names, ports } from "../kubernetes/names";
import { httpCheck } from "../kubernetes/probes";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount } from "./airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";
import type { WorkerTemplates } from "./workerTemplates";

/** Arguments of {@link Scheduler}. */
export interface SchedulerArgs extends AirflowProcessArgs {
    readonly templates: WorkerTemplates;
}

/**
 * The scheduler, which makes a pod for each task.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/scheduler.html
 */
export class Scheduler extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: SchedulerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Scheduler", name, {}, opts);

        const workload = airflowWorkload({
            ...args,
            command: "scheduler",
            endsWithoutDatabase: true,
            objectName: names.scheduler,
            process: args.settings.scheduler,
            secrets: ["databaseConnection", "fernetKey", "jwtSecret"],
            mounts: [...dagsMounts(args.settings), logsMount(args.settings.storage.claims), args.templates.all],
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
