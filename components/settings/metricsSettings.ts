import type * as pulumi from "@pulumi/pulumi";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { type ContainerResources, withDisk, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { type MetricsArgs, type MonitoringObjectArgs, OpenTelemetryProtocol } from "./metricsArgs";

/** The exporter that the tests run with. */
export const statsdImage = "quay.io/prometheus/statsd-exporter:v0.31.0";

/** {@link MetricsArgs} with nothing left open. What is undefined is not made. */
export interface MetricsSettings {
    readonly statsd?: StatsdSettings;
    readonly openTelemetry?: OpenTelemetrySettings;
    readonly state?: ExporterSettings;
    readonly serviceMonitor?: Required<MonitoringObjectArgs> & { readonly interval: string };
    readonly scrapeAnnotations: boolean;
    readonly prometheusRule?: Required<MonitoringObjectArgs>;
    readonly grafanaDashboards?: Required<MonitoringObjectArgs>;
}

/** Settings of a pod with metrics. */
export interface ExporterSettings {
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

/** Settings of the exporter of what Airflow counts. */
export interface StatsdSettings extends ExporterSettings {
    readonly image: pulumi.Input<string>;
}

/** Settings of a collector. */
export interface OpenTelemetrySettings {
    readonly endpoint: pulumi.Input<string>;
    readonly protocol: OpenTelemetryProtocol;
    readonly traces: boolean;
    readonly headersSecret?: SecretKeyArgs;
}

const statsdResources = withDisk(
    { requests: { cpu: "20m", memory: "64Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
    "256Mi",
);
const stateResources = withDisk(
    { requests: { cpu: "10m", memory: "48Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
    "256Mi",
);

/** Fills in every default of the metrics. */
export function metricsSettings(args: MetricsArgs = {}): MetricsSettings {
    const { statsd, openTelemetry, state, serviceMonitor, prometheusRule, grafanaDashboards } = args;
    return {
        statsd: statsd && {
            image: statsd.image ?? statsdImage,
            resources: withResources(statsdResources, statsd.resources),
            podTemplate: statsd.podTemplate,
        },
        openTelemetry: openTelemetry && {
            endpoint: openTelemetry.endpoint,
            protocol: openTelemetry.protocol ?? OpenTelemetryProtocol.Http,
            traces: openTelemetry.traces ?? false,
            headersSecret: openTelemetry.headersSecret,
        },
        state: state && {
            resources: withResources(stateResources, state.resources),
            podTemplate: state.podTemplate,
        },
        serviceMonitor: serviceMonitor && {
            labels: serviceMonitor.labels ?? {},
            interval: serviceMonitor.interval ?? "30s",
        },
        scrapeAnnotations: args.scrapeAnnotations ?? false,
        prometheusRule: prometheusRule && { labels: prometheusRule.labels ?? {} },
        grafanaDashboards: grafanaDashboards && { labels: grafanaDashboards.labels ?? { grafana_dashboard: "1" } },
    };
}

/** Whether Prometheus has something to read here: git-sync shows what it counts only then. */
export function hasMetrics({ statsd, state }: MetricsSettings): boolean {
    return statsd !== undefined || state !== undefined;
}
