import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { PodSecurityLevel, podSecurityLabels } from "../kubernetes/podSecurity";
import type { NamespaceNames } from "../settings/airflowKubernetesDefaults";
import type { AddedMetadata } from "../validation/metadata";

/** Arguments of {@link AirflowNamespaces}. */
export interface AirflowNamespacesArgs {
    /** Label `app.kubernetes.io/instance` of all objects. */
    readonly instance: string;
    readonly names: NamespaceNames;
    /** Whether they are made; otherwise they exist. */
    readonly create: boolean;
    /** Whether there are volumes to prepare, and so a namespace for that. */
    readonly storage: boolean;
    /** Labels and annotations of the user's. */
    readonly added: AddedMetadata;
    /** Pod Security Standard enforced on the workers' namespace. */
    readonly workersPodSecurity: PodSecurityLevel;
}

/**
 * The namespaces: for Airflow with its secrets, for task pods, and for pods that need more rights.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export class AirflowNamespaces extends pulumi.ComponentResource {
    /** Airflow's processes, the database, all secrets. */
    public readonly airflow: PlacedNamespace;
    /** Task pods. */
    public readonly workers: PlacedNamespace;
    /** The Job that prepares the volumes, where there are some to prepare. */
    public readonly storage?: PlacedNamespace;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowNamespacesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowNamespaces", name, args, opts);

        const namespace = (
            noun: keyof NamespaceNames,
            enforced: PodSecurityLevel,
            warned = PodSecurityLevel.Restricted,
        ): PlacedNamespace => {
            if (!args.create) {
                return { metadata: { name: pulumi.output(args.names[noun]) } };
            }
            const made = new k8s.core.v1.Namespace(
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
            return { metadata: made.metadata, made };
        };

        this.airflow = namespace("airflow", PodSecurityLevel.Restricted);
        this.workers = namespace("workers", args.workersPodSecurity);
        // Its Job changes the owner of directories, which only root may; `baseline` leaves it no more than that.
        this.storage = args.storage
            ? namespace("storage", PodSecurityLevel.Baseline, PodSecurityLevel.Baseline)
            : undefined;

        this.registerOutputs({
            airflow: this.airflow.metadata.name,
            workers: this.workers.metadata.name,
            storage: this.storage?.metadata.name,
        });
    }

    /** One of them, which has to be there. */
    public of(noun: keyof NamespaceNames): PlacedNamespace {
        const namespace = this[noun];
        if (namespace === undefined) {
            throw new Error(`There is no namespace for ${noun}.`);
        }
        return namespace;
    }
}
