import type * as k8s from "@pulumi/kubernetes";
import { names, ports } from "../kubernetes/names";
import { type Environment, fromSecret } from "../pods/environment";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { OpenTelemetryProtocol } from "../settings/metricsArgs";
import { metricPrefix } from "./statsdMapping";

/** What tells processes and tasks where to report to. Empty where nobody listens. */
export function metricsEnvironment({ airflow, metrics, namespaces }: AirflowSettings): Environment {
    const { statsd, openTelemetry } = metrics;
    return {
        ...(statsd && {
            AIRFLOW__METRICS__STATSD_ON: "True",
            AIRFLOW__METRICS__STATSD_HOST: `${names.statsd}.${namespaces.airflow}.svc.${airflow.clusterDomain}`,
            AIRFLOW__METRICS__STATSD_PORT: String(ports.statsd),
            AIRFLOW__METRICS__STATSD_PREFIX: metricPrefix,
            // DAG and task come as tags, so that no rule has to guess where in a name one ends: both may have dots.
            AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED: "True",
            // Otherwise each number is reported a second time, with DAG and task in its name.
            AIRFLOW__METRICS__LEGACY_NAMES_ON: "False",
        }),
        ...(openTelemetry && {
            AIRFLOW__METRICS__OTEL_ON: "True",
            AIRFLOW__METRICS__LEGACY_NAMES_ON: "False",
            OTEL_EXPORTER_OTLP_ENDPOINT: openTelemetry.endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL: openTelemetry.protocol,
            OTEL_SERVICE_NAME: namespaces.airflow,
            ...(openTelemetry.traces && {
                AIRFLOW__TRACES__OTEL_ON: "True",
                // Airflow picks the exporter of traces by this name, and not by the protocol.
                OTEL_TRACES_EXPORTER:
                    openTelemetry.protocol === OpenTelemetryProtocol.Grpc ? "otlp_proto_grpc" : "otlp_proto_http",
            }),
        }),
    };
}

/** What of it is secret, by reference. */
export function metricsSecrets({ metrics }: AirflowSettings): k8s.types.input.core.v1.EnvVar[] {
    const headers = metrics.openTelemetry?.headersSecret;
    return headers === undefined ? [] : [fromSecret("OTEL_EXPORTER_OTLP_HEADERS", headers)];
}
