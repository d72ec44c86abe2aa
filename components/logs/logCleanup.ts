import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { airflowPodSpec, logsMount } from "../airflow/airflowPod";
import { plainEnvironment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { noServiceMesh } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { parseQuantity } from "../kubernetes/quantity";
import { script } from "../kubernetes/script";
import { mergePodTemplate } from "../pods/podTemplate";

/** Arguments of {@link LogCleanup}. */
export interface LogCleanupArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
}

/** Bytes that all logs together may have: what is set, or four fifths of their volume. */
export function maximumLogBytes({ logs, storage }: AirflowSettings): number {
    const size = logs.maximumSize === undefined ? undefined : parseQuantity(logs.maximumSize);
    return Math.floor(size ?? (parseQuantity(storage.logsSize) ?? 0) * 0.8);
}

/**
 * A CronJob that keeps the volume of logs from filling up: one for all pods, on the volume that they share.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
export class LogCleanup extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: LogCleanupArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:LogCleanup", name, {}, opts);

        const { settings } = args;
        const { image, imagePullSecrets } = settings.airflow;
        const labels = objectLabels(args.instance, "log-cleanup");
        new k8s.batch.v1.CronJob(
            `${name}-cron-job`,
            {
                metadata: { name: names.logCleanup, namespace: args.namespace.metadata.name, labels },
                spec: {
                    schedule: settings.logs.cleanupSchedule,
                    concurrencyPolicy: "Forbid",
                    // One that was missed is made up for by the next.
                    startingDeadlineSeconds: 600,
                    successfulJobsHistoryLimit: 1,
                    failedJobsHistoryLimit: 1,
                    jobTemplate: {
                        metadata: { labels },
                        spec: {
                            backoffLimit: 0,
                            activeDeadlineSeconds: 3000,
                            template: mergePodTemplate(
                                {
                                    metadata: { labels, annotations: noServiceMesh },
                                    spec: airflowPodSpec({
                                        serviceAccount: names.jobs,
                                        imagePullSecrets,
                                        mounts: [logsMount(settings.storage.claims)],
                                        pod: { restartPolicy: "Never", terminationGracePeriodSeconds: 5 },
                                        container: {
                                            name: "log-cleanup",
                                            image,
                                            // Not by way of the image's entrypoint: this is no Airflow, and starts at once.
                                            command: ["python", "-c", script(__dirname, "cleanup_logs.py")],
                                            env: plainEnvironment({
                                                LOGS: paths.logs,
                                                MAXIMUM_BYTES: String(maximumLogBytes(settings)),
                                                RETENTION_SECONDS: String(settings.logs.retentionDays * 86_400),
                                            }),
                                            resources,
                                        },
                                    }),
                                },
                                [settings.airflow.podTemplate, settings.airflow.jobs.podTemplate],
                            ),
                        },
                    },
                },
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}

/** It remembers every file while it runs: some hundred bytes for each. */
const resources = { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "500m", memory: "512Mi" } };
