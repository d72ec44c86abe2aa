import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { storageLocation } from "./storageLocation";

/** Settings as a message names them, with their values, when a volume cannot be used. */
export interface StorageKeys {
    /** Setting that decides which volume is mounted. */
    readonly volumeKey: pulumi.Input<string>;
    /** Setting that decides which claims there are, or what provides their volumes. */
    readonly claimKey: pulumi.Input<string>;
    /** Setting that decides which server is used. */
    readonly serverKey?: pulumi.Input<string>;
    /** Options that the nodes mount with, where a server is asked. */
    readonly optionsKey?: pulumi.Input<string>;
    /** A server that may be asked whether it answers. */
    readonly host?: pulumi.Input<string>;
    /** Setting to name when a mount that takes seconds stays silent. */
    readonly silentKey?: pulumi.Input<string>;
    /** A likely cause of that. */
    readonly silentHint?: string;
}

/** Settings to name in messages. */
export function storageKeys(settings: AirflowSettings): StorageKeys {
    const { storage } = settings;
    switch (storageLocation(settings)) {
        case "hostPath":
        // The one volume left then is the database in a directory of the node.
        case "none": {
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
                // A running server that exports nothing to this node does not know its address.
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
        case "claims": {
            const key = setting("storage.claims", storage.existingClaims);
            return { volumeKey: key, claimKey: key };
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

function setting(path: string, value: unknown): pulumi.Input<string> {
    return mapInput(value, (known) => `${path} is ${JSON.stringify(known)}`);
}
