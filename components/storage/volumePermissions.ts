import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { noServiceMesh, replaceUnready } from "../kubernetes/annotations";
import { shortHash } from "../kubernetes/hash";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import type { SharedVolume } from "./sharedVolumes";

/** Arguments of {@link VolumePermissions}. */
export interface VolumePermissionsArgs {
    readonly instance: string;
    /** Namespace that may run a pod as root. */
    readonly namespace: k8s.core.v1.Namespace;
    readonly volumes: SharedVolume[];
    /** An image with a shell: the one that the node pulls anyway. */
    readonly image: string;
    readonly imagePullSecrets: string[];
}

/** Shell commands that give the root of each volume its owner and mode. What lies below is left alone: it may be large. */
export function permissionsScript(volumes: SharedVolume[]): string {
    return [
        "set -eu",
        ...volumes.flatMap(({ noun, owner, mode }) => [
            `chown ${owner.uid}:${owner.gid} /volumes/${noun}`,
            `chmod ${mode} /volumes/${noun}`,
        ]),
    ].join("\n");
}

/**
 * A Job that gives the roots of the shared volumes to the users that write there. `fsGroup` does it on a disk, but has no
 * effect on a directory of the node or on NFS.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
export class VolumePermissions extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: VolumePermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:VolumePermissions", name, {}, opts);

        const { image, volumes } = args;
        const labels = objectLabels(args.instance, "permissions");
        const script = permissionsScript(volumes);
        new k8s.batch.v1.Job(
            `${name}-job`,
            {
                metadata: {
                    name: `${names.permissions}-${shortHash({ image, volumes })}`,
                    namespace: args.namespace.metadata.name,
                    labels,
                    annotations: replaceUnready,
                },
                spec: {
                    backoffLimit: 3,
                    activeDeadlineSeconds: 900,
                    template: {
                        metadata: { labels, annotations: noServiceMesh },
                        spec: {
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            restartPolicy: "Never",
                            imagePullSecrets: args.imagePullSecrets.map((secret) => ({ name: secret })),
                            securityContext: { seccompProfile: { type: "RuntimeDefault" } },
                            containers: [
                                {
                                    name: "permissions",
                                    image,
                                    command: ["sh", "-c", script],
                                    resources: {
                                        requests: { cpu: "10m", memory: "16Mi" },
                                        limits: { cpu: "500m", memory: "64Mi" },
                                    },
                                    securityContext: {
                                        runAsUser: 0,
                                        runAsGroup: 0,
                                        allowPrivilegeEscalation: false,
                                        readOnlyRootFilesystem: true,
                                        capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER"] },
                                    },
                                    terminationMessagePolicy: "FallbackToLogsOnError",
                                    volumeMounts: volumes.map(({ noun }) => ({
                                        name: noun,
                                        mountPath: `/volumes/${noun}`,
                                    })),
                                },
                            ],
                            volumes: volumes.map(({ noun, claimName }) => ({
                                name: noun,
                                persistentVolumeClaim: { claimName },
                            })),
                        },
                    },
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );

        this.registerOutputs({});
    }
}
