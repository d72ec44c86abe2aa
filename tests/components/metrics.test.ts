import type * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery, OpenTelemetryProtocol, StorageKind } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, type Pod, pods, spec, waitsFor, workerPod } from "../support/objects";

type ServiceSpec = k8s.types.output.core.v1.ServiceSpec;

const build = (args: AirflowKubernetesArgs) => record(() => new AirflowKubernetes("airflow", args));

const podOf = (registrations: readonly Registration[], component: string): Pod => {
    const found = pods(registrations).find(
        ({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"] === component,
    );
    if (found === undefined) {
        throw new Error(`no pod of ${component}`);
    }
    return found;
};

/** Literal variables of the first container of a pod, those with a certain beginning. */
const variables = ({ spec: { containers } }: Pick<Pod, "spec">, beginning: RegExp) =>
    Object.fromEntries(
        containers[0].env
            .filter(({ name }) => beginning.test(name))
            .map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.secretKeyRef?.name]),
    );

const reporting = /^(AIRFLOW__(METRICS|TRACES)|OTEL)_/;
const processes = ["api-server", "scheduler", "dag-processor", "triggerer"];
const git = { delivery: DagDelivery.GitSync, git: { repository: "https://git.example.org/dags.git" } };

describe("metrics", () => {
    let all: Registration[];

    before(async () => {
        all = await build({
            dags: git,
            metrics: {
                statsd: {},
                state: {},
                serviceMonitor: { labels: { release: "prometheus" }, interval: "15s" },
                scrapeAnnotations: true,
                prometheusRule: { labels: { role: "alerts" } },
                grafanaDashboards: {},
            },
        });
    });

    it("are nowhere unless they are asked for", async () => {
        const without = await build({ dags: git });
        const names = objects(without).map((object) => metadata(object).name ?? "");
        expect(names.filter((name) => /statsd|metrics|monitoring|dashboards/.test(name))).to.deep.equal([]);
        for (const pod of [...processes.map((name) => podOf(without, name)), workerPod(without)]) {
            expect(variables(pod, reporting)).to.deep.equal({});
        }
        expect(variables(podOf(without, "git-sync"), /HTTP/)).to.deep.equal({ GITSYNC_HTTP_BIND: ":1234" });
        expect(podOf(without, "git-sync").metadata.annotations).to.equal(undefined);
    });

    it("are reported by processes and tasks alike, with DAG and task as tags", () => {
        for (const pod of [...processes.map((name) => podOf(all, name)), workerPod(all)]) {
            expect(variables(pod, reporting)).to.deep.equal({
                AIRFLOW__METRICS__STATSD_ON: "True",
                AIRFLOW__METRICS__STATSD_HOST: "airflow-statsd.airflow.svc.cluster.local",
                AIRFLOW__METRICS__STATSD_PORT: "8125",
                AIRFLOW__METRICS__STATSD_PREFIX: "airflow",
                AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED: "True",
                AIRFLOW__METRICS__LEGACY_NAMES_ON: "False",
            });
        }
    });

    it("change no Job, so that switching them on runs none again", async () => {
        const jobs = (registrations: readonly Registration[]) =>
            objects(registrations, "Job").map((job) => metadata(job).name);
        expect(jobs(all)).to.deep.equal(jobs(await build({ dags: git })));
    });

    it("have an address before a process starts that looks for it once", () => {
        for (const process of ["api-server", "scheduler", "dag-processor", "triggerer"]) {
            const kind = process === "triggerer" ? "StatefulSet" : "Deployment";
            const owner = `airflow-${process}-${kind === "Deployment" ? "deployment" : "stateful-set"}`;
            expect([...waitsFor(all, owner, kind)], process).to.include("airflow-statsd-service");
        }
    });

    it("are found by Prometheus: by Services of one label, and by annotations", () => {
        const monitor = named(all, "airflow-monitoring-service-monitor", "ServiceMonitor");
        expect(metadata(monitor).labels).to.include({ release: "prometheus" });
        expect(spec(monitor)).to.deep.include({
            selector: {
                matchLabels: { "airflow-kubernetes/metrics": "true", "app.kubernetes.io/instance": "airflow" },
            },
            endpoints: [{ port: "metrics", interval: "15s", honorLabels: false }],
        });
        const found = objects(all, "Service").filter(
            (service) => metadata(service).labels?.["airflow-kubernetes/metrics"] === "true",
        );
        const ports = found.map((service) => {
            const { ports, selector } = spec<ServiceSpec>(service);
            const { port } = ports.find(({ name }) => name === "metrics") ?? {};
            return [selector["app.kubernetes.io/component"], port];
        });
        expect(Object.fromEntries(ports)).to.deep.equal({ statsd: 9102, "state-metrics": 9103, "git-sync": 1234 });
        for (const [component, port] of ports) {
            const pod = podOf(all, component as string);
            expect(pod.metadata.annotations, component as string).to.include({
                "prometheus.io/scrape": "true",
                "prometheus.io/port": String(port),
                "prometheus.io/path": "/metrics",
            });
            const open = pod.spec.containers.flatMap(({ ports = [] }) =>
                ports.map(({ containerPort }) => containerPort),
            );
            expect(open, component as string).to.include(port);
        }
        expect(variables(podOf(all, "git-sync"), /METRICS/)).to.deep.equal({ GITSYNC_HTTP_METRICS: "true" });
    });

    it("come with the rules and dashboards of the repository", () => {
        const rule = named(all, "airflow-monitoring-prometheus-rule", "PrometheusRule");
        expect(metadata(rule).labels).to.include({ role: "alerts" });
        const { groups } = spec<{ groups: { rules: { alert: string }[] }[] }>(rule);
        expect(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))).to.include("AirflowGitSyncGone");
        const boards = named(all, "airflow-monitoring-dashboards", "ConfigMap");
        expect(metadata(boards).labels).to.include({ grafana_dashboard: "1" });
        expect(Object.keys(boards.inputs.data as object)).to.include("airflow-overview.json");
    });

    it("of the state come from a pod that mounts volumes to read, and gets nothing secret but the database", () => {
        const { spec: pod } = podOf(all, "state-metrics");
        const [container] = pod.containers;
        expect(container.volumeMounts.filter(({ name }) => name !== "tmp").every(({ readOnly }) => readOnly)).to.equal(
            true,
        );
        const secrets = container.env.flatMap(({ name, valueFrom }) => (valueFrom?.secretKeyRef ? [name] : []));
        expect(secrets).to.have.members([
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
        ]);
        const plan = JSON.parse((container.command as string[]).at(-1) ?? "");
        expect(plan).to.deep.equal({
            processes: { SchedulerJob: "scheduler", DagProcessorJob: "dag-processor", TriggererJob: "triggerer" },
            constants: { airflow_database_disk_bytes: 5 * 1024 ** 3 },
            volumes: { dags: "/opt/airflow/dags", logs: "/opt/airflow/logs" },
            delivery: "gitSync",
            link: "/opt/airflow/dags/git/current",
        });
    });

    it("of the state look at no more than there is", async () => {
        const { spec: pod } = podOf(
            await build({
                airflow: { fernetKey: `${"k".repeat(43)}=`, image: "registry.example.org/airflow:1" },
                dags: { delivery: DagDelivery.Image },
                hosting: undefined,
                storage: { kind: StorageKind.None },
                logs: { remote: { url: "s3://bucket/logs" } },
                database: { password: "a-password", external: { host: "db.example.org" } },
                triggerer: { replicas: 0 },
                metrics: { state: {} },
            }),
            "state-metrics",
        );
        expect(JSON.parse((pod.containers[0].command as string[]).at(-1) ?? "")).to.deep.equal({
            processes: { SchedulerJob: "scheduler", DagProcessorJob: "dag-processor" },
            constants: {},
            volumes: {},
            delivery: "image",
            link: "",
        });
        expect(pod.containers[0].volumeMounts.map(({ name }) => name)).to.have.members(["scripts", "tmp"]);
    });

    it("go to a collector of OpenTelemetry as well, with traces and a secret header", async () => {
        const registrations = await build({
            metrics: {
                openTelemetry: {
                    endpoint: "http://collector.monitoring.svc:4318",
                    traces: true,
                    headersSecret: { name: "collector", key: "headers" },
                },
            },
        });
        for (const pod of [...processes.map((name) => podOf(registrations, name)), workerPod(registrations)]) {
            expect(variables(pod, reporting)).to.deep.equal({
                AIRFLOW__METRICS__OTEL_ON: "True",
                AIRFLOW__METRICS__LEGACY_NAMES_ON: "False",
                AIRFLOW__TRACES__OTEL_ON: "True",
                OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.monitoring.svc:4318",
                OTEL_EXPORTER_OTLP_HEADERS: "collector",
                OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
                OTEL_SERVICE_NAME: "airflow",
                OTEL_TRACES_EXPORTER: "otlp_proto_http",
            });
        }
        const grpc = await build({
            metrics: {
                openTelemetry: {
                    endpoint: "http://collector:4317",
                    protocol: OpenTelemetryProtocol.Grpc,
                    traces: true,
                },
            },
        });
        expect(variables(workerPod(grpc), /^OTEL_(TRACES|EXPORTER_OTLP_P)/)).to.deep.equal({
            OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
            OTEL_TRACES_EXPORTER: "otlp_proto_grpc",
        });
        expect(objects(registrations).filter(({ type }) => kindOf(type) === "ServiceMonitor")).to.deep.equal([]);
    });
});
