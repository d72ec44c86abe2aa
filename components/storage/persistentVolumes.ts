import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { goesWith, type PlacedNamespace } from "../kubernetes/placedNamespace";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import type { NamespaceNames } from "../settings/airflowKubernetesDefaults";
import { type SharedVolume, viewsOf } from "./sharedVolumes";
import type { VolumeSource } from "./storageLocation";

/** Arguments of {@link PersistentVolumes}. */
export interface PersistentVolumesArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly namespaceNames: NamespaceNames;
    readonly volumes: SharedVolume[];
    /** Whether the sources of the volumes are read from the cluster. */
    readonly sourcesAreRead: boolean;
}

/** Fields of a volume that are not known in a preview when they are to be read again. */
const readSources = ["spec.csi", "spec.hostPath", "spec.nfs", "spec.mountOptions"];

type OwnerReference = k8s.types.input.meta.v1.OwnerReference;

/**
 * A namespace as the owner of a volume, where the component makes it. Manifests that are only written have no owner in them:
 * Kubernetes removes at once what belongs to an object of another identity.
 */
function ownedBy({ made }: PlacedNamespace): { ownerReferences?: pulumi.Output<OwnerReference[]> } {
    if (made === undefined) {
        return {};
    }
    const { name, uid } = made.metadata;
    return {
        ownerReferences: pulumi
            .all([name, uid])
            .apply(([known, id]) => (id ? [{ apiVersion: "v1", kind: "Namespace", name: known, uid: id }] : [])),
    };
}

/** Name of a namespace's volume: that of its claim, which carries a hash of the source. */
export function persistentVolumeName(namespace: string, { claimName }: SharedVolume): pulumi.Input<string> {
    return mapInput(claimName, (known) => `${namespace}-${known.replace(/^airflow-/, "")}`);
}

/** What a namespace's volume is found by among all of them. */
export function viewKey(namespace: keyof NamespaceNames, { noun }: SharedVolume): string {
    return `${namespace}-${noun}`;
}

/**
 * A volume for each namespace on the same directory: a claim binds one volume, and belongs to one namespace.
 *
 * A volume is owned by the namespace that sees it. Neither Pulumi nor a person deletes it: a destroy removes the namespaces,
 * which take task pods and claims with them while the volumes still stand, and then Kubernetes removes what they owned. That
 * leaves the data. In a namespace that somebody else made, Pulumi deletes claim and volume. The volumes of a source that is no
 * longer used stay as long as their namespace does, because any task may still use them.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
 */
export class PersistentVolumes extends pulumi.ComponentResource {
    /** The volumes, by {@link viewKey}. */
    public readonly volumes: Readonly<Record<string, k8s.core.v1.PersistentVolume>>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PersistentVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PersistentVolumes", name, {}, opts);

        const volumes = args.volumes.flatMap((volume) =>
            viewsOf(volume).map(([noun, { source, accessMode }]) => {
                const namespace = args.namespaceNames[noun];
                const owner = args.namespaces.of(noun);
                const resource = new k8s.core.v1.PersistentVolume(
                    `${name}-${noun}-${volume.noun}`,
                    {
                        metadata: {
                            name: persistentVolumeName(namespace, volume),
                            labels: objectLabels(args.instance, volume.noun),
                            ...ownedBy(owner),
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
                        ...goesWith(owner),
                        ignoreChanges: ["spec.capacity", ...(args.sourcesAreRead ? readSources : [])],
                    },
                );
                return [viewKey(noun, volume), resource] as const;
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

/** Whether it is a read-only NFS volume. The kubelet looks at the pod for that, and not at the volume. */
function isReadOnlyNfs({ nfs }: VolumeSource): boolean {
    return nfs !== undefined && "readOnly" in nfs && nfs.readOnly === true;
}
