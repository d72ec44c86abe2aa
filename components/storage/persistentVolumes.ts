import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NamespaceNames } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { type SharedVolume, viewsOf } from "./sharedVolumes";
import type { VolumeSource } from "./storageLocation";

/** Arguments of {@link PersistentVolumes}. */
export interface PersistentVolumesArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly namespaceNames: NamespaceNames;
    readonly volumes: SharedVolume[];
    /** Whether what the volumes are made of is read from the cluster. */
    readonly sourcesAreRead: boolean;
}

/** Fields of a volume that are not known in a preview when they are to be read again. */
const readSources = ["spec.csi", "spec.hostPath", "spec.nfs", "spec.mountOptions"];

/**
 * A namespace as the owner of a volume. Manifests that are only written have no owner in them: Kubernetes removes at once what
 * belongs to an object of another identity.
 */
function ownedBy({ metadata }: k8s.core.v1.Namespace): pulumi.Output<k8s.types.input.meta.v1.OwnerReference[]> {
    return pulumi
        .all([metadata.name, metadata.uid])
        .apply(([name, uid]) => (uid ? [{ apiVersion: "v1", kind: "Namespace", name, uid }] : []));
}

/** Name of the volume that one namespace sees: as of its claim, which carries a hash of what it is made of. */
export function persistentVolumeName(namespace: string, { claimName }: SharedVolume): string {
    return `${namespace}-${claimName.replace(/^airflow-/, "")}`;
}

/**
 * A volume for each namespace on the same directory: a claim binds one volume, and belongs to one namespace.
 *
 * A volume is owned by the namespace that sees it. Neither Pulumi nor a person deletes it: a destroy removes the namespaces,
 * which take task pods and claims with them while the volumes still stand, and then Kubernetes removes what they owned. That
 * leaves the data. The volumes of a source that is no longer used stay as long as their namespace does, because any task may
 * still use them.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
 */
export class PersistentVolumes extends pulumi.ComponentResource {
    /** The volumes, by {@link persistentVolumeName}. */
    public readonly volumes: Readonly<Record<string, k8s.core.v1.PersistentVolume>>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PersistentVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PersistentVolumes", name, {}, opts);

        const volumes = args.volumes.flatMap((volume) =>
            viewsOf(volume).map(([noun, { source, accessMode }]) => {
                const namespace = args.namespaceNames[noun];
                const owner = args.namespaces[noun];
                const volumeName = persistentVolumeName(namespace, volume);
                const resource = new k8s.core.v1.PersistentVolume(
                    `${name}-${noun}-${volume.noun}`,
                    {
                        metadata: {
                            name: volumeName,
                            labels: objectLabels(args.instance, volume.noun),
                            ownerReferences: ownedBy(owner),
                        },
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
                            ...withOptions(volume.mountOptions, isReadOnlyNfs(source)),
                            persistentVolumeReclaimPolicy: "Retain",
                            storageClassName: "",
                        },
                    },
                    // The size of a directory is no more than a label, and a claim in use cannot follow it. What a class has made
                    // is read again at each update, and is the same.
                    {
                        parent: this,
                        deletedWith: owner,
                        retainOnDelete: true,
                        ignoreChanges: ["spec.capacity", ...(args.sourcesAreRead ? readSources : [])],
                    },
                );
                return [volumeName, resource] as const;
            }),
        );

        this.volumes = Object.fromEntries(volumes);
        this.registerOutputs({});
    }
}

/** Mount options, unless it is known that there are none. */
function withOptions(
    options: SharedVolume["mountOptions"],
    isReadOnly: boolean,
): { mountOptions?: pulumi.Output<string[]> } {
    const own = isReadOnly ? ["ro"] : [];
    const none = Array.isArray(options) && options.length === 0 && !isReadOnly;
    return none ? {} : { mountOptions: pulumi.output(options).apply((known) => [...(known ?? []), ...own]) };
}

/** Whether it is an NFS volume to read from only. The kubelet looks at the pod for that, and not at the volume. */
function isReadOnlyNfs({ nfs }: VolumeSource): boolean {
    return nfs !== undefined && "readOnly" in nfs && nfs.readOnly === true;
}
