import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { packagesMounts } from "../dags/dagsMounts";
import { packagesEnvironment } from "../dags/packages/packagesEnvironment";
import { objectLabels } from "../kubernetes/labels";
import { goesWith, type PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedWithData } from "../kubernetes/replacement";
import { script } from "../kubernetes/script";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { airflowJob } from "../pods/airflowJob";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";

/** Arguments of {@link LocalSettings}. */
export interface LocalSettingsArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly settings: AirflowSettings;
    /** The user's Python. */
    readonly text: pulumi.Input<string>;
    /** What has to be there before it is looked at: accounts, and the packages that it may import. */
    readonly after: pulumi.Resource[];
}

/** The file's name, which is that of its module, too. */
const fileName = "airflow_local_settings.py";

/**
 * The user's `airflow_local_settings.py` in a ConfigMap for the processes and one for tasks, and a Job that imports it before any
 * of them does: a fault in it ends the update in one sentence, where it would otherwise end every process.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html#configuring-local-settings
 */
export class LocalSettings extends pulumi.ComponentResource {
    /** Where processes find it. */
    public readonly mount: Mount;
    /** Where tasks find it. */
    public readonly workerMount: Mount;

    /** @param name The unique name of this component. */
    constructor(name: string, args: LocalSettingsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:LocalSettings", name, {}, opts);

        const { instance, settings, text } = args;
        const { airflow, workers } = args.namespaces;
        // Named by the provider: a changed text is a new ConfigMap, which rolls the processes.
        const file = (noun: string, namespace: PlacedNamespace, more: pulumi.CustomResourceOptions = {}) =>
            localSettingsMount(
                new k8s.core.v1.ConfigMap(
                    `${name}-${noun}`,
                    {
                        metadata: {
                            namespace: namespace.metadata.name,
                            labels: objectLabels(instance, "local-settings"),
                        },
                        data: { [fileName]: text },
                    },
                    { parent: this, ...replacedWithData, ...more },
                ).metadata.name,
            );
        this.mount = file("airflow", airflow);
        // Pods of tasks that still wait for a node name the file of before.
        this.workerMount = file("workers", workers, goesWith(workers));
        airflowJob(
            `${name}-check-job`,
            {
                instance,
                namespace: airflow,
                airflow: settings.airflow,
                noun: "check-local-settings",
                script: script(__dirname, "check_local_settings.py"),
                args: [paths.localSettings],
                // Airflow would otherwise write a file of options, and the image look for a database.
                environment: {
                    AIRFLOW_CONFIG: "/dev/null",
                    CONNECTION_CHECK_MAX_COUNT: "0",
                    ...packagesEnvironment(settings),
                },
                mounts: [...packagesMounts(settings), this.mount],
                deadlineSeconds: 600,
                trigger: text,
            },
            { parent: this, dependsOn: args.after },
        );

        this.registerOutputs({});
    }
}

/** The file of a ConfigMap in the folder where Airflow's image has it. Of the rest of that folder nothing is hidden. */
export function localSettingsMount(configMap: pulumi.Input<string>): Mount {
    return {
        volume: { name: "local-settings", configMap: { name: configMap } },
        mount: { name: "local-settings", mountPath: paths.localSettings, subPath: fileName, readOnly: true },
    };
}
