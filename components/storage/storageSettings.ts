import type { ResourcesArgs } from "../airflowKubernetesArgs";
import { addQuantities } from "../kubernetes/quantity";
import { type CsiArgs, type ExistingClaimArgs, type NfsArgs, type StorageArgs, StorageKind } from "./storageArgs";

/** A public image with all that the server needs. */
export const nfsServerImage = "registry.k8s.io/sig-storage/nfs-provisioner:v4.0.8";

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
}

/** Settings of the NFS server in the cluster. */
export interface NfsServerSettings {
    readonly image: string;
    readonly size: string;
    readonly storageClass?: string;
    readonly existingClaim?: ExistingClaimArgs;
    readonly resources: Required<ResourcesArgs>;
}

// Attributes are kept for a short time only, or a changed DAG and the end of a running log would be seen a minute late.
const nfsMountOptions = ["nfsvers=4.1", "hard", "noatime", "actimeo=5"];

const nfsServerResources = { cpuRequest: "50m", cpuLimit: "2", memoryRequest: "128Mi", memoryLimit: "1Gi" } as const;

/** Fills in every default of the storage. */
export function storageSettings(args: StorageArgs = {}): StorageSettings {
    const kind = args.kind ?? StorageKind.NfsServer;
    const dagsSize = args.dagsSize ?? "1Gi";
    const logsSize = args.logsSize ?? "10Gi";
    const isNfs = kind === StorageKind.NfsServer || kind === StorageKind.Nfs;
    return {
        hostPath: args.hostPath ?? "/data/airflow",
        kind,
        dagsSize,
        logsSize,
        mountOptions: args.mountOptions ?? (isNfs ? nfsMountOptions : []),
        fixPermissions: args.fixPermissions ?? true,
        nfsServer: {
            image: args.nfsServer?.image ?? nfsServerImage,
            size: args.nfsServer?.size ?? addQuantities(dagsSize, logsSize),
            storageClass: args.nfsServer?.storageClass,
            existingClaim: args.nfsServer?.existingClaim,
            resources: { ...nfsServerResources, ...args.nfsServer?.resources },
        },
        nfs: args.nfs,
        csi: args.csi,
        storageClass: args.storageClass,
        existingNamespace: args.existingNamespace,
    };
}
