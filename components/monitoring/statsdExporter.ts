import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import type { UserIds } from "../kubernetes/podSecurity";
import { httpCheck, livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { replacedWithData } from "../kubernetes/replacement";
import { serviceAccount } from "../kubernetes/serviceAccount";
import { airflowPodSpec } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import { singlePod } from "../pods/singlePod";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import type { MetricsSettings, StatsdSettings } from "../settings/metricsSettings";
import { metricsService, scrapeAnnotations } from "./scraping";
import { statsdMapping } from "./statsdMapping";

/** Arguments of {@link StatsdExporter}. */
export interface StatsdExporterArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    readonly metrics: MetricsSettings;
    readonly statsd: StatsdSettings;
}

/** The user of the official image. */
const exporterUser: UserIds = { uid: 65534, gid: 65534 };

const directory = paths.statsd;
const file = "mapping.yaml";

/**
 * Where processes and tasks report what they count, and Prometheus reads it. There is one: what it has counted is in its memory, and
 * a counter that begins anew is nothing that Prometheus does not know.
 *
 * @see https://github.com/prometheus/statsd_exporter
 */
export class StatsdExporter extends pulumi.ComponentResource {
    /** Its Service: Airflow looks for the address once as it starts, and gives up reporting where there is none. */
    public readonly service: k8s.core.v1.Service;

    /** @param name The unique name of this component. */
    constructor(name: string, args: StatsdExporterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:StatsdExporter", name, {}, opts);

        const { airflow, instance, statsd } = args;
        const namespace = args.namespace.metadata.name;
        const component = "statsd";
        const labels = objectLabels(instance, component);
        const metadata = { name: names.statsd, namespace, labels };
        this.service = metricsService(
            `${name}-service`,
            {
                instance,
                component,
                objectName: names.statsd,
                namespace,
                port: ports.statsdMetrics,
                ports: [{ name: "statsd", port: ports.statsd, targetPort: ports.statsd, protocol: "UDP" }],
            },
            { parent: this },
        );
        const { imagePullSecrets } = airflow;
        const account = serviceAccount(`${name}-account`, { metadata, imagePullSecrets }, this);
        const text = statsdMapping();
        const mapping = new k8s.core.v1.ConfigMap(
            `${name}-mapping`,
            {
                // Named by the provider: another mapping is another ConfigMap, which rolls the exporter.
                metadata: { namespace, labels },
                immutable: true,
                data: { [file]: text },
            },
            { parent: this, ...replacedWithData },
        );
        const template = {
            metadata: { labels, annotations: scrapeAnnotations(args.metrics, ports.statsdMetrics) },
            spec: airflowPodSpec({
                serviceAccount: names.statsd,
                imagePullSecrets,
                podUser: airflow.podUser,
                user: exporterUser,
                mounts: [
                    {
                        volume: { name: "mapping", configMap: { name: mapping.metadata.name } },
                        mount: { name: "mapping", mountPath: directory, readOnly: true },
                    },
                ],
                pod: { terminationGracePeriodSeconds: 5 },
                container: {
                    name: "statsd-exporter",
                    image: statsd.image,
                    args: [
                        `--statsd.mapping-config=${directory}/${file}`,
                        `--statsd.listen-udp=:${ports.statsd}`,
                        "--statsd.listen-tcp=",
                        `--web.listen-address=:${ports.statsdMetrics}`,
                    ],
                    ports: [
                        { name: "statsd", containerPort: ports.statsd, protocol: "UDP" },
                        { name: "metrics", containerPort: ports.statsdMetrics },
                    ],
                    startupProbe: startupProbe(httpCheck(ports.statsdMetrics, "/-/ready"), 1),
                    livenessProbe: livenessProbe(httpCheck(ports.statsdMetrics, "/-/healthy")),
                    readinessProbe: readinessProbe(httpCheck(ports.statsdMetrics, "/-/ready")),
                    resources: statsd.resources,
                },
            }),
        };
        // Of two, each would have a part of the numbers.
        singlePod(
            name,
            {
                metadata,
                selector: selectorLabels(instance, component),
                template,
                patches: [airflow.podTemplate, statsd.podTemplate],
            },
            { parent: this, dependsOn: account },
        );

        this.registerOutputs({});
    }
}
