import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NamespaceNames } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import { type SharedVolume, viewsOf } from "./sharedVolumes";

/** Arguments of {@link PersistentVolumes}. */
export interface PersistentVolumesArgs {
    readonly instance: string;
    readonly namespaces: NamespaceNames;
    readonly volumes: SharedVolume[];
}

/** Name of the volume that one namespace sees. */
export function persistentVolumeName(namespace: string, noun: string): string {
    return `${namespace}-${noun}`;
}

/**
 * A volume for each namespace on the same directory: a claim binds one volume, and belongs to one namespace. They are
 * reserved for their claims by plain names, because they are made before the namespaces: destroyed in reverse, the
 * namespaces then take claims and task pods with them while the volumes still stand. Deleting them leaves the data.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume
 */
export class PersistentVolumes extends pulumi.ComponentResource {
    /** The volumes, by {@link persistentVolumeName}. */
    public readonly volumes: Readonly<Record<string, k8s.core.v1.PersistentVolume>>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PersistentVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PersistentVolumes", name, {}, opts);

        const volumes = args.volumes.flatMap((volume) =>
            viewsOf(volume).map(([noun, { source, accessMode }]) => {
                const namespace = args.namespaces[noun];
                const volumeName = persistentVolumeName(namespace, volume.noun);
                const resource = new k8s.core.v1.PersistentVolume(
                    `${name}-${noun}-${volume.noun}`,
                    {
                        metadata: { name: volumeName, labels: objectLabels(args.instance, volume.noun) },
                        spec: {
                            ...source,
                            accessModes: [accessMode],
                            capacity: { storage: volume.size },
                            claimRef: {
                                apiVersion: "v1",
                                kind: "PersistentVolumeClaim",
                                namespace,
                                name: volume.claimName,
                            },
                            ...withOptions(volume.mountOptions),
                            persistentVolumeReclaimPolicy: "Retain",
                            storageClassName: "",
                        },
                    },
                    { parent: this },
                );
                return [volumeName, resource] as const;
            }),
        );

        this.volumes = Object.fromEntries(volumes);
        this.registerOutputs({});
    }
}

/** Mount options, unless it is known that there are none. */
function withOptions(options: SharedVolume["mountOptions"]): { mountOptions?: pulumi.Output<string[]> } {
    const none = Array.isArray(options) && options.length === 0;
    return none ? {} : { mountOptions: pulumi.output(options).apply((known) => [...(known ?? [])]) };
}
