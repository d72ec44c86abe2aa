import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { airflowJob } from "../airflow/airflowJob";
import { dagsMount } from "../airflow/airflowPod";
import { paths } from "../airflow/paths";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { script } from "../kubernetes/script";
import { packDags } from "./dagsArchive";

/** Arguments of {@link DagsLoader}. */
export interface DagsLoaderArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly airflow: CommonSettings;
    /** Folder on the machine that runs Pulumi. */
    readonly folder: string;
}

/** Where the Job finds the parts of the archive. */
const archiveDirectory = "/archive";

/**
 * Brings a folder of DAGs onto the shared volume. The files travel in ConfigMaps whose names carry their digest, and so does
 * the Job that unpacks them: changed files are a new Job, the same files are no change.
 */
export class DagsLoader extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: DagsLoaderArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DagsLoader", name, {}, opts);

        const { digest, parts } = packDags(args.folder);
        const number = (index: number) => String(index).padStart(3, "0");
        const archive = parts.map(
            (part, index) =>
                new k8s.core.v1.ConfigMap(
                    `${name}-archive-${number(index)}`,
                    {
                        metadata: {
                            name: `${names.dags}-${digest.slice(0, 10)}-${number(index)}`,
                            namespace: args.namespace.metadata.name,
                            labels: objectLabels(args.instance, "load-dags"),
                        },
                        immutable: true,
                        binaryData: { [`dags.${number(index)}`]: part },
                    },
                    { parent: this },
                ),
        );
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.airflow,
                noun: "load-dags",
                script: script(__dirname, "load_dags.py"),
                args: [archiveDirectory, paths.dags, digest],
                // Without it the image would look for the database.
                environment: { CONNECTION_CHECK_MAX_COUNT: "0" },
                mounts: [
                    dagsMount(false),
                    {
                        volume: {
                            name: "archive",
                            projected: {
                                sources: archive.map((part) => ({ configMap: { name: part.metadata.name } })),
                            },
                        },
                        mount: { name: "archive", mountPath: archiveDirectory, readOnly: true },
                    },
                ],
                deadlineSeconds: 300,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
