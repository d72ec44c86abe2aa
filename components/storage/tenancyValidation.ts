import { PodUser } from "../kubernetes/podSecurity";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { backsUpToVolume } from "../settings/databaseSettings";
import { StorageKind } from "../settings/storageArgs";
import { check, dnsName, oneOf } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { storageLocation } from "./storageLocation";

/** Storage that goes together with namespaces that exist, with claims that exist, and with users that the platform chooses. */
export function tenancyProblems(settings: AirflowSettings): Problem[] {
    return [
        ...claimsProblems(settings),
        ...(settings.createNamespaces ? [] : existingNamespacesProblems(settings)),
        ...oneOf("podSecurity.user", settings.airflow.podUser, PodUser),
        ...(settings.airflow.podUser === PodUser.Platform ? platformUserProblems(settings) : []),
    ];
}

function claimsProblems(settings: AirflowSettings): Problem[] {
    const { existingClaims, fixPermissions } = settings.storage;
    if (storageLocation(settings) !== "claims") {
        return [];
    }
    return [
        ...check(
            !settings.createNamespaces,
            "storage.kind",
            StorageKind.Claims,
            "claims only together with namespaces.create false: claims cannot exist in namespaces that do not",
        ),
        ...check(
            !fixPermissions,
            "storage.fixPermissions",
            true,
            "false with storage.kind claims: who made the claims prepares their volumes",
        ),
        ...Object.entries(existingClaims ?? {}).flatMap(([noun, claims]) =>
            (["dags", "logs"] as const).flatMap((volume) =>
                dnsName(`storage.claims.${noun}.${volume}`, claims?.[volume] ?? ""),
            ),
        ),
        ...Object.entries(existingClaims ?? {}).flatMap(([noun, claims]) =>
            check(
                claims?.dags !== claims?.logs,
                `storage.claims.${noun}.logs`,
                claims?.logs,
                "another claim than that of DAGs",
            ),
        ),
        ...backupsClaimProblems(settings),
    ];
}

/** The claim on the volume of backups, which there has to be where backups go to a volume. */
function backupsClaimProblems({ database, storage }: AirflowSettings): Problem[] {
    const claims = storage.existingClaims?.airflow;
    const path = "storage.claims.airflow.backups";
    return claims?.backups === undefined
        ? check(
              !backsUpToVolume(database),
              path,
              undefined,
              "the claim on the volume of backups, which database.backup without a bucket needs",
          )
        : [
              ...dnsName(path, claims.backups),
              ...check(
                  claims.backups !== claims.dags && claims.backups !== claims.logs,
                  path,
                  claims.backups,
                  "another claim than those of DAGs and logs",
              ),
          ];
}

/** Nothing is made that lies in a namespace of its own. */
function existingNamespacesProblems(settings: AirflowSettings): Problem[] {
    const { database, hosting, namespaceMetadata, storage } = settings;
    const location = storageLocation(settings);
    const another = "Without rights to make namespaces, use storage.kind claims, nfs or csi.";
    return [
        ...(["labels", "annotations"] as const).flatMap((field) =>
            check(
                namespaceMetadata[field] === undefined,
                `namespaces.${field}`,
                undefined,
                "nothing with namespaces.create false: who made the namespaces sets them",
            ),
        ),
        ...check(
            location !== "nfsServer" || storage.nfsServer.existingClaim !== undefined,
            "storage.kind",
            storage.kind,
            "with namespaces.create false, a server with storage.nfsServer.existingClaim: a new one gets a namespace of its own",
            another,
        ),
        ...check(
            location !== "storageClass" || storage.existingNamespace !== undefined,
            "storage.kind",
            storage.kind,
            "with namespaces.create false, a class with storage.existingNamespace: new volumes get a namespace of their own",
            another,
        ),
        ...check(
            !database.retain || hosting !== Hosting.ReadWriteMany || database.existingClaim !== undefined,
            "database.retain",
            database.retain,
            "with namespaces.create false, true only with database.existingClaim: a new disk gets a namespace of its own",
            "Make a claim, in namespaces.airflow or elsewhere, and name it.",
        ),
    ];
}

/** Nothing is made that only root can make, or only a user with a name. */
function platformUserProblems(settings: AirflowSettings): Problem[] {
    const { hosting, storage } = settings;
    const location = storageLocation(settings);
    return [
        ...check(
            location !== "hostPath",
            "hosting",
            hosting,
            "readWriteMany with podSecurity.user platform: directories of a node belong to root, and no Job may give them away",
        ),
        ...check(
            location !== "nfsServer",
            "storage.kind",
            storage.kind,
            "another kind with podSecurity.user platform: the NFS server in the cluster has to be root",
        ),
        ...check(
            !storage.fixPermissions,
            "storage.fixPermissions",
            true,
            "false with podSecurity.user platform: no Job may be root",
            "Make the directories writable for the group 0 where they lie (docs/shared-clusters.md).",
        ),
    ];
}
