import { Hosting } from "../airflowKubernetesArgs";
import { shortHash } from "../kubernetes/hash";
import { names } from "../kubernetes/names";
import { addQuantities } from "../kubernetes/quantity";
import { type ContainerResources, withResources } from "../kubernetes/resources";
import type { PodTemplatePatch } from "../pods/podTemplate";
import { type CsiArgs, type ExistingClaimArgs, type NfsArgs, type StorageArgs, StorageKind } from "./storageArgs";

/** {@link StorageArgs} with nothing left open. */
export interface StorageSettings {
    readonly hostPath: string;
    readonly kind: StorageKind;
    readonly dagsSize: string;
    readonly logsSize: string;
    readonly mountOptions: readonly string[];
    readonly fixPermissions: boolean;
    readonly nfsServer: NfsServerSettings;
    readonly nfs?: NfsArgs;
    readonly csi?: CsiArgs;
    readonly storageClass?: string;
    readonly existingNamespace?: string;
    /** Names of the claims on the shared volumes, the same in each namespace. */
    readonly claims: SharedClaims;
}

/** Names of the claims on the shared volumes. */
export interface SharedClaims {
    readonly dags: string;
    readonly logs: string;
    /** On the exported directory that holds both. */
    readonly shares: string;
}

/** Settings of the NFS server in the cluster. */
export interface NfsServerSettings {
    /** Empty when none is set. */
    readonly image: string;
    /** Everybody when it is left out. */
    readonly clients?: readonly string[];
    readonly size: string;
    readonly storageClass?: string;
    readonly existingClaim?: ExistingClaimArgs;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

// Attributes are kept for a short time only, or a changed DAG and the end of a running log would be seen a minute late.
const nfsMountOptions = ["nfsvers=4.1", "hard", "noatime", "actimeo=5"];

const nfsServerResources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "2", memory: "1Gi" } };

/**
 * Fills in every default of the storage.
 *
 * @param namespace Airflow's namespace, which no other installation has.
 */
export function storageSettings(args: StorageArgs = {}, hosting: Hosting, namespace: string): StorageSettings {
    const kind = args.kind ?? StorageKind.NfsServer;
    const dagsSize = args.dagsSize ?? "1Gi";
    const logsSize = args.logsSize ?? "10Gi";
    const isNfs = kind === StorageKind.NfsServer || kind === StorageKind.Nfs;
    const hostPath = args.hostPath ?? `/data/${namespace}`;
    return {
        hostPath,
        kind,
        dagsSize,
        logsSize,
        mountOptions: args.mountOptions ?? (isNfs ? nfsMountOptions : []),
        fixPermissions: args.fixPermissions ?? true,
        nfsServer: {
            image: args.nfsServer?.image ?? "",
            clients: args.nfsServer?.clients,
            size: args.nfsServer?.size ?? addQuantities(dagsSize, logsSize),
            storageClass: args.nfsServer?.storageClass,
            existingClaim: args.nfsServer?.existingClaim,
            resources: withResources(nfsServerResources, args.nfsServer?.resources),
            podTemplate: args.nfsServer?.podTemplate,
        },
        nfs: args.nfs,
        csi: args.csi,
        storageClass: args.storageClass,
        existingNamespace: args.existingNamespace,
        claims: sharedClaims(hosting === Hosting.Minikube ? { hostPath } : sourceOf(kind, args)),
    };
}

/** What the volumes of a kind are made of. Which of its disks a server or class uses makes no other volumes of them. */
function sourceOf(kind: StorageKind, { nfs, csi, nfsServer, storageClass }: StorageArgs): object {
    switch (kind) {
        case StorageKind.Nfs:
            return { kind, nfs };
        case StorageKind.Csi:
            return { kind, csi };
        case StorageKind.StorageClass:
            return { kind, storageClass };
        default:
            return { kind, storageClass: nfsServer?.storageClass };
    }
}

/**
 * A claim binds one volume for ever, and pods hold on to it. So another source has other claims, which are made beside those of
 * before and take their place when the pods are rolled out.
 */
function sharedClaims(source: object): SharedClaims {
    const hash = shortHash(source).slice(0, 6);
    return {
        dags: `${names.dags}-${hash}`,
        logs: `${names.logs}-${hash}`,
        shares: `${names.shares}-${hash}`,
    };
}
