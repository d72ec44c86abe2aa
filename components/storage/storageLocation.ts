import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { type CsiArgs, StorageKind } from "../settings/storageArgs";

/** What a volume is made of: one of these fields of a PersistentVolume. */
export type VolumeSource = Pick<k8s.types.input.core.v1.PersistentVolumeSpec, "csi" | "hostPath" | "nfs">;

/** Where volumes lie: in a directory of the node, on one of the kinds of ReadWriteMany storage, or nowhere. */
export type StorageLocation = "hostPath" | `${StorageKind}`;

/** Where the volumes of an installation lie. */
export function storageLocation({ hosting, storage }: AirflowSettings): StorageLocation {
    return hosting === Hosting.Minikube && storage.kind !== StorageKind.None ? "hostPath" : storage.kind;
}

/** A directory below one of the node, made when it is missing. */
export function hostDirectory(root: pulumi.Input<string>, name: string): VolumeSource {
    return { hostPath: { path: mapInput(root, (known) => `${known}/${name}`), type: "DirectoryOrCreate" } };
}

/** A directory below one that is exported; the root itself for no name. */
export function exportedPath(root: string, name = ""): string {
    return `${root.replace(/\/+$/, "")}/${name}`.replace(/(.)\/$/, "$1");
}

/** What one namespace sees of a volume of a CSI driver: its settings with the placeholders filled in. */
export function csiVolume(csi: CsiArgs, noun: string, namespace: string, readOnly: boolean): VolumeSource {
    const filled = (text: pulumi.Input<string>) =>
        mapInput(text, (known) => known.replaceAll("{volume}", noun).replaceAll("{namespace}", namespace));
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
