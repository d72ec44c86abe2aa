import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { storageLocation } from "./storageLocation";

/** Settings as a message names them, with their values, when a volume cannot be used. */
export interface StorageKeys {
    /** What decides which volume is mounted. */
    readonly volumeKey: string;
    /** What decides which claims there are, or what makes their volumes. */
    readonly claimKey: string;
    /** What decides which server is asked. */
    readonly serverKey?: string;
    /** Options that the nodes mount with, where a server is asked. */
    readonly optionsKey?: string;
    /** A server that may be asked whether it answers. */
    readonly host?: string;
    /** What is named when nothing is heard of a mount, where one takes seconds. */
    readonly silentKey?: string;
    /** What may be the cause of that. */
    readonly silentHint?: string;
}

/** Which settings to name. */
export function storageKeys(settings: AirflowSettings): StorageKeys {
    const { storage } = settings;
    switch (storageLocation(settings)) {
        case "hostPath": {
            const key = setting("storage.hostPath", storage.hostPath);
            return { volumeKey: key, claimKey: key };
        }
        case "nfs": {
            const path = setting("storage.nfs.path", storage.nfs?.path);
            const server = setting("storage.nfs.server", storage.nfs?.server);
            return {
                volumeKey: path,
                claimKey: path,
                serverKey: server,
                optionsKey: setting("storage.mountOptions", storage.mountOptions),
                host: storage.nfs?.server,
                silentKey: server,
                silentHint:
                    "Is this an NFS server that the nodes can reach, and are the mount options ones that it knows?",
            };
        }
        case "nfsServer": {
            const key = setting("storage.kind", storage.kind);
            const { clients, existingClaim } = storage.nfsServer;
            return {
                // A server that is there and gives nothing out is one that does not know this node.
                volumeKey: clients ? setting("storage.nfsServer.clients", clients) : key,
                claimKey: existingClaim ? setting("storage.nfsServer.existingClaim", existingClaim) : key,
                silentKey: key,
                silentHint: "Can the nodes reach the addresses of Services?",
            };
        }
        case "csi": {
            const driver = setting("storage.csi.driver", storage.csi?.driver);
            const handle = setting("storage.csi.volumeHandle", storage.csi?.volumeHandle);
            return {
                volumeKey: handle,
                claimKey: handle,
                silentKey: driver,
                silentHint: "Is this driver installed on the nodes (kubectl get csidrivers)?",
            };
        }
        case "storageClass": {
            const key = setting("storage.storageClass", storage.storageClass);
            const { existingNamespace } = storage;
            return {
                volumeKey: key,
                claimKey: existingNamespace ? setting("storage.existingNamespace", existingNamespace) : key,
            };
        }
    }
}

function setting(path: string, value: unknown): string {
    return `${path} is ${JSON.stringify(value)}`;
}
