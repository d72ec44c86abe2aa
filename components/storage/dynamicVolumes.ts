import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { names } from "../kubernetes/names";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { backsUpToVolume } from "../settings/databaseSettings";
import { RetainedClaims } from "./retainedClaims";
import type { DynamicVolume } from "./sharedVolumes";
import { VolumePermissions } from "./volumePermissions";

/** Arguments of {@link DynamicVolumes}. */
export interface DynamicVolumesArgs {
    readonly instance: string;
    readonly settings: AirflowSettings;
}

/**
 * Volumes that a StorageClass makes, and what they are made of, so that other namespaces can have volumes of the same. Their
 * claims outlive the stack.
 *
 * What a class has made can only be read from the cluster, which nothing else in this library does: it is read when the claims
 * are known to be bound, and not in a first preview, which has no claims yet.
 */
export class DynamicVolumes extends pulumi.ComponentResource {
    /** What the class has made, by the nouns of the volumes. */
    public readonly volumes: Readonly<Record<string, DynamicVolume>>;
    /** Namespace of the claims. */
    public readonly namespace: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: DynamicVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DynamicVolumes", name, {}, opts);

        const { instance, settings } = args;
        const { dagsSize, existingNamespace, logsSize, storageClass } = settings.storage;
        const accessMode = "ReadWriteMany";
        const { backup } = settings.database;
        const claims = [
            { noun: "dags", claimName: names.dags, size: dagsSize, accessMode },
            { noun: "logs", claimName: names.logs, size: logsSize, accessMode },
            ...(backup !== undefined && backsUpToVolume(settings.database)
                ? [{ noun: "backups", claimName: names.backups, size: backup.size, accessMode } as const]
                : []),
        ] as const;
        const retained =
            existingNamespace === undefined
                ? new RetainedClaims(
                      `${name}-claims`,
                      {
                          instance,
                          component: "storage",
                          namespacePrefix: `${settings.namespaces.storage}-volumes`,
                          // The pod that prepares the volumes is root.
                          podSecurity: PodSecurityLevel.Baseline,
                          claims,
                          storageClass,
                      },
                      { parent: this },
                  )
                : undefined;
        const namespace = existingNamespace ?? retained?.namespace ?? "";
        // A class may bind a claim only when a pod uses it, which the first pod to do so is of this Job.
        const prepared = new VolumePermissions(
            `${name}-permissions`,
            { instance, namespace, settings },
            { parent: this, dependsOn: retained },
        );

        this.volumes = Object.fromEntries(
            claims.map(({ noun, claimName }) => {
                // Not known while the Job is still to run, as the claim may not be bound then.
                const bound = pulumi.all([namespace, prepared.done]).apply(([space]) => `${space}/${claimName}`);
                const claim = k8s.core.v1.PersistentVolumeClaim.get(`${name}-${noun}-claim`, bound, {
                    parent: this,
                    dependsOn: prepared,
                });
                const volume = k8s.core.v1.PersistentVolume.get(`${name}-${noun}-volume`, claim.spec.volumeName, {
                    parent: this,
                });
                const { csi, hostPath, nfs, mountOptions } = volume.spec;
                return [noun, { source: { csi, hostPath, nfs }, mountOptions }];
            }),
        );
        this.namespace = pulumi.output(namespace);
        this.registerOutputs({ namespace: this.namespace });
    }
}
