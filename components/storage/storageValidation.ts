import { Hosting } from "../airflowKubernetesArgs";
import type { AirflowSettings, NamespaceNames } from "../airflowKubernetesDefaults";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { addQuantities, parseQuantity } from "../kubernetes/quantity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { nfsServerNames } from "../pods/reservedNames";
import type { Problem } from "../problems";
import {
    addressRange,
    check,
    dnsLabel,
    dnsName,
    hostName,
    oneOf,
    pinnedImage,
    quantity,
    resources,
} from "../validation/checks";
import { type CsiArgs, type ExistingClaimArgs, type NfsArgs, StorageKind } from "./storageArgs";

/** Everything that is wrong with the storage. */
export function storageProblems(settings: AirflowSettings): Problem[] {
    const { storage } = settings;
    const { hostPath, dagsSize, logsSize, mountOptions } = storage;
    return [
        ...check(
            /^(\/[A-Za-z0-9._-]+)+$/.test(hostPath) && !climbs(hostPath),
            "storage.hostPath",
            hostPath,
            "an absolute path below the root, without .. and without a / at its end",
        ),
        ...oneOf("storage.kind", storage.kind, StorageKind),
        ...quantity("storage.dagsSize", dagsSize),
        ...quantity("storage.logsSize", logsSize),
        ...mountOptions.flatMap((option, index) =>
            check(
                /^[A-Za-z0-9_.=:/+-]+$/.test(option),
                `storage.mountOptions[${index}]`,
                option,
                "one mount option an entry, without commas and spaces",
            ),
        ),
        ...kindProblems(settings),
        ...(storage.nfs ? nfsProblems(storage.nfs) : []),
        ...(storage.csi ? csiProblems(storage.csi) : []),
        ...(storage.storageClass === undefined ? [] : dnsName("storage.storageClass", storage.storageClass)),
        ...(storage.existingNamespace === undefined
            ? []
            : keptNamespace("storage.existingNamespace", storage.existingNamespace, settings.namespaces)),
        ...nfsServerProblems(settings),
    ];
}

/** Problems of a claim of an installation before. */
export function existingClaimProblems(path: string, claim: ExistingClaimArgs, namespaces: NamespaceNames): Problem[] {
    return [...keptNamespace(`${path}.namespace`, claim.namespace, namespaces), ...dnsName(`${path}.name`, claim.name)];
}

/** A namespace that holds data must be none that `destroy` removes. */
function keptNamespace(path: string, name: string, namespaces: NamespaceNames): Problem[] {
    const own = Object.entries(namespaces).find(([, other]) => other === name);
    const allowed = `a namespace that destroy leaves; this one is namespaces.${own?.[0]}`;
    return [...dnsLabel(path, name), ...check(own === undefined, path, name, allowed)];
}

/** The settings of each kind: those of the chosen one are needed, those of the others would do nothing. */
function kindProblems({ hosting, storage }: AirflowSettings): Problem[] {
    const { kind, nfs, csi, storageClass, existingNamespace, nfsServer } = storage;
    const needed: [StorageKind, string, unknown][] = [
        [StorageKind.Nfs, "storage.nfs", nfs],
        [StorageKind.Csi, "storage.csi", csi],
        [StorageKind.StorageClass, "storage.storageClass", storageClass],
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
        ...check(
            /^\/[^\s,]*$/.test(path) && !climbs(path),
            "storage.nfs.path",
            path,
            "the absolute path of an exported directory, without .., spaces and commas",
        ),
    ];
}

function csiProblems({ driver, volumeHandle, volumeAttributes = {}, nodeStageSecret }: CsiArgs): Problem[] {
    const texts: [string, string][] = [
        ["storage.csi.volumeHandle", volumeHandle],
        ...Object.entries(volumeAttributes).map(([key, value]): [string, string] => [
            `storage.csi.volumeAttributes.${key}`,
            value,
        ]),
    ];
    const unknown = texts.flatMap(([path, text]) =>
        (text.match(/\{\w*\}/g) ?? [])
            .filter((placeholder) => !["{volume}", "{namespace}"].includes(placeholder))
            .map((placeholder) => ({
                path,
                value: text,
                allowed: `{volume} and {namespace}; ${placeholder} is neither`,
            })),
    );
    return [
        ...dnsName("storage.csi.driver", driver),
        ...check(
            volumeHandle.trim() !== "",
            "storage.csi.volumeHandle",
            volumeHandle,
            "what the driver knows the volume by",
        ),
        ...unknown,
        ...check(
            texts.some(([, text]) => text.includes("{volume}")),
            "storage.csi.volumeHandle",
            volumeHandle,
            "a text with {volume} in it, or in one of volumeAttributes: DAGs and logs would share a directory",
        ),
        ...(nodeStageSecret === undefined
            ? []
            : [
                  ...dnsLabel("storage.csi.nodeStageSecret.namespace", nodeStageSecret.namespace),
                  ...dnsName("storage.csi.nodeStageSecret.name", nodeStageSecret.name),
              ]),
    ];
}

function nfsServerProblems({ hosting, storage, namespaces }: AirflowSettings): Problem[] {
    const { kind, nfsServer, dagsSize, logsSize } = storage;
    const { clients, image, size, storageClass, existingClaim } = nfsServer;
    const malformed = quantity("storage.nfsServer.size", size);
    const shared = addQuantities(dagsSize, logsSize);
    return [
        ...(image === "" ? missingImage(hosting, kind) : pinnedImage("storage.nfsServer.image", image)),
        ...clientProblems(clients),
        ...malformed,
        ...check(
            malformed.length > 0 || (parseQuantity(size) ?? 0) >= bytes(dagsSize) + bytes(logsSize),
            "storage.nfsServer.size",
            size,
            `not less than storage.dagsSize and storage.logsSize together, which is ${shared}`,
        ),
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

function clientProblems(clients: readonly string[] | undefined): Problem[] {
    const path = "storage.nfsServer.clients";
    return [
        ...check(clients?.length !== 0, path, clients, "at least one address or CIDR of the nodes, or nothing at all"),
        ...(clients ?? []).flatMap((client, index) => addressRange(`${path}[${index}]`, client)),
    ];
}

function bytes(size: string): number {
    return parseQuantity(size) ?? 0;
}

function climbs(path: string): boolean {
    return path.split("/").includes("..");
}
