import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { noServiceMesh } from "../kubernetes/annotations";
import { jobTries } from "../kubernetes/jobTries";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { script } from "../kubernetes/script";
import { airflowPodSpec } from "../pods/airflowPod";
import { plainEnvironment, userEnvironment } from "../pods/environment";
import { mergePodTemplate } from "../pods/podTemplate";
import { mountedScripts, scriptCommand } from "../pods/scriptFiles";
import type { DatabaseCleanupSettings } from "../settings/backupSettings";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJobEnvironment, secretEnvironment, secretMounts } from "./environment";

/** Arguments of {@link DatabaseCleanup}. */
export interface DatabaseCleanupPartArgs extends AirflowPartArgs {
    readonly cleanup: DatabaseCleanupSettings;
}

/** How long it goes on, in seconds. What is left then is a matter of its next run. */
const seconds = 3000;

/**
 * A CronJob that removes old rows of the database: runs of DAGs with all that belongs to them, events, sessions.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/usage-cli.html#purge-history-from-metadata-database
 */
export class DatabaseCleanup extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: DatabaseCleanupPartArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DatabaseCleanup", name, {}, opts);

        const { cleanup, instance, settings } = args;
        const { image, imagePullSecrets, jobs, podTemplate, podUser } = settings.airflow;
        const component = "db-cleanup";
        const labels = objectLabels(instance, component);
        const namespace = args.namespace.metadata.name;
        const file = "clean_database.py";
        const scripts = { [file]: script(__dirname, file) };
        const mount = mountedScripts(`${name}-scripts`, { instance, component, namespace, scripts }, { parent: this });
        const numbers = [cleanup.retentionDays, cleanup.batchSize, seconds].map(String);
        new k8s.batch.v1.CronJob(
            `${name}-cron-job`,
            {
                metadata: { name: names.databaseCleanup, namespace, labels },
                spec: {
                    schedule: cleanup.schedule,
                    concurrencyPolicy: "Forbid",
                    startingDeadlineSeconds: 8 * 3600,
                    successfulJobsHistoryLimit: 1,
                    failedJobsHistoryLimit: 1,
                    jobTemplate: {
                        metadata: { labels },
                        spec: {
                            ...jobTries,
                            activeDeadlineSeconds: seconds + 300,
                            // A failure is told of for some days, and not for ever.
                            ttlSecondsAfterFinished: 3 * 86_400,
                            template: mergePodTemplate(
                                {
                                    metadata: { labels, annotations: noServiceMesh },
                                    spec: airflowPodSpec({
                                        serviceAccount: jobs.serviceAccount,
                                        imagePullSecrets,
                                        podUser,
                                        mounts: [mount, ...secretMounts(args.keys, ["databaseConnection"])],
                                        pod: { restartPolicy: "Never" },
                                        container: {
                                            name: component,
                                            image,
                                            // Through the image's entrypoint, as every program that is Airflow.
                                            args: scriptCommand(file, ...numbers),
                                            ...userEnvironment(
                                                [
                                                    ...plainEnvironment({
                                                        ...databaseJobEnvironment(settings),
                                                        PYTHONUNBUFFERED: "1",
                                                    }),
                                                    ...secretEnvironment(args.keys, [
                                                        "databaseConnection",
                                                        "fernetKey",
                                                    ]),
                                                ],
                                                settings.airflow,
                                            ),
                                            resources: jobs.resources,
                                        },
                                    }),
                                },
                                [podTemplate, jobs.podTemplate],
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
