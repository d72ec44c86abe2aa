import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../kubernetes/resourcesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** How Airflow's own metrics and traces are sent to a collector. */
export enum OpenTelemetryProtocol {
    /** OTLP over HTTP, port 4318 of most collectors. */
    Http = "http/protobuf",
    /** OTLP over gRPC, port 4317 of most collectors. */
    Grpc = "grpc",
}

/**
 * Metrics for Prometheus, and what reads them. Nothing of it is there unless it is asked for; `statsd: {}`, `state: {}` and one of
 * `serviceMonitor` and `scrapeAnnotations` are what a team is well served with.
 *
 * @see docs/monitoring.md
 */
export interface MetricsArgs {
    /**
     * What Airflow counts itself, such as tasks by state and how long they took: an exporter that processes and tasks report to.
     * `{}` makes one.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html
     */
    readonly statsd?: StatsdArgs;
    /**
     * The same to a collector of yours, in place of `statsd`.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html#setup-opentelemetry
     */
    readonly openTelemetry?: OpenTelemetryArgs;
    /**
     * What Airflow does not count: age of heartbeats, tasks that wait, import errors, the database, how full the volumes are and how
     * old the DAGs are. `{}` makes a pod that looks.
     * @default - none
     */
    readonly state?: StateMetricsArgs;
    /**
     * A ServiceMonitor for the Prometheus operator, whose kinds the cluster has to know. `{}` makes one.
     * @default - none
     * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
     */
    readonly serviceMonitor?: ServiceMonitorArgs;
    /**
     * Whether the pods with metrics have the annotations `prometheus.io/scrape`, `/port` and `/path`, by which a Prometheus without
     * the operator often finds them.
     * @default false
     */
    readonly scrapeAnnotations?: boolean;
    /**
     * The alert rules of this component as a PrometheusRule of the Prometheus operator. `{}` makes one. It needs `statsd` and `state`.
     * @default - none
     * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
     */
    readonly prometheusRule?: MonitoringObjectArgs;
    /**
     * The dashboards of this component as a ConfigMap, which Grafana's sidecar finds by its label. `{}` makes one.
     * @default - none
     * @see https://github.com/kiwigrid/k8s-sidecar
     */
    readonly grafanaDashboards?: MonitoringObjectArgs;
}

/** The exporter of what Airflow counts itself. */
export interface StatsdArgs {
    /**
     * Image of the exporter, with a tag or digest.
     * @default "quay.io/prometheus/statsd-exporter:v0.31.0"
     */
    readonly image?: pulumi.Input<string>;
    /** CPU and memory. It holds every series in memory: of a thousand tasks some ten thousand. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of its pod. Its container is called `statsd-exporter`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** A collector of OpenTelemetry. */
export interface OpenTelemetryArgs {
    /** Address of the collector, such as `http://collector.monitoring.svc:4318`, for processes and tasks. */
    readonly endpoint: pulumi.Input<string>;
    /**
     * How it is spoken to.
     * @default OpenTelemetryProtocol.Http
     */
    readonly protocol?: OpenTelemetryProtocol;
    /**
     * Whether runs and tasks are sent as traces, too.
     * @default false
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/traces.html
     */
    readonly traces?: boolean;
    /**
     * Key of a Secret with headers, such as `Authorization=Bearer%20...`, which you make in the namespaces `airflow` and `workers`.
     * Every task can read it.
     * @default - none
     * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
     */
    readonly headersSecret?: SecretKeyArgs;
}

/** The pod that looks at what Airflow does not count. It runs Airflow's image, knows the database, and mounts the volumes to read. */
export interface StateMetricsArgs {
    /** CPU and memory. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of its pod. Its container is called `state-metrics`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** An object that something finds by its labels. */
export interface MonitoringObjectArgs {
    /**
     * Labels beside the component's own, such as `release: prometheus`.
     * @default - those that are looked for unless told otherwise: none, and `grafana_dashboard: "1"` of dashboards
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
}

/** A ServiceMonitor. */
export interface ServiceMonitorArgs extends MonitoringObjectArgs {
    /**
     * Time between two looks, as Prometheus writes it.
     * @default "30s"
     */
    readonly interval?: string;
}
