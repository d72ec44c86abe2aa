import type * as k8s from "@pulumi/kubernetes";
import { Hosting } from "../airflowKubernetesArgs";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import type { CsiArgs, StorageKind } from "./storageArgs";

/** What a volume is made of: one of these fields of a PersistentVolume. */
export type VolumeSource = Pick<k8s.types.input.core.v1.PersistentVolumeSpec, "csi" | "hostPath" | "nfs">;

/** Where volumes lie: in a directory of the node, or on one of the kinds of ReadWriteMany storage. */
export type StorageLocation = "hostPath" | `${StorageKind}`;

/** Where the volumes of an installation lie. */
export function storageLocation({ hosting, storage }: AirflowSettings): StorageLocation {
    return hosting === Hosting.Minikube ? "hostPath" : storage.kind;
}

/** A directory of the node, made when it is missing. */
export function hostDirectory(path: string): VolumeSource {
    return { hostPath: { path, type: "DirectoryOrCreate" } };
}

/** A directory below one that is exported; the root itself for no name. */
export function exportedPath(root: string, name = ""): string {
    return `${root.replace(/\/+$/, "")}/${name}`.replace(/(.)\/$/, "$1");
}

/** What one namespace sees of a volume of a CSI driver: its settings with the placeholders filled in. */
export function csiVolume(csi: CsiArgs, noun: string, namespace: string, readOnly: boolean): VolumeSource {
    const filled = (text: string) => text.replaceAll("{volume}", noun).replaceAll("{namespace}", namespace);
    const attributes = Object.entries(csi.volumeAttributes ?? {});
    return {
        csi: {
            driver: csi.driver,
            volumeHandle: filled(csi.volumeHandle),
            ...(readOnly && { readOnly }),
            ...(attributes.length > 0 && {
                volumeAttributes: Object.fromEntries(attributes.map(([key, value]) => [key, filled(value)])),
            }),
            ...(csi.nodeStageSecret && { nodeStageSecretRef: csi.nodeStageSecret }),
        },
    };
}
