import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { skipAwait } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { goesWith } from "../kubernetes/placedNamespace";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { type PersistentVolumes, viewKey } from "./persistentVolumes";
import { type SharedVolume, viewsOf } from "./sharedVolumes";

/** Arguments of {@link VolumeClaims}. */
export interface VolumeClaimsArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly persistentVolumes: PersistentVolumes;
    readonly volumes: SharedVolume[];
}

/** The claims of the shared volumes, in every namespace that mounts them. */
export class VolumeClaims extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: VolumeClaimsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:VolumeClaims", name, {}, opts);

        for (const volume of args.volumes) {
            for (const [noun, { accessMode }] of viewsOf(volume)) {
                const namespace = args.namespaces.of(noun);
                new k8s.core.v1.PersistentVolumeClaim(
                    `${name}-${noun}-${volume.noun}`,
                    {
                        metadata: {
                            name: volume.claimName,
                            namespace: namespace.metadata.name,
                            labels: objectLabels(args.instance, volume.noun),
                            annotations: skipAwait,
                        },
                        spec: {
                            accessModes: [accessMode],
                            resources: { requests: { storage: volume.size } },
                            storageClassName: "",
                            // A volume that is made again has its claim made again first, which binds no other one.
                            volumeName: args.persistentVolumes.volumes[viewKey(noun, volume)].metadata.name,
                        },
                    },
                    // A claim that a pod uses cannot be deleted, and Pulumi would wait for that pod. It goes with its namespace
                    // where it can.
                    {
                        parent: this,
                        ...goesWith(namespace),
                        ignoreChanges: ["spec.resources"],
                    },
                );
            }
        }

        this.registerOutputs({});
    }
}
