import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { noServiceMesh } from "../kubernetes/annotations";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { parseQuantity } from "../kubernetes/quantity";
import { withDisk } from "../kubernetes/resources";
import { script } from "../kubernetes/script";
import { airflowPodSpec, logsMount } from "../pods/airflowPod";
import { plainEnvironment } from "../pods/environment";
import { paths } from "../pods/paths";
import { mergePodTemplate } from "../pods/podTemplate";
import { mountedScripts, scriptCommand } from "../pods/scriptFiles";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";

/** Arguments of {@link LogCleanup}. */
export interface LogCleanupArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly settings: AirflowSettings;
}

/** Bytes that all logs together may have: what is set, or four fifths of their volume. */
export function maximumLogBytes({ logs, storage }: AirflowSettings): pulumi.Input<number> {
    return mapInput({ set: logs.maximumSize, volume: storage.logsSize }, ({ set, volume }) => {
        const size = set === undefined ? undefined : parseQuantity(set);
        return Math.floor(size ?? (parseQuantity(volume) ?? 0) * 0.8);
    });
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
        const component = "log-cleanup";
        const labels = objectLabels(args.instance, component);
        const namespace = args.namespace.metadata.name;
        const file = "cleanup_logs.py";
        const scripts = { [file]: script(__dirname, file) };
        const scriptsMount = mountedScripts(
            `${name}-scripts`,
            { instance: args.instance, component, namespace, scripts },
            { parent: this },
        );
        new k8s.batch.v1.CronJob(
            `${name}-cron-job`,
            {
                metadata: { name: names.logCleanup, namespace, labels },
                spec: {
                    schedule: settings.logs.cleanupSchedule,
                    concurrencyPolicy: "Forbid",
                    // The next run makes up for a missed one.
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
                                        serviceAccount: settings.airflow.jobs.serviceAccount,
                                        imagePullSecrets,
                                        mounts: [logsMount(settings.storage), scriptsMount],
                                        podUser: settings.airflow.podUser,
                                        pod: { restartPolicy: "Never", terminationGracePeriodSeconds: 5 },
                                        container: {
                                            name: "log-cleanup",
                                            image,
                                            // Without the image's entrypoint: this is not Airflow, and starts at once.
                                            command: scriptCommand(file),
                                            env: plainEnvironment({
                                                LOGS: paths.logs,
                                                MAXIMUM_BYTES: mapInput(maximumLogBytes(settings), String),
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
const resources = withDisk(
    { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
    "1Gi",
);
