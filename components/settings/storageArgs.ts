import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../kubernetes/resourcesArgs";

/** Kinds of storage for the shared volumes. All but `none` are for hosting `readWriteMany`. */
export enum StorageKind {
    /** An NFS server in the cluster, made by the component on a disk of its own. */
    NfsServer = "nfsServer",
    /** An NFS server that exists. */
    Nfs = "nfs",
    /** A volume of a CSI driver, such as those for EFS, Azure Files and Filestore. */
    Csi = "csi",
    /** A StorageClass whose driver makes ReadWriteMany volumes. */
    StorageClass = "storageClass",
    /** Claims that exist in the namespaces, on volumes that whoever made them has prepared. Nothing of the component's is made. */
    Claims = "claims",
    /** No shared volumes: DAGs come with the image or from a repository that Airflow reads, logs go to `logs.remote`. */
    None = "none",
}

/** Volumes of DAGs and logs. */
export interface StorageArgs {
    /**
     * Directory of the node that holds the volumes, when hosting is `minikube`. minikube keeps what is under `/data`
     * over a restart of the node.
     * @default - `/data/<namespaces.airflow>`
     * @see https://minikube.sigs.k8s.io/docs/handbook/persistent_volumes/
     */
    readonly hostPath?: pulumi.Input<string>;
    /**
     * Kind of storage, when hosting is `readWriteMany`; with both kinds of hosting, `none` for no shared volumes.
     * @default StorageKind.NfsServer
     */
    readonly kind?: StorageKind;
    /**
     * Size of the volume of DAGs, a Kubernetes quantity.
     * @default "1Gi"
     */
    readonly dagsSize?: pulumi.Input<string>;
    /**
     * Size of the volume of logs, a Kubernetes quantity. With the kind `none`, what the logs of one pod may have on its node.
     * @default "10Gi", with the kind `none` 1Gi
     */
    readonly logsSize?: pulumi.Input<string>;
    /**
     * Mount options of the shared volumes, when hosting is `readWriteMany`.
     * @default - for NFS `nfsvers=4.1`, `hard`, `noatime` and `actimeo=5`; else none
     * @see https://man7.org/linux/man-pages/man5/nfs.5.html
     */
    readonly mountOptions?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Whether a Job as root gives the roots of the volumes to Airflow's user (50000, group 0). Turn it off for an export that
     * squashes root, and prepare the directories there.
     * @default - true, but for the kind `claims` and with `podSecurity.user` `platform`
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
    readonly storageClass?: pulumi.Input<string>;
    /**
     * Namespace left by an earlier installation, for the kind `storageClass`: its claims `airflow-dags` and `airflow-logs` are
     * reused. The output `retained` names it.
     * @default - a new namespace with new claims
     * @see docs/storage.md#go-on-with-what-was-left
     */
    readonly existingNamespace?: pulumi.Input<string>;
    /** Settings of the kind `claims`. */
    readonly claims?: ClaimsArgs;
}

/**
 * Claims that exist, together with `namespaces.create: false`. Both namespaces see the same two directories.
 *
 * @see docs/shared-clusters.md#claims-that-exist
 */
export interface ClaimsArgs {
    /** In Airflow's namespace. */
    readonly airflow: AirflowClaimNamesArgs;
    /** In the workers' namespace. */
    readonly workers: ClaimNamesArgs;
}

/** Names of claims in one namespace. */
export interface ClaimNamesArgs {
    /** On the volume of DAGs. */
    readonly dags: pulumi.Input<string>;
    /** On the volume of logs. */
    readonly logs: pulumi.Input<string>;
}

/** Names of claims in Airflow's namespace. */
export interface AirflowClaimNamesArgs extends ClaimNamesArgs {
    /**
     * On the volume of backups, which the workers' namespace has no claim on.
     * @default - none; needed by `database.backup` without a bucket
     */
    readonly backups?: pulumi.Input<string>;
}

/** A claim that exists. Its place is plain text: it decides which objects are made, before any is. */
export interface ExistingClaimArgs {
    /** Its namespace. */
    readonly namespace: string;
    /** Its name. */
    readonly name: string;
}

/** The NFS server in the cluster, NFS-Ganesha. */
export interface NfsServerArgs {
    /**
     * Image with `ganesha.nfsd`, its VFS backend, `nfs-ls` and a shell; with a tag or digest. No public image is maintained;
     * the repository of this component has a recipe, images/nfs-ganesha.
     * @default - none; needed by the kind `nfsServer`
     */
    readonly image?: pulumi.Input<string>;
    /**
     * Addresses and CIDRs of the nodes, which mount the volumes: the server refuses all others. NFS trusts the user that a
     * client names, so every client can read and change all DAGs and logs.
     * @default - everybody is served, and a warning says so
     */
    readonly clients?: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Size of its disk, a Kubernetes quantity.
     * @default - the sizes of the shared volumes together
     */
    readonly size?: pulumi.Input<string>;
    /**
     * StorageClass of its disk.
     * @default - the cluster's default class
     */
    readonly storageClass?: pulumi.Input<string>;
    /**
     * Claim left by an earlier installation, whose data are to be reused. The output `retained` names it.
     * @default - a new claim
     * @see docs/storage.md#go-on-with-what-was-left
     */
    readonly existingClaim?: ExistingClaimArgs;
    /** CPU and memory. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of its pod. Its container is called `nfs-server`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** An NFS server that exists. */
export interface NfsArgs {
    /** Its address. A name must be one that the nodes can resolve, which those of the cluster's Services are not. */
    readonly server: pulumi.Input<string>;
    /** Exported directory. `dags`, `logs` and, with `database.backup`, `backups` are made in it. */
    readonly path: pulumi.Input<string>;
}

/**
 * A volume of a CSI driver. In `volumeHandle` and in the values of `volumeAttributes`, `{volume}` stands for `dags`, `logs` or, with
 * `database.backup`, `backups`, and `{namespace}` for the namespace that sees the volume. `{volume}` must come somewhere, or all
 * would share a directory.
 *
 * @see https://kubernetes.io/docs/concepts/storage/volumes/#csi
 */
export interface CsiArgs {
    /** Name of the driver, such as `efs.csi.aws.com`. */
    readonly driver: pulumi.Input<string>;
    /** Identifier of the volume for the driver. */
    readonly volumeHandle: pulumi.Input<string>;
    /**
     * Attributes for the driver.
     * @default - none
     */
    readonly volumeAttributes?: Record<string, pulumi.Input<string>>;
    /**
     * Secret that the driver needs to mount the volume on a node. You make it.
     * @default - none
     */
    readonly nodeStageSecret?: SecretReferenceArgs;
}

/** A Secret in a namespace. */
export interface SecretReferenceArgs {
    /** Its namespace. */
    readonly namespace: pulumi.Input<string>;
    /** Its name. */
    readonly name: pulumi.Input<string>;
}
