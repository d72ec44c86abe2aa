import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { extract } from "tar";
import { alertRules } from "../../../components/monitoring/monitoringObjects";
import { prometheusNames } from "../../../components/monitoring/statsdMapping";
import { waitFor } from "../../../local/support/deadline";
import { goModuleFiles, goTool } from "../../../local/tools/goTools";
import { grafanaCases, promtoolCases } from "../../support/monitoring";
import { type KnownSecret, secretForms, secretsIn } from "../../support/secretForms";
import { defineCustomResources, removeCustomResources } from "../support/customResources";
import { Installation, testPrefix } from "../support/installation";
import { kube } from "../support/kubernetes";
import { Prometheus } from "../support/prometheus";
import { TestServers } from "../support/testServers";
import { versionDag } from "./dags";
import { once } from "./once";

const dagId = "watched";

/** A secret that a careless user also writes where everybody reads it. */
const careless = `careless-${randomBytes(9).toString("base64url")}/+=`;

/** What the Prometheus operator's own module says of the kinds that are made here. */
async function operatorDefinitions(): Promise<string[]> {
    const files = await goModuleFiles("prometheus-operator", "github.com/prometheus-operator/prometheus-operator");
    return ["prometheusrules", "servicemonitors"].map((plural) =>
        join(files, "example", "prometheus-operator-crd", `monitoring.coreos.com_${plural}.yaml`),
    );
}

describe("An installation that is watched", () => {
    const on = Installation.modest(`${testPrefix}-watched`);
    const { namespaces } = on;
    const gitSync = ["deployment/airflow-git-sync", "--namespace", namespaces.airflow];
    let prometheus: Prometheus | undefined;

    after(async () => {
        await prometheus?.stop();
        await on.end();
        await removeCustomResources(await operatorDefinitions());
    });

    const installed = once("the installation", async () => {
        const servers = await TestServers.shared();
        const repository = await servers.repository("watched", "https");
        await repository.commit({ "watched.py": versionDag(dagId, 1) });
        await defineCustomResources(await operatorDefinitions());
        on.configure({
            dags: { delivery: "gitSync", git: repository.settings, gitSync: { periodSeconds: 5 } },
            ...repository.secrets,
            metrics: {
                ...{ statsd: {}, state: {}, scrapeAnnotations: true, grafanaDashboards: {} },
                ...{ serviceMonitor: { labels: { release: "prometheus" } }, prometheusRule: {} },
            },
            variables: { careless },
            airflow: { env: [{ name: "CARELESS", value: careless }] },
        });
        await on.up();
        return repository;
    });
    const watched = once("Prometheus", async () => {
        await installed();
        prometheus = await Prometheus.started([namespaces.airflow]);
        const made = prometheus;
        await waitFor(async () => (await made.answering()) === 3, {
            within: 120_000,
            what: "three targets of Prometheus's",
            explain: made.explain,
        });
        return made;
    });
    const ran = once("a run", async () => {
        const made = await watched();
        const state = await on.runEnds(dagId, await on.trigger(dagId));
        return { made, state };
    });

    /** Waits until a query has a result that fits. */
    async function seen(
        made: Prometheus,
        expr: string,
        fits: (value: number) => boolean = () => true,
    ): Promise<number> {
        return await waitFor(
            async () => {
                const [first] = await made.query(expr);
                return first !== undefined && fits(first.value) && { value: first.value };
            },
            {
                within: 120_000,
                what: expr,
                explain: async () => `${await made.explain()}\n${JSON.stringify(await made.query(expr))}`,
            },
        ).then(({ value }) => value);
    }

    const inNamespace = `namespace="${namespaces.airflow}"`;

    it("shows a task that ran, by the pod of the task itself and by the scheduler", async () => {
        const { made, state } = await ran();
        expect(state).to.equal("success");
        const task = `${inNamespace}, dag_id="${dagId}", task_id="tell"`;
        // From the pod of the task, through the NetworkPolicies.
        await seen(made, `airflow_ti_finish_total{${task}, state="success"}`, (count) => count === 1);
        const took = await seen(made, `airflow_task_duration_seconds_sum{${task}}`);
        expect(took).to.be.within(0, 120);
        // From the scheduler.
        await seen(made, `airflow_dagrun_duration_success_seconds_count{${inNamespace}, dag_id="${dagId}"}`);
        await seen(made, `airflow_scheduler_heartbeat_total{${inNamespace}}`, (count) => count > 0);
        await seen(made, `airflow_dag_processor_heartbeat_total{${inNamespace}}`, (count) => count > 0);
    });

    it("knows each metric that Airflow reports, or it is a provider's own", async () => {
        const { made } = await ran();
        const names = (
            await made.query(`group by (__name__) ({__name__=~"airflow_.+", pod=~"airflow-statsd-.+"})`)
        ).map(({ labels }) => labels.__name__);
        expect(names.length).to.be.greaterThan(20);
        const known = new Set(prometheusNames());
        expect(names.filter((name) => !known.has(name) && !/^airflow_kubernetes_executor_/.test(name))).to.deep.equal(
            [],
        );
    });

    it("shows the state of database, volumes, heartbeats and DAGs", async () => {
        const { made } = await ran();
        expect(await seen(made, `airflow_database_up{${inNamespace}}`)).to.equal(1);
        expect(await seen(made, `airflow_database_connections{${inNamespace}}`)).to.be.within(1, 100);
        expect(await seen(made, `airflow_dags{${inNamespace}}`)).to.equal(1);
        expect(await seen(made, `airflow_import_errors{${inNamespace}}`)).to.equal(0);
        expect(await seen(made, `airflow_heartbeat_age_seconds{${inNamespace}, process="scheduler"}`)).to.be.below(60);
        expect(await seen(made, `airflow_volume_available_bytes{${inNamespace}, volume="logs"}`)).to.be.greaterThan(0);
        expect(await seen(made, `time() - airflow_dags_changed_timestamp_seconds{${inNamespace}}`)).to.be.below(3_600);
        expect(await seen(made, `time() - airflow_dags_commit_timestamp_seconds{${inNamespace}}`)).to.be.below(3_600);
        await seen(made, `git_sync_count_total{${inNamespace}, status="noop"}`, (count) => count > 0);
    });

    it("tells the Prometheus operator where to look, and its alerts, in words that the operator's own definitions know", async () => {
        await installed();
        const made = async <Spec>(plural: string) => {
            const text = await kube([
                "get",
                plural,
                "airflow-monitoring",
                "--namespace",
                namespaces.airflow,
                "--output",
                "json",
            ]);
            return JSON.parse(text) as { metadata: { labels: Record<string, string> }; spec: Spec };
        };
        // The API server leaves out what a definition does not know, and refuses what it forbids.
        const rule = await made<object>("prometheusrules");
        expect(rule.spec).to.deep.equal(alertRules());
        const { metadata, spec } = await made<{
            endpoints: { port: string; interval: string }[];
            selector: { matchLabels: Record<string, string> };
        }>("servicemonitors");
        expect(metadata.labels.release).to.equal("prometheus");
        const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
        const selected = ["services", "--namespace", namespaces.airflow, "--selector", labels.join(",")];
        const names = '{range .items[*]}{.metadata.name} {.spec.ports[*].name}{"\\n"}{end}';
        const services = (await kube(["get", ...selected, `--output=jsonpath=${names}`])).trim().split("\n").sort();
        expect(services.map((line) => line.split(" ")[0])).to.deep.equal([
            "airflow-git-sync",
            "airflow-state-metrics",
            "airflow-statsd",
        ]);
        for (const line of services) {
            expect(line.split(" ").slice(1), line).to.include(spec.endpoints[0]?.port);
        }
    });

    it("raises no alert while all is well", async () => {
        const { made } = await ran();
        const raised = (await made.alerts()).filter(({ state }) => state === "firing");
        expect(raised.map(({ labels }) => labels.alertname)).to.deep.equal([]);
        expect((await made.query("ALERTS")).length).to.be.at.most(alertRules().groups.length);
        expect((await on.makeWell("status")).stdout).to.contain("All is well");
    });

    it("raises an alert when git-sync is gone, which ends when it is back", async () => {
        const { made } = await ran();
        const alert = async () =>
            (await made.alerts()).find(
                ({ labels }) => labels.alertname === "AirflowGitSyncGone" && labels.namespace === namespaces.airflow,
            );
        await kube(["scale", ...gitSync, "--replicas", "0"]);
        try {
            const raised = await waitFor(
                async () => {
                    const found = await alert();
                    return found?.state === "firing" && found;
                },
                { within: 300_000, what: "the alert", explain: made.explain },
            );
            expect(raised.annotations.summary).to.equal(`git-sync of Airflow in ${namespaces.airflow} is not there`);
        } finally {
            await kube(["scale", ...gitSync, "--replicas", "1"]);
        }
        await waitFor(async () => (await alert()) === undefined, {
            within: 180_000,
            what: "the end of the alert",
            explain: made.explain,
        });
    });

    it("tells in make status of a token that opens nothing any more, and what to do", async () => {
        const repository = await installed();
        await repository.setToken("another-token-0");
        try {
            const told = await waitFor(
                async () => {
                    const { code, stdout } = await on.make("status");
                    return code !== 0 && stdout;
                },
                { within: 120_000, every: 5_000, what: "a status that is not well", explain: on.explain },
            );
            expect(told).to.match(/Wrong\n +git-sync does not reach its repository/);
            expect(told).to.match(/To do\n +git-sync does not reach its repository[^:]*: another token or key/);
        } finally {
            await repository.setToken(repository.secrets.gitToken ?? "");
        }
    });

    describe("make report", () => {
        const reported = once("the report", async () => {
            await ran();
            const folder = on.folder("report");
            const file = join(folder, "report.tar.gz");
            const made = await on.makeWell("report", { OUT: file });
            const out = join(folder, "out");
            mkdirSync(out, { recursive: true });
            await extract({ file, cwd: out, strip: 1 });
            const paths = readdirSync(out, { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map((entry) => join(entry.parentPath, entry.name));
            const texts = Object.fromEntries(
                paths.map((path) => [path.slice(out.length + 1), readFileSync(path, "utf8")]),
            );
            return { made, file, texts };
        });

        it("collects objects, events, logs, versions, status and the stack file", async () => {
            const { file, made, texts } = await reported();
            expect(made.stdout.trim().split("\n").at(-1)).to.equal(file);
            const names = Object.keys(texts);
            expect(names).to.include.members([
                "status.txt",
                "versions.txt",
                "stack.yaml",
                "secrets.json",
                `objects/${namespaces.airflow}/pods.json`,
                `objects/${namespaces.airflow}/events.json`,
                "cluster/nodes.txt",
            ]);
            const log = names.find((name) => /logs\/.*\/airflow-scheduler-.*\/scheduler\.log$/.test(name)) ?? "";
            expect(texts[log]).to.contain("scheduler");
            expect(texts["status.txt"]).to.contain("airflow-postgres-0");
            const pods = texts[`objects/${namespaces.airflow}/pods.json`];
            expect(pods).to.contain("AIRFLOW__METRICS__STATSD_HOST").and.contain("secretKeyRef");
        });

        it("has no secret in any of them, in whatever form, not even a careless one", async () => {
            const { texts } = await reported();
            const answers = await Promise.all(
                Object.values(namespaces).map((namespace) =>
                    kube(["get", "secrets", "--namespace", namespace, "--output", "json"]),
                ),
            );
            const known: KnownSecret[] = answers
                .flatMap(
                    (text) =>
                        (JSON.parse(text) as { items: { metadata: { name: string }; data?: Record<string, string> }[] })
                            .items,
                )
                .flatMap(({ metadata, data = {} }) =>
                    Object.entries(data).map(([key, value]) => ({
                        name: `${metadata.name}.${key}`,
                        value: Buffer.from(value, "base64").toString("utf8"),
                    })),
                )
                .filter(({ value }) => value.length >= 8);
            const { adminPassword } = await on.outputs();
            known.push({ name: "the password", value: adminPassword }, { name: "careless", value: careless });
            expect(known.length).to.be.greaterThan(6);
            const found = Object.entries(texts).flatMap(([path, text]) =>
                secretsIn(text, known).map((name) => `${path}: ${name}`),
            );
            expect(found).to.deep.equal([]);
            // The search finds what there is.
            const planted = secretForms(careless).map((form) => secretsIn(`a ${form} b`, known));
            expect(planted.every((names) => names.includes("careless"))).to.equal(true);
            expect(texts[`objects/${namespaces.airflow}/pods.json`]).to.contain("CARELESS");
        });
    });
});

describe("The dashboards, by Grafana's own types", function () {
    this.timeout(1_200_000);
    let program: string;

    before(async () => {
        program = await goTool("dashboards");
    });

    grafanaCases(() => program);
});

describe("promtool, for rules and dashboards", function () {
    // Built here, where there is time for it.
    this.timeout(3_600_000);
    let promtool: string;

    before(async () => {
        promtool = await goTool("promtool");
    });

    promtoolCases(() => promtool);
});
