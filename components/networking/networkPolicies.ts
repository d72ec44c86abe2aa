import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { databaseClients } from "../database/databaseClients";
import { isolated } from "../kubernetes/isolated";
import { type Labels, objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { DagDelivery } from "../settings/dagsArgs";
import { hasMetrics } from "../settings/metricsSettings";
import { sharesVolumes } from "../settings/storageSettings";

type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;
type NetworkPolicyIngressRule = k8s.types.input.networking.v1.NetworkPolicyIngressRule;
type NetworkPolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** Arguments of {@link NetworkPolicies}. */
export interface NetworkPoliciesComponentArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly settings: AirflowSettings;
    /** Namespace of the component's own Postgres, if there is one. */
    readonly postgres?: pulumi.Input<string>;
}

/** Pods that open no connection at all: what they work on lies on a shared volume. */
const offline = ["log-cleanup", "load-dags"] as const;

/**
 * Who may open connections to which pods. Pods of the installation are closed, and opened for what Airflow needs: the policies of
 * the database and of Airflow's processes are what keeps tasks from them.
 *
 * What pods open to the outside stays free but for those that have no business there: databases, buckets, repositories and the
 * Kubernetes API may have any address, and policies on addresses mean different things to different networks. The node of a pod
 * may always reach it, so probes need no rule. The policies of the NFS server and of the Job that prepares volumes
 * are made with these.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class NetworkPolicies extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: NetworkPoliciesComponentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:NetworkPolicies", name, {}, opts);

        const { instance, namespaces, postgres, settings } = args;
        const { apiServer, database, metrics: readers, workers } = settings.networkPolicies;
        const airflow = namespaces.airflow.metadata.name;
        const policy = (noun: string, objectName: string, namespace: pulumi.Input<string>, spec: NetworkPolicySpec) =>
            new k8s.networking.v1.NetworkPolicy(
                `${name}-${noun}`,
                { metadata: { name: objectName, namespace, labels: objectLabels(instance, "network-policies") }, spec },
                { parent: this },
            );

        policy("airflow", names.isolation, airflow, isolated(ofInstallation(instance)));
        if (sharesVolumes(settings)) {
            policy("offline", names.offline, airflow, {
                podSelector: components(instance, offline),
                policyTypes: ["Egress"],
            });
        }
        const tasks = inNamespace(namespaces.workers.metadata.name);
        const own: NetworkPolicyPeer = { podSelector: { matchLabels: ofInstallation(instance) } };
        const isApart = settings.executionApi !== undefined;
        policy("api-server", names.apiServer, airflow, {
            podSelector: { matchLabels: selectorLabels(instance, "api-server") },
            policyTypes: ["Ingress"],
            ingress: [
                {
                    ...(apiServer && { from: [...(isApart ? [] : [tasks]), own, ...apiServer] }),
                    ports: [{ protocol: "TCP", port: ports.apiServer }],
                },
            ],
        });
        if (isApart) {
            policy("execution-api", names.executionApi, airflow, {
                podSelector: { matchLabels: selectorLabels(instance, "execution-api") },
                policyTypes: ["Ingress"],
                ingress: [{ from: [tasks], ports: [{ protocol: "TCP", port: ports.apiServer }] }],
            });
        }
        policy("triggerer", names.triggerer, airflow, {
            podSelector: { matchLabels: selectorLabels(instance, "triggerer") },
            policyTypes: ["Ingress"],
            ingress: [
                {
                    from: [{ podSelector: { matchLabels: selectorLabels(instance, "api-server") } }],
                    ports: [{ protocol: "TCP", port: ports.triggererLogs }],
                },
            ],
        });
        const read = (port: number): NetworkPolicyIngressRule => ({
            ...(readers && { from: readers }),
            ports: [{ protocol: "TCP", port }],
        });
        if (settings.metrics.statsd !== undefined) {
            policy("statsd", names.statsd, airflow, {
                podSelector: { matchLabels: selectorLabels(instance, "statsd") },
                policyTypes: ["Ingress"],
                ingress: [
                    {
                        from: [
                            inNamespace(namespaces.workers.metadata.name),
                            { podSelector: { matchLabels: ofInstallation(instance) } },
                        ],
                        ports: [{ protocol: "UDP", port: ports.statsd }],
                    },
                    read(ports.statsdMetrics),
                ],
            });
        }
        if (settings.metrics.state !== undefined) {
            policy("state-metrics", names.stateMetrics, airflow, {
                podSelector: { matchLabels: selectorLabels(instance, "state-metrics") },
                policyTypes: ["Ingress"],
                ingress: [read(ports.stateMetrics)],
            });
        }
        if (hasMetrics(settings.metrics) && settings.dags.delivery === DagDelivery.GitSync) {
            policy("git-sync", names.gitSync, airflow, {
                podSelector: { matchLabels: selectorLabels(instance, "git-sync") },
                policyTypes: ["Ingress"],
                ingress: [read(ports.gitSync)],
            });
        }
        policy("workers", names.worker, namespaces.workers.metadata.name, {
            ...isolated(selectorLabels(instance, "worker")),
            ...(workers.length > 0 && { ingress: [{ from: workers }] }),
        });
        if (postgres !== undefined) {
            policy("postgres", names.postgres, postgres, {
                podSelector: { matchLabels: selectorLabels(instance, "postgres") },
                policyTypes: ["Ingress", "Egress"],
                ingress: [
                    {
                        from: [inNamespace(airflow, components(instance, databaseClients)), ...database],
                        ports: [{ protocol: "TCP", port: ports.postgres }],
                    },
                ],
            });
        }

        this.registerOutputs({});
    }
}

/** Labels that all pods of an installation have but those that its tasks make. */
function ofInstallation(instance: string): Labels {
    const { "app.kubernetes.io/component": _component, ...labels } = selectorLabels(instance, "");
    return labels;
}

function components(instance: string, values: readonly string[]): k8s.types.input.meta.v1.LabelSelector {
    return {
        matchLabels: ofInstallation(instance),
        matchExpressions: [{ key: "app.kubernetes.io/component", operator: "In", values: [...values] }],
    };
}

/** Pods of a namespace, which Kubernetes labels with its name. */
function inNamespace(
    namespace: pulumi.Input<string>,
    podSelector: k8s.types.input.meta.v1.LabelSelector = {},
): NetworkPolicyPeer {
    return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } }, podSelector };
}
