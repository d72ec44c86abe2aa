import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { skipAwait } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { goesWith, type PlacedNamespace } from "../kubernetes/placedNamespace";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { RetainedClaims } from "../storage/retainedClaims";

/** Arguments of {@link PostgresDisk}. */
export interface PostgresDiskArgs {
    readonly instance: string;
    /** Airflow's namespace. */
    readonly namespace: PlacedNamespace;
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
                // Another class would be another claim of the same name, which could not be made while Postgres uses this one; and
                // with it the data would go. It goes with its namespace, or is deleted by itself where destroy leaves that. Should somebody turn `retain`
                // on while there are data, a claim in a namespace of the component's is left behind with them.
                {
                    parent: this,
                    ...goesWith(args.namespace),
                    ignoreChanges: ["spec.storageClassName"],
                    // Alias: this claim used to be a child of Postgres. Without it, Pulumi would try to create it again.
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
