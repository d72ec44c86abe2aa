import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { airflowNames } from "../pods/reservedNames";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { OpenTelemetryProtocol } from "../settings/metricsArgs";
import { hasMetrics, type OpenTelemetrySettings } from "../settings/metricsSettings";
import { check, checkText, oneOf, pinnedImage, resources } from "../validation/checks";
import { addedMetadataProblems } from "../validation/metadata";
import type { Problem } from "../validation/problems";
import { keyProblems } from "../validation/secrets";

/** Everything that is wrong with the metrics. What is not known yet is taken as right. */
export function metricsProblems({ metrics }: Pick<AirflowSettings, "metrics">): Problem[] {
    const { grafanaDashboards, openTelemetry, prometheusRule, serviceMonitor, statsd, state } = metrics;
    const pod = { reserved: airflowNames, podSecurity: PodSecurityLevel.Restricted };
    const read = hasMetrics(metrics);
    const objects = { serviceMonitor, prometheusRule, grafanaDashboards };
    return [
        ...check(
            statsd === undefined || openTelemetry === undefined,
            "metrics.openTelemetry",
            undefined,
            "either this or metrics.statsd: Airflow reports to one of them",
        ),
        ...(statsd === undefined
            ? []
            : [
                  ...pinnedImage("metrics.statsd.image", statsd.image),
                  ...resources("metrics.statsd.resources", statsd.resources),
                  ...podTemplateProblems("metrics.statsd.podTemplate", statsd.podTemplate, {
                      ...pod,
                      container: "statsd-exporter",
                      imageArgument: "metrics.statsd.image",
                  }),
              ]),
        ...(openTelemetry === undefined ? [] : openTelemetryProblems(openTelemetry)),
        ...(state === undefined
            ? []
            : [
                  ...resources("metrics.state.resources", state.resources),
                  ...podTemplateProblems("metrics.state.podTemplate", state.podTemplate, {
                      ...pod,
                      container: "state-metrics",
                      imageArgument: "airflow.image",
                  }),
              ]),
        ...Object.entries(objects).flatMap(([noun, object]) =>
            addedMetadataProblems(`metrics.${noun}`, { labels: object?.labels }, ["app.kubernetes.io/"]),
        ),
        ...check(
            serviceMonitor === undefined || /^([1-9]\d*(ms|s|m|h))+$/.test(serviceMonitor.interval),
            "metrics.serviceMonitor.interval",
            serviceMonitor?.interval,
            "a duration of Prometheus, such as 30s",
        ),
        ...check(
            serviceMonitor === undefined || read,
            "metrics.serviceMonitor",
            undefined,
            "only with metrics.statsd or metrics.state, which it lets Prometheus find",
        ),
        ...check(
            !metrics.scrapeAnnotations || read,
            "metrics.scrapeAnnotations",
            true,
            "true only with metrics.statsd or metrics.state, which it lets Prometheus find",
        ),
        ...check(
            prometheusRule === undefined || (statsd !== undefined && state !== undefined),
            "metrics.prometheusRule",
            undefined,
            "only with metrics.statsd and metrics.state, whose numbers the alerts are about",
        ),
    ];
}

function openTelemetryProblems({ endpoint, headersSecret, protocol }: OpenTelemetrySettings): Problem[] {
    return [
        ...checkText(
            "metrics.openTelemetry.endpoint",
            endpoint,
            (known) => /^https?:\/\/[^\s@?#]+$/.test(known) && URL.canParse(known),
            "an http or https URL without user, query or fragment, such as http://collector.monitoring.svc:4318",
        ),
        ...oneOf("metrics.openTelemetry.protocol", protocol, OpenTelemetryProtocol),
        ...keyProblems("metrics.openTelemetry.headersSecret", headersSecret),
    ];
}
