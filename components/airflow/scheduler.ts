import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { names, ports } from "../kubernetes/names";
import { httpCheck } from "../kubernetes/probes";
import { logsMount, type Mount } from "../pods/airflowPod";
import { sharesVolumes } from "../settings/storageSettings";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { heartbeat } from "./heartbeat";
import { processDeployment } from "./processDeployment";

/** Arguments of {@link Scheduler}. */
export interface SchedulerArgs extends AirflowProcessArgs {
    /** The templates of task pods. */
    readonly templates: Mount;
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
            loadsPlugins: true,
            objectName: names.scheduler,
            account: "scheduler",
            process: args.settings.scheduler,
            environment: {
                AIRFLOW_KUBERNETES_FAILED_POD_SECONDS: String(args.settings.workers.keepFailedPodsSeconds),
                // Why a pod failed is for the log of its task. Where no volume is shared, it goes where the other logs go.
                ...(!sharesVolumes(args.settings) && { AIRFLOW_KUBERNETES_UPLOAD_LOGS: "True" }),
            },
            secrets: [
                "databaseConnection",
                "fernetKey",
                "jwtKey",
                ...(sharesVolumes(args.settings) ? [] : (["logsConnection"] as const)),
            ],
            mounts: [...dagsMounts(args.settings), logsMount(args.settings.storage), args.templates],
            serviceAccountToken: true,
            port: { name: "health", containerPort: ports.schedulerHealth },
            // The next scheduler adopts the running tasks however this one ends, so there is nothing to wait for.
            terminationGracePeriodSeconds: 10,
            // The endpoint reports a database that is away as a fault of the scheduler.
            health: {
                ...heartbeat("SchedulerJob"),
                startupCheck: httpCheck(ports.schedulerHealth, "/health"),
                startupPeriodSeconds: 3,
            },
        });
        processDeployment(name, workload, this);

        this.registerOutputs({});
    }
}
