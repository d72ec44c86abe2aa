import type * as pulumi from "@pulumi/pulumi";
import { knownElements } from "../kubernetes/known";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { addQuantities, parseQuantity } from "../kubernetes/quantity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { nfsServerNames } from "../pods/reservedNames";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings, NamespaceNames } from "../settings/airflowKubernetesDefaults";
import { DagDelivery } from "../settings/dagsArgs";
import { dagsOnVolume } from "../settings/dagsSettings";
import { backsUpToVolume } from "../settings/databaseSettings";
import { type CsiArgs, type ExistingClaimArgs, type NfsArgs, StorageKind } from "../settings/storageArgs";
import { sharesVolumes } from "../settings/storageSettings";
import {
    addressRange,
    check,
    checkText,
    dnsLabel,
    dnsName,
    hostName,
    oneOf,
    pinnedImage,
    quantity,
    resources,
    whenKnown,
} from "../validation/checks";
import type { Problem } from "../validation/problems";

/** Everything that is wrong with the storage. */
export function storageProblems(settings: AirflowSettings): Problem[] {
    const { storage } = settings;
    const { hostPath, dagsSize, logsSize, mountOptions } = storage;
    return [
        ...checkText(
            "storage.hostPath",
            hostPath,
            (path) => /^(\/[A-Za-z0-9._-]+)+$/.test(path) && !climbs(path),
            "an absolute path below the root, without .. and without a / at its end",
        ),
        ...oneOf("storage.kind", storage.kind, StorageKind),
        ...quantity("storage.dagsSize", dagsSize),
        ...quantity("storage.logsSize", logsSize),
        ...knownElements(mountOptions).flatMap((option, index) =>
            checkText(
                `storage.mountOptions[${index}]`,
                option,
                (known) => /^[A-Za-z0-9_.=:/+-]+$/.test(known),
                "one mount option an entry, without commas and spaces",
            ),
        ),
        ...kindProblems(settings),
        ...(sharesVolumes(settings) ? [] : nothingSharedProblems(settings)),
        ...(storage.nfs ? nfsProblems(storage.nfs) : []),
        ...(storage.csi ? csiProblems(storage.csi) : []),
        ...(storage.storageClass === undefined ? [] : dnsName("storage.storageClass", storage.storageClass)),
        ...(storage.existingNamespace === undefined
            ? []
            : keptNamespace("storage.existingNamespace", storage.existingNamespace, settings.namespaces)),
        ...nfsServerProblems(settings),
    ];
}

/** Problems of a claim left by an earlier installation. */
export function existingClaimProblems(
    path: string,
    claim: ExistingClaimArgs,
    namespaces: Partial<NamespaceNames>,
): Problem[] {
    return [...keptNamespace(`${path}.namespace`, claim.namespace, namespaces), ...dnsName(`${path}.name`, claim.name)];
}

/** A namespace that holds data must not be one that `destroy` deletes. */
function keptNamespace(path: string, name: pulumi.Input<string>, namespaces: Partial<NamespaceNames>): Problem[] {
    const own = Object.entries(namespaces).find(([, other]) => other === name);
    const allowed = `a namespace that destroy leaves; this one is namespaces.${own?.[0]}`;
    return [...dnsLabel(path, name), ...check(own === undefined, path, name, allowed)];
}

/** Without a shared volume, DAGs and logs have to be elsewhere, and there is none for packages. */
function nothingSharedProblems({ dags, database, logs, pythonPackages, storage }: AirflowSettings): Problem[] {
    const without = `with storage.kind ${storage.kind}`;
    return [
        ...check(
            !dagsOnVolume(dags),
            "dags.delivery",
            dags.delivery,
            `a delivery without a shared volume, ${without}: ${DagDelivery.Image}, ${DagDelivery.GitBundle} or ${DagDelivery.Bundles}`,
        ),
        ...check(
            logs.remote !== undefined,
            "logs.remote",
            undefined,
            `where logs are kept, which is needed ${without}: a task's pod takes them along`,
        ),
        ...check(
            logs.maximumSize === undefined,
            "logs.maximumSize",
            logs.maximumSize,
            `nothing ${without}: where logs.remote keeps logs, a rule of that place removes them`,
        ),
        ...check(
            !backsUpToVolume(database),
            "database.backup.bucket",
            undefined,
            `where backups are kept, which is needed ${without}`,
        ),
        // Deliveries without a volume have no packages anyhow, and say so themselves.
        ...check(
            pythonPackages.requirements === undefined || !dagsOnVolume(dags),
            "pythonPackages.requirements",
            pythonPackages.requirements,
            `nothing ${without}: packages lie on the shared volume`,
            "Install them in an image of your own (airflow.image).",
        ),
    ];
}

/** The settings of each kind: those of the chosen one are needed, those of the others would have no effect. */
function kindProblems({ hosting, storage }: AirflowSettings): Problem[] {
    const { kind, nfs, csi, storageClass, existingNamespace, existingClaims, nfsServer } = storage;
    const needed: [StorageKind, string, unknown][] = [
        [StorageKind.Nfs, "storage.nfs", nfs],
        [StorageKind.Csi, "storage.csi", csi],
        [StorageKind.StorageClass, "storage.storageClass", storageClass],
        [StorageKind.Claims, "storage.claims", existingClaims],
    ];
    const optional: [StorageKind, string, unknown][] = [
        [StorageKind.StorageClass, "storage.existingNamespace", existingNamespace],
        [StorageKind.NfsServer, "storage.nfsServer.existingClaim", nfsServer.existingClaim],
    ];
    const missing = needed.filter(
        ([of, , value]) => hosting === Hosting.ReadWriteMany && of === kind && value === undefined,
    );
    const idle = [...needed, ...optional].filter(([of, , value]) => value !== undefined && of !== kind);
    const unhosted = [...needed, ...optional].filter(([, , value]) => value !== undefined);
    return [
        ...missing.map(([, path]) => ({ path, allowed: `its settings, which storage.kind ${kind} needs` })),
        ...(hosting === Hosting.Minikube
            ? unhosted.map(([, path, value]) => ({
                  path,
                  value,
                  allowed: "nothing with hosting minikube, whose volumes are directories of the node",
                  remedy: "Set hosting to readWriteMany.",
              }))
            : idle.map(([of, path, value]) => ({
                  path,
                  value,
                  allowed: `nothing with storage.kind ${kind}: it is a setting of ${of}`,
              }))),
    ];
}

function nfsProblems({ server, path }: NfsArgs): Problem[] {
    return [
        ...hostName("storage.nfs.server", server),
        ...checkText(
            "storage.nfs.path",
            path,
            (known) => /^\/[^\s,]*$/.test(known) && !climbs(known),
            "the absolute path of an exported directory, without .., spaces and commas",
        ),
    ];
}

function csiProblems({ driver, volumeHandle, volumeAttributes = {}, nodeStageSecret }: CsiArgs): Problem[] {
    const texts: [string, pulumi.Input<string>][] = [
        ["storage.csi.volumeHandle", volumeHandle],
        ...Object.entries(volumeAttributes).map(([key, value]): [string, pulumi.Input<string>] => [
            `storage.csi.volumeAttributes.${key}`,
            value,
        ]),
    ];
    return [
        ...dnsName("storage.csi.driver", driver),
        ...checkText(
            "storage.csi.volumeHandle",
            volumeHandle,
            (known) => known.trim() !== "",
            "what the driver knows the volume by",
        ),
        ...texts.flatMap(([path, text]) => whenKnown(text, (known) => placeholderProblems(path, known))),
        ...whenKnown(
            texts.map(([, text]) => text),
            (known) =>
                check(
                    known.some((text) => text.includes("{volume}")),
                    "storage.csi.volumeHandle",
                    volumeHandle,
                    "a text with {volume} in it, or in one of volumeAttributes: DAGs and logs would share a directory",
                ),
        ),
        ...(nodeStageSecret === undefined
            ? []
            : [
                  ...dnsLabel("storage.csi.nodeStageSecret.namespace", nodeStageSecret.namespace),
                  ...dnsName("storage.csi.nodeStageSecret.name", nodeStageSecret.name),
              ]),
    ];
}

function placeholderProblems(path: string, text: string): Problem[] {
    return (text.match(/\{\w*\}/g) ?? [])
        .filter((placeholder) => !["{volume}", "{namespace}"].includes(placeholder))
        .map((placeholder) => ({
            path,
            value: text,
            allowed: `{volume} and {namespace}; ${placeholder} is neither`,
        }));
}

function nfsServerProblems({ database, hosting, storage, namespaces }: AirflowSettings): Problem[] {
    const { kind, nfsServer, dagsSize, logsSize } = storage;
    const backupsSize = backsUpToVolume(database) ? database.backup?.size : undefined;
    const { clients, image, size, storageClass, existingClaim } = nfsServer;
    const malformed = quantity("storage.nfsServer.size", size);
    return [
        ...(image === "" ? missingImage(hosting, kind) : pinnedImage("storage.nfsServer.image", image)),
        ...clientProblems(clients),
        ...malformed,
        ...whenKnown({ size, dagsSize, logsSize, backupsSize }, (known) => {
            const both = addQuantities(known.dagsSize, known.logsSize);
            const all = known.backupsSize === undefined ? both : addQuantities(both, known.backupsSize);
            const sizes =
                known.backupsSize === undefined
                    ? "storage.dagsSize and storage.logsSize"
                    : "storage.dagsSize, storage.logsSize and database.backup.size";
            const least = [known.dagsSize, known.logsSize, known.backupsSize ?? "0"].map(bytes);
            return check(
                malformed.length > 0 || bytes(known.size) >= least.reduce((sum, each) => sum + each),
                "storage.nfsServer.size",
                size,
                `not less than ${sizes} together, which is ${all}`,
            );
        }),
        ...(storageClass === undefined ? [] : dnsName("storage.nfsServer.storageClass", storageClass)),
        ...(existingClaim === undefined
            ? []
            : existingClaimProblems("storage.nfsServer.existingClaim", existingClaim, namespaces)),
        ...resources("storage.nfsServer.resources", nfsServer.resources),
        ...podTemplateProblems("storage.nfsServer.podTemplate", nfsServer.podTemplate, {
            container: "nfs-server",
            reserved: nfsServerNames,
            podSecurity: PodSecurityLevel.Privileged,
            imageArgument: "storage.nfsServer.image",
        }),
    ];
}

function missingImage(hosting: Hosting, kind: StorageKind): Problem[] {
    return check(
        hosting !== Hosting.ReadWriteMany || kind !== StorageKind.NfsServer,
        "storage.nfsServer.image",
        undefined,
        "an image of NFS-Ganesha in a registry of yours, which storage.kind nfsServer needs",
        "images/nfs-ganesha builds and pushes one with one command; other values of storage.kind need none (docs/storage.md).",
    );
}

function clientProblems(clients: pulumi.Input<readonly pulumi.Input<string>[]> | undefined): Problem[] {
    const path = "storage.nfsServer.clients";
    return [
        ...check(
            !Array.isArray(clients) || clients.length > 0,
            path,
            clients,
            "at least one address or CIDR of the nodes, or nothing at all",
        ),
        ...knownElements(clients).flatMap((client, index) => addressRange(`${path}[${index}]`, client)),
    ];
}

function bytes(size: string): number {
    return parseQuantity(size) ?? 0;
}

function climbs(path: string): boolean {
    return path.split("/").includes("..");
}
