import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../kubernetes/hash";
import { mapInput } from "../kubernetes/known";
import { names } from "../kubernetes/names";
import { PodUser } from "../kubernetes/podSecurity";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { addQuantities } from "../kubernetes/quantity";
import { type ContainerResources, withDisk, withResources } from "../kubernetes/resources";
import { Hosting } from "./airflowKubernetesArgs";
import {
    type ClaimsArgs,
    type CsiArgs,
    type ExistingClaimArgs,
    type NfsArgs,
    type StorageArgs,
    StorageKind,
} from "./storageArgs";

/** {@link StorageArgs} with nothing left open. */
export interface StorageSettings {
    readonly hostPath: pulumi.Input<string>;
    readonly kind: StorageKind;
    readonly dagsSize: pulumi.Input<string>;
    readonly logsSize: pulumi.Input<string>;
    readonly mountOptions: pulumi.Input<readonly pulumi.Input<string>[]>;
    readonly fixPermissions: boolean;
    readonly nfsServer: NfsServerSettings;
    readonly nfs?: NfsArgs;
    readonly csi?: CsiArgs;
    readonly storageClass?: pulumi.Input<string>;
    readonly existingNamespace?: pulumi.Input<string>;
    /** Claims that exist, as they were given. */
    readonly existingClaims?: ClaimsArgs;
    /** Names of the claims on the shared volumes in Airflow's namespace, and in that of the storage. */
    readonly claims: SharedClaims;
    /** Names of those in the workers' namespace, which are the same unless they exist. */
    readonly workerClaims: SharedClaims;
}

/** Names of the claims on the shared volumes. */
export interface SharedClaims {
    readonly dags: pulumi.Input<string>;
    readonly logs: pulumi.Input<string>;
    /** On the exported directory that holds them. */
    readonly shares: pulumi.Input<string>;
    /** On the volume of backups, where there is one; the workers' namespace has none. */
    readonly backups: pulumi.Input<string>;
}

/** Settings of the NFS server in the cluster. */
export interface NfsServerSettings {
    /** Empty when none is set. */
    readonly image: pulumi.Input<string>;
    /** Everybody when it is left out. */
    readonly clients?: pulumi.Input<readonly pulumi.Input<string>[]>;
    readonly size: pulumi.Input<string>;
    readonly storageClass?: pulumi.Input<string>;
    readonly existingClaim?: ExistingClaimArgs;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

// Attributes are cached only briefly, or a changed DAG and the end of a running log would be seen a minute late.
const nfsMountOptions = ["nfsvers=4.1", "hard", "noatime", "actimeo=5"];

const nfsServerResources = withDisk(
    { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "2", memory: "1Gi" } },
    "1Gi",
);

/**
 * Fills in every default of the storage.
 *
 * @param namespace Airflow's namespace, which no other installation has.
 * @param backupsSize Size of the volume of backups, where there is one.
 */
export function storageSettings(
    args: StorageArgs = {},
    hosting: Hosting,
    namespace: string,
    podUser: PodUser,
    backupsSize?: pulumi.Input<string>,
): StorageSettings {
    const kind = args.kind ?? StorageKind.NfsServer;
    const dagsSize = args.dagsSize ?? "1Gi";
    const logsSize = args.logsSize ?? (kind === StorageKind.None ? "1Gi" : "10Gi");
    const isNfs = kind === StorageKind.NfsServer || kind === StorageKind.Nfs;
    const hostPath = args.hostPath ?? `/data/${namespace}`;
    const own = sharedClaims(hosting === Hosting.Minikube ? { hostPath } : sourceOf(kind, args));
    const existing = kind === StorageKind.Claims ? args.claims : undefined;
    return {
        hostPath,
        kind,
        dagsSize,
        logsSize,
        mountOptions: args.mountOptions ?? (isNfs ? nfsMountOptions : []),
        fixPermissions: args.fixPermissions ?? (kind !== StorageKind.Claims && podUser === PodUser.Image),
        nfsServer: {
            image: args.nfsServer?.image ?? "",
            clients: args.nfsServer?.clients,
            size: args.nfsServer?.size ?? sizeTogether(dagsSize, logsSize, backupsSize),
            storageClass: args.nfsServer?.storageClass,
            existingClaim: args.nfsServer?.existingClaim,
            resources: withResources(nfsServerResources, args.nfsServer?.resources),
            podTemplate: args.nfsServer?.podTemplate,
        },
        nfs: args.nfs,
        csi: args.csi,
        storageClass: args.storageClass,
        existingNamespace: args.existingNamespace,
        existingClaims: args.claims,
        claims: { ...own, ...existing?.airflow },
        workerClaims: { ...own, ...existing?.workers },
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
 * A claim binds one volume for good, and pods keep it in use. So another source has other claims, which are made beside the old
 * ones and replace them when the pods roll out.
 */
function sharedClaims(source: object): SharedClaims {
    const hashed = (name: string) => mapInput(source, (known) => `${name}-${shortHash(known).slice(0, 6)}`);
    return {
        dags: hashed(names.dags),
        logs: hashed(names.logs),
        shares: hashed(names.shares),
        backups: hashed(names.backups),
    };
}

/** Size of what holds all shared volumes together: DAGs, logs and, where there are any, backups. */
export function sizeTogether(
    dags: pulumi.Input<string>,
    logs: pulumi.Input<string>,
    backups?: pulumi.Input<string>,
): pulumi.Input<string> {
    return mapInput({ dags, logs, backups }, (sizes) => {
        const both = addQuantities(sizes.dags, sizes.logs);
        return sizes.backups === undefined ? both : addQuantities(both, sizes.backups);
    });
}

/** Whether pods share volumes of DAGs and logs. */
export function sharesVolumes({ storage }: { readonly storage: Pick<StorageSettings, "kind"> }): boolean {
    return storage.kind !== StorageKind.None;
}
