import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Hosting } from "../airflowKubernetesArgs";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { skipAwait } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { RetainedClaims } from "../storage/retainedClaims";

/** Arguments of {@link PostgresDisk}. */
export interface PostgresDiskArgs {
    readonly instance: string;
    /** Airflow's namespace. */
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
}

/**
 * The disk of Postgres, and with it the namespace that Postgres runs in: Airflow's own, or one that outlives the stack
 * together with its claim.
 */
export class PostgresDisk extends pulumi.ComponentResource {
    /** Namespace of the claim, and so of Postgres. */
    public readonly namespace: pulumi.Output<string>;
    /** Name of the claim. */
    public readonly claim: string;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PostgresDiskArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PostgresDisk", name, {}, opts);

        const { instance, settings } = args;
        const { existingClaim, retain, size, storageClass } = settings.database;
        if (existingClaim !== undefined) {
            this.namespace = pulumi.output(existingClaim.namespace);
            this.claim = existingClaim.name;
        } else if (!retain) {
            const claim = new k8s.core.v1.PersistentVolumeClaim(
                `${name}-claim`,
                {
                    metadata: {
                        name: names.postgres,
                        namespace: args.namespace.metadata.name,
                        labels: objectLabels(instance, "postgres"),
                        annotations: skipAwait,
                    },
                    spec: {
                        accessModes: ["ReadWriteOnce"],
                        resources: { requests: { storage: size } },
                        ...(storageClass !== undefined && { storageClassName: storageClass }),
                    },
                },
                // It goes with its namespace. Should somebody turn `retain` on while there are data, the claim is left
                // behind with them instead of being deleted.
                {
                    parent: this,
                    deletedWith: args.namespace,
                    retainOnDelete: true,
                    // It was a part of the server before, and may not be made a second time.
                    aliases: [{ parent: pulumi.createUrn(name, "airflow-kubernetes:index:Postgres", opts?.parent) }],
                },
            );
            this.namespace = claim.metadata.namespace;
            this.claim = names.postgres;
        } else if (settings.hosting === Hosting.Minikube) {
            // A directory of the node, claimed with the other shared volumes.
            this.namespace = args.namespace.metadata.name;
            this.claim = names.database;
        } else {
            this.namespace = new RetainedClaims(
                `${name}-disk`,
                {
                    instance,
                    component: "postgres",
                    namespacePrefix: `${settings.namespaces.airflow}-database`,
                    podSecurity: PodSecurityLevel.Restricted,
                    claims: [{ noun: "claim", claimName: names.database, size, accessMode: "ReadWriteOnce" }],
                    storageClass,
                },
                { parent: this },
            ).namespace;
            this.claim = names.database;
        }

        this.registerOutputs({ namespace: this.namespace });
    }
}
