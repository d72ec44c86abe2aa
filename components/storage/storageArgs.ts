import type * as k8s from "@pulumi/kubernetes";
import type { ResourcesArgs } from "../airflowKubernetesArgs";

/** What the shared volumes are made of, when hosting is `readWriteMany`. */
export enum StorageKind {
    /** An NFS server in the cluster, made by the component on a disk of its own. */
    NfsServer = "nfsServer",
    /** An NFS server that exists. */
    Nfs = "nfs",
    /** A volume of a CSI driver, such as those for EFS, Azure Files and Filestore. */
    Csi = "csi",
    /** A StorageClass whose driver makes ReadWriteMany volumes. */
    StorageClass = "storageClass",
}

/** Volumes of DAGs and logs. */
export interface StorageArgs {
    /**
     * Directory of the node that holds the volumes, when hosting is `minikube`. minikube keeps what is under `/data`
     * over a restart of the node.
     * @default - `/data/<namespaces.airflow>`
     * @see https://minikube.sigs.k8s.io/docs/handbook/persistent_volumes/
     */
    readonly hostPath?: string;
    /**
     * What the volumes are made of, when hosting is `readWriteMany`.
     * @default StorageKind.NfsServer
     */
    readonly kind?: StorageKind;
    /**
     * Size of the volume of DAGs, a Kubernetes quantity.
     * @default "1Gi"
     */
    readonly dagsSize?: string;
    /**
     * Size of the volume of logs, a Kubernetes quantity.
     * @default "10Gi"
     */
    readonly logsSize?: string;
    /**
     * Mount options of the shared volumes, when hosting is `readWriteMany`.
     * @default - for NFS `nfsvers=4.1`, `hard`, `noatime` and `actimeo=5`; else none
     * @see https://man7.org/linux/man-pages/man5/nfs.5.html
     */
    readonly mountOptions?: string[];
    /**
     * Whether a Job as root gives the roots of the volumes to Airflow's user (50000, group 0). Turn it off for an export that
     * squashes root, and prepare the directories there.
     * @default true
     */
    readonly fixPermissions?: boolean;
    /** Settings of the kind `nfsServer`. */
    readonly nfsServer?: NfsServerArgs;
    /** Settings of the kind `nfs`. */
    readonly nfs?: NfsArgs;
    /** Settings of the kind `csi`. */
    readonly csi?: CsiArgs;
    /**
     * Name of the class, for the kind `storageClass`.
     * @default - none; needed
     */
    readonly storageClass?: string;
    /**
     * The namespace of an installation before that holds the claims `airflow-dags` and `airflow-logs`, to go on with their data,
     * for the kind `storageClass`. The stack output `retained` names it.
     * @default - a new namespace with new claims
     */
    readonly existingNamespace?: string;
}

/** A claim that exists. */
export interface ExistingClaimArgs {
    /** Its namespace. */
    readonly namespace: string;
    /** Its name. */
    readonly name: string;
}

/** The NFS server in the cluster, NFS-Ganesha. */
export interface NfsServerArgs {
    /**
     * Image with `ganesha.nfsd`, its VFS backend, `nfs-ls` and a shell; with a tag or digest. images/nfs-ganesha builds one; no
     * public image is maintained.
     * @default - none; needed by the kind `nfsServer`
     */
    readonly image?: string;
    /**
     * Addresses and CIDRs of the nodes, which do the mounting: the server serves no others. NFS believes the user that a client
     * names, so whoever is served can read and change all DAGs and logs.
     * @default - everybody is served, and a warning says so
     */
    readonly clients?: string[];
    /**
     * Size of its disk, a Kubernetes quantity.
     * @default - the sizes of the shared volumes together
     */
    readonly size?: string;
    /**
     * StorageClass of its disk.
     * @default - the cluster's default class
     */
    readonly storageClass?: string;
    /**
     * The claim of an installation before, to go on with its data. The stack output `retained` names it.
     * @default - a new claim
     */
    readonly existingClaim?: ExistingClaimArgs;
    /** CPU and memory. */
    readonly resources?: ResourcesArgs;
    /**
     * What is merged onto its pod. Its container is called `nfs-server`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** An NFS server that exists. */
export interface NfsArgs {
    /** Its address. A name must be one that the nodes can resolve, which those of the cluster's Services are not. */
    readonly server: string;
    /** Exported directory. `dags` and `logs` are made in it. */
    readonly path: string;
}

/**
 * A volume of a CSI driver. In `volumeHandle` and in the values of `volumeAttributes`, `{volume}` stands for `dags` or `logs`
 * and `{namespace}` for the namespace that sees the volume. `{volume}` must come somewhere, or both would share a directory.
 *
 * @see https://kubernetes.io/docs/concepts/storage/volumes/#csi
 */
export interface CsiArgs {
    /** Name of the driver, such as `efs.csi.aws.com`. */
    readonly driver: string;
    /** What the driver knows the volume by. */
    readonly volumeHandle: string;
    /**
     * Attributes for the driver.
     * @default - none
     */
    readonly volumeAttributes?: Record<string, string>;
    /**
     * Secret that the driver needs to mount the volume on a node. You make it.
     * @default - none
     */
    readonly nodeStageSecret?: SecretReferenceArgs;
}

/** A Secret in a namespace. */
export interface SecretReferenceArgs {
    /** Its namespace. */
    readonly namespace: string;
    /** Its name. */
    readonly name: string;
}
