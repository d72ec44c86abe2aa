import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { skipAwait } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { type PodSecurityLevel, podSecurityLabels } from "../kubernetes/podSecurity";

/** A claim that outlives its stack. */
export interface RetainedClaim {
    /** Data on it; part of the names of resources. */
    readonly noun: string;
    /** Its name. */
    readonly claimName: string;
    /** A Kubernetes quantity. */
    readonly size: pulumi.Input<string>;
    readonly accessMode: "ReadWriteMany" | "ReadWriteOnce";
}

/** Arguments of {@link RetainedClaims}. */
export interface RetainedClaimsArgs {
    readonly instance: string;
    /** Label `app.kubernetes.io/component` of the objects. */
    readonly component: string;
    /** Prefix of the namespace's name. */
    readonly namespacePrefix: string;
    /** Pod Security Standard that the pods which use the claims need. */
    readonly podSecurity: PodSecurityLevel;
    readonly claims: readonly RetainedClaim[];
    /** The cluster's default class when it is left out. */
    readonly storageClass?: pulumi.Input<string>;
}

/**
 * Claims that outlive their stack, in a namespace that does, too: a namespace takes its claims with it. Both are left by
 * `destroy`, and an object that exists cannot be made again; so the namespace has a name that no other installation uses.
 */
export class RetainedClaims extends pulumi.ComponentResource {
    /** Name of the namespace. */
    public readonly namespace: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: RetainedClaimsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:RetainedClaims", name, {}, opts);

        const labels = objectLabels(args.instance, args.component);
        // Another class has other claims, and the earlier ones stay: they may hold data.
        const keepers = { storageClass: args.storageClass ?? "", prefix: args.namespacePrefix };
        const suffix = new random.RandomId(
            `${name}-suffix`,
            { byteLength: 4, keepers },
            // The first prefix is kept: data stay where they are when the names of other namespaces change.
            { parent: this, ignoreChanges: ["keepers.prefix"] },
        );
        const prefix = suffix.keepers.apply((kept) => kept?.prefix ?? args.namespacePrefix);
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: pulumi.interpolate`${prefix}-${suffix.hex}`,
                    labels: { ...labels, ...podSecurityLabels(args.podSecurity, args.podSecurity) },
                },
            },
            { parent: this, retainOnDelete: true },
        );
        for (const { noun, claimName, size, accessMode } of args.claims) {
            new k8s.core.v1.PersistentVolumeClaim(
                `${name}-${noun}`,
                {
                    metadata: {
                        name: claimName,
                        namespace: namespace.metadata.name,
                        labels,
                        annotations: skipAwait,
                    },
                    spec: {
                        accessModes: [accessMode],
                        resources: { requests: { storage: size } },
                        ...(args.storageClass !== undefined && { storageClassName: args.storageClass }),
                    },
                },
                { parent: this, retainOnDelete: true },
            );
        }

        this.namespace = namespace.metadata.name;
        this.registerOutputs({ namespace: this.namespace });
    }
}
