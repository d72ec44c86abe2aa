import { stringify } from "yaml";
import { type AirflowMetric, airflowMetrics } from "./airflowMetrics";

/** A rule of the exporter: how one metric that is reported becomes one of Prometheus's. */
export interface MappingRule {
    readonly match: string;
    readonly match_type?: "regex";
    readonly match_metric_type: "counter" | "gauge" | "observer";
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
}

/** What all names begin with, reported ones with a dot and Prometheus's with an underscore. */
export const metricPrefix = "airflow";

/** Ends of the names of timers: what Prometheus makes of a histogram. */
export const histogramSuffixes = ["_bucket", "_count", "_sum"] as const;

/**
 * The exporter's configuration for the metrics of Airflow 3.3. Airflow says of which DAG and task a number is in tags, so names are
 * what its registry has, and a rule is there for the units that Prometheus's names end with. What a provider reports beside the
 * registry comes through by its own name.
 *
 * @see https://github.com/prometheus/statsd_exporter#metric-mapping-and-configuration
 */
export function statsdMapping(): string {
    return stringify({ defaults, mappings: airflowMetrics().metrics.map(mappingRule) }, { lineWidth: 0 });
}

const defaults = {
    observer_type: "histogram",
    // A parse takes a fraction of a second, a task hours.
    histogram_options: { buckets: [0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400] },
    // What nobody has reported for a day, such as the numbers of a DAG that is gone, goes.
    ttl: "24h",
};

/** The rule of one metric. */
export function mappingRule({ name, type }: AirflowMetric): MappingRule {
    const variables = [...name.matchAll(/\{(\w+)\}/g)].map(([, variable]) => variable);
    const common = {
        match_metric_type: type === "timer" ? ("observer" as const) : type,
        name: prometheusName({ name, type }),
    };
    if (variables.length === 0) {
        return { match: `${metricPrefix}.${name}`, ...common };
    }
    // A part of a name may hold anything, and stand beside letters, which the exporter's simpler patterns cannot say.
    const escaped = name.split(/\{\w+\}/).map((part) => part.replace(/[.-]/g, "\\$&"));
    return {
        match: `^${metricPrefix}\\.${escaped.join("(.+)")}$`,
        match_type: "regex",
        ...common,
        labels: Object.fromEntries(variables.map((variable, index) => [variable, `$${index + 1}`])),
    };
}

/** What Prometheus knows a metric by: its unit at the end, and no dots. Of a timer it has three, with the suffixes of a histogram. */
export function prometheusName({ name, type }: AirflowMetric): string {
    const words = name
        .replaceAll(/\{\w+\}/g, "")
        .replaceAll(/[^A-Za-z0-9]+/g, "_")
        .replaceAll(/^_|_$/g, "");
    const units = { counter: "_total", gauge: "", timer: "_seconds" };
    return `${metricPrefix}_${words}${units[type]}`;
}

/** Every name that Prometheus may know a metric of Airflow's by. */
export function prometheusNames(): string[] {
    return airflowMetrics().metrics.flatMap((metric) =>
        metric.type === "timer"
            ? histogramSuffixes.map((suffix) => `${prometheusName(metric)}${suffix}`)
            : [prometheusName(metric)],
    );
}
