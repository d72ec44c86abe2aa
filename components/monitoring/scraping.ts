import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { skipAwait } from "../kubernetes/annotations";
import { type Labels, objectLabels, selectorLabels } from "../kubernetes/labels";
import type { MetricsSettings } from "../settings/metricsSettings";

/** Label of the Services that a ServiceMonitor selects, which others of the installation do not have. */
export const metricsLabel: Labels = { "airflow-kubernetes/metrics": "true" };

/** Name of the port of each of these Services. */
export const metricsPort = "metrics";

/** What a Prometheus without the operator finds a pod by; nothing unless it is asked for. */
export function scrapeAnnotations({ scrapeAnnotations: asked }: MetricsSettings, port: number): Labels {
    return asked
        ? { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": "/metrics" }
        : {};
}

/** A Service of pods with metrics. */
export interface MetricsService {
    readonly instance: string;
    /** Label of the pods. */
    readonly component: string;
    readonly objectName: string;
    readonly namespace: pulumi.Input<string>;
    readonly port: number;
    /** Further ports. */
    readonly ports?: readonly k8s.types.input.core.v1.ServicePort[];
}

/** Makes the Service by which Prometheus finds pods. */
export function metricsService(
    name: string,
    { component, instance, namespace, objectName, port, ports = [] }: MetricsService,
    opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
    return new k8s.core.v1.Service(
        name,
        {
            metadata: {
                name: objectName,
                namespace,
                labels: { ...objectLabels(instance, component), ...metricsLabel },
                // Who reports to it does not wait for its pod.
                annotations: skipAwait,
            },
            spec: {
                selector: selectorLabels(instance, component),
                ports: [{ name: metricsPort, port, targetPort: port, protocol: "TCP" }, ...ports],
            },
        },
        { ...opts },
    );
}
