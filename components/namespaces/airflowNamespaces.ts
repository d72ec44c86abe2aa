import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { NamespaceNames } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import { PodSecurityLevel, podSecurityLabels } from "../kubernetes/podSecurity";
import type { AddedMetadata } from "../validation/metadata";

/** Arguments of {@link AirflowNamespaces}. */
export interface AirflowNamespacesArgs {
    /** Label `app.kubernetes.io/instance` of all objects. */
    readonly instance: string;
    readonly names: NamespaceNames;
    /** Labels and annotations of the user's. */
    readonly added: AddedMetadata;
    /** Pod Security Standard enforced on the workers' namespace. */
    readonly workersPodSecurity: PodSecurityLevel;
}

/**
 * The namespaces: Airflow with its secrets, task pods, and what needs more rights than either.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export class AirflowNamespaces extends pulumi.ComponentResource {
    /** Airflow's processes, the database, all secrets. */
    public readonly airflow: k8s.core.v1.Namespace;
    /** Task pods. */
    public readonly workers: k8s.core.v1.Namespace;
    /** The Job that prepares the volumes. */
    public readonly storage: k8s.core.v1.Namespace;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowNamespacesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowNamespaces", name, args, opts);

        const namespace = (
            noun: keyof NamespaceNames,
            enforced: PodSecurityLevel,
            warned = PodSecurityLevel.Restricted,
        ) =>
            new k8s.core.v1.Namespace(
                `${name}-${noun}`,
                {
                    metadata: {
                        name: args.names[noun],
                        labels: {
                            ...args.added.labels,
                            ...objectLabels(args.instance, "namespace"),
                            ...podSecurityLabels(enforced, warned),
                        },
                        ...(args.added.annotations && { annotations: args.added.annotations }),
                    },
                },
                { parent: this },
            );

        this.airflow = namespace("airflow", PodSecurityLevel.Restricted);
        this.workers = namespace("workers", args.workersPodSecurity);
        // Its Job changes the owner of directories, which only root may; `baseline` leaves it no more than that.
        this.storage = namespace("storage", PodSecurityLevel.Baseline, PodSecurityLevel.Baseline);

        this.registerOutputs({ airflow: this.airflow, workers: this.workers, storage: this.storage });
    }
}
