import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NamespaceNames } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import type { SharedVolume } from "./sharedVolumes";

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
    /** @param name The unique name of this component. */
    constructor(name: string, args: PersistentVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PersistentVolumes", name, args, opts);

        for (const volume of args.volumes) {
            for (const noun of volume.namespaces) {
                const namespace = args.namespaces[noun];
                new k8s.core.v1.PersistentVolume(
                    `${name}-${noun}-${volume.noun}`,
                    {
                        metadata: {
                            name: persistentVolumeName(namespace, volume.noun),
                            labels: objectLabels(args.instance, volume.noun),
                        },
                        spec: {
                            accessModes: [volume.accessMode],
                            capacity: { storage: volume.size },
                            claimRef: {
                                apiVersion: "v1",
                                kind: "PersistentVolumeClaim",
                                namespace,
                                name: volume.claimName,
                            },
                            hostPath: { path: volume.hostPath, type: "DirectoryOrCreate" },
                            persistentVolumeReclaimPolicy: "Retain",
                            storageClassName: "",
                        },
                    },
                    { parent: this },
                );
            }
        }

        this.registerOutputs({});
    }
}
