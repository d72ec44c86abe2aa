import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../../kubernetes/known";
import { objectLabels } from "../../kubernetes/labels";
import type { PlacedNamespace } from "../../kubernetes/placedNamespace";
import { replacedWithData } from "../../kubernetes/replacement";
import { script } from "../../kubernetes/script";
import { type AirflowJob, airflowJob } from "../../pods/airflowJob";
import { dagsMount } from "../../pods/airflowPod";
import { paths } from "../../pods/paths";
import type { CommonSettings } from "../../settings/airflowKubernetesDefaults";
import type { DagsVolumeSettings } from "../../settings/dagsSettings";
import type { SharedClaims } from "../../settings/storageSettings";
import { type DagsArchive, packDags } from "./dagsArchive";
import { copyContainer, copyDirectory, copyMount } from "./dagsCopy";
import { withUnpacked } from "./tarFile";

/** Arguments of {@link DagsLoader}. */
export interface DagsLoaderArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    readonly volume: DagsVolumeSettings;
    readonly claims: SharedClaims;
}

/** Fields of the loading Job that depend on the source of the DAGs. */
type Source = Pick<AirflowJob, "args" | "mounts" | "initContainers">;

/** Where the Job finds the parts of the archive. */
const archiveDirectory = "/archive";

/**
 * Brings DAGs onto the shared volume. Files of this machine travel in ConfigMaps whose names carry their digest, and so does
 * the Job that unpacks them: changed files are a new Job, the same files are no change. Files of an image are copied by a
 * container of that image, and another name of the image is a new Job.
 */
export class DagsLoader extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: DagsLoaderArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DagsLoader", name, {}, opts);

        const { image, imagePath, archive, folder } = args.volume;
        const source =
            image !== undefined && imagePath !== undefined
                ? fromImage(image, imagePath)
                : this.fromArchive(
                      name,
                      args,
                      archive === undefined ? packDags(folder ?? "") : withUnpacked(archive, packDags),
                  );
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.airflow,
                noun: "load-dags",
                script: script(__dirname, "load_dags.py"),
                // Without it the image would look for the database.
                environment: { CONNECTION_CHECK_MAX_COUNT: "0" },
                deadlineSeconds: 300,
                ...source,
                mounts: [dagsMount(args.claims, false), ...(source.mounts ?? [])],
            },
            { parent: this },
        );

        this.registerOutputs({});
    }

    /** Sends an archive through the Kubernetes API. */
    private fromArchive(name: string, args: DagsLoaderArgs, { digest, parts }: DagsArchive): Source {
        const number = (index: number) => String(index).padStart(3, "0");
        const archive = parts.map(
            (part, index) =>
                new k8s.core.v1.ConfigMap(
                    `${name}-archive-${number(index)}`,
                    {
                        metadata: {
                            namespace: args.namespace.metadata.name,
                            labels: objectLabels(args.instance, "load-dags"),
                        },
                        immutable: true,
                        binaryData: { [`dags.${number(index)}`]: part },
                    },
                    { parent: this, ...replacedWithData },
                ),
        );
        return {
            args: ["archive", archiveDirectory, paths.dags, digest],
            mounts: [
                {
                    volume: {
                        name: "archive",
                        projected: { sources: archive.map((part) => ({ configMap: { name: part.metadata.name } })) },
                    },
                    mount: { name: "archive", mountPath: archiveDirectory, readOnly: true },
                },
            ],
        };
    }
}

/** Copies a folder of an image before the load begins. */
function fromImage(image: pulumi.Input<string>, imagePath: pulumi.Input<string>): Source {
    return {
        args: [
            "image",
            copyDirectory,
            paths.dags,
            mapInput({ image, imagePath }, (known) => `${known.imagePath} in the image ${known.image}`),
        ],
        initContainers: [copyContainer(image, imagePath)],
        mounts: [copyMount],
    };
}
