import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import type { MetricsSettings } from "../settings/metricsSettings";
import { metricsLabel, metricsPort } from "./scraping";

/** Arguments of {@link MonitoringObjects}. */
export interface MonitoringObjectsArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly metrics: MetricsSettings;
}

/** The alert rules, as a file of Prometheus has them. */
export interface AlertRules {
    readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

/** One alert rule. */
export interface AlertRule {
    readonly alert: string;
    readonly expr: string;
    readonly for?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
}

/** The alert rules of this component: `alerts.yaml`, which a Prometheus without the operator reads as it is. */
export function alertRules(): AlertRules {
    return parse(readFileSync(join(__dirname, "alerts.yaml"), "utf8")) as AlertRules;
}

/** The dashboards of this component, by file name. */
export function dashboards(): Record<string, string> {
    const folder = join(__dirname, "dashboards");
    const files = readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort();
    return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/**
 * What Prometheus and Grafana find by labels: where to read metrics, which alerts to raise, what to show.
 *
 * @see https://prometheus-operator.dev
 */
export class MonitoringObjects extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: MonitoringObjectsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:MonitoringObjects", name, {}, opts);

        const { instance } = args;
        const { grafanaDashboards, prometheusRule, serviceMonitor } = args.metrics;
        const metadata = (labels: Record<string, pulumi.Input<string>>, objectName: string = names.monitoring) => ({
            name: objectName,
            namespace: args.namespace.metadata.name,
            labels: { ...labels, ...objectLabels(instance, "monitoring") },
        });
        if (serviceMonitor !== undefined) {
            new k8s.apiextensions.CustomResource(
                `${name}-service-monitor`,
                {
                    apiVersion: "monitoring.coreos.com/v1",
                    kind: "ServiceMonitor",
                    metadata: metadata(serviceMonitor.labels),
                    spec: {
                        selector: { matchLabels: { ...metricsLabel, "app.kubernetes.io/instance": instance } },
                        endpoints: [
                            {
                                port: metricsPort,
                                interval: serviceMonitor.interval,
                                // An exporter may know a label of this name itself; none of these does.
                                honorLabels: false,
                            },
                        ],
                    },
                },
                { parent: this },
            );
        }
        if (prometheusRule !== undefined) {
            new k8s.apiextensions.CustomResource(
                `${name}-prometheus-rule`,
                {
                    apiVersion: "monitoring.coreos.com/v1",
                    kind: "PrometheusRule",
                    metadata: metadata(prometheusRule.labels),
                    spec: alertRules(),
                },
                { parent: this },
            );
        }
        if (grafanaDashboards !== undefined) {
            new k8s.core.v1.ConfigMap(
                `${name}-dashboards`,
                { metadata: metadata(grafanaDashboards.labels, names.dashboards), data: dashboards() },
                { parent: this },
            );
        }

        this.registerOutputs({});
    }
}
