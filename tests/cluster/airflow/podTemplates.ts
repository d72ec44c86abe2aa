import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { paths } from "../../../components/pods/paths";
import { waitFor } from "../../../local/support/deadline";
import { airflowImage } from "../support/airflowImage";
import { explain, explainFailures, installation, namespaces } from "../support/installation";
import { kube, livingPods, objects } from "../support/kubernetes";

const dagId = "team";
const said = { secret: "said by a Secret", configMap: "said by a ConfigMap", everywhere: "said to all containers" };

/** What a task of each template finds around it. A wrong thing fails the task. */
const dag = `import os
import pathlib
import urllib.request

from airflow.sdk import dag, task


def found():
    assert os.environ["TEAM_SECRET"] == "${said.secret}"
    assert os.environ["EVERYWHERE"] == "${said.everywhere}"
    assert pathlib.Path("/etc/team/file").read_text() == "${said.configMap}"
    assert pathlib.Path("/shared/prepared").read_text() == "prepared\\n"
    assert urllib.request.urlopen("http://127.0.0.1:9999/prepared").read() == b"prepared\\n"


@dag(dag_id="${dagId}", schedule=None, catchup=False)
def team():
    @task
    def usual():
        found()
        assert "SIZE" not in os.environ

    @task(executor_config={"pod_template_file": "${paths.podTemplateDirectory}/big.yaml"})
    def big():
        found()
        assert os.environ["SIZE"] == "big"

    usual()
    big()


team()
`;

const misspelled = `from airflow.sdk import dag, task


@dag(dag_id="misspelled", schedule=None, catchup=False)
def misspelled():
    @task(executor_config={"pod_template_file": "${paths.podTemplateDirectory}/bog.yaml"})
    def runs():
        pass

    runs()


misspelled()
`;

const taint = "example.org/team";
const pool = "example.org/pool";

/** What a web server is that ends when it is asked to, as a proxy beside a task does. */
const server = [
    "import functools, http.server, signal, sys",
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))",
    "handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory='/shared')",
    "http.server.HTTPServer(('127.0.0.1', 9999), handler).serve_forever()",
].join("\n");

/** Settings of a team that has its nodes, its proxy and its secrets. */
function settings(folder: string): Record<string, unknown> {
    const shared = { name: "shared", mountPath: "/shared" };
    const image = { image: airflowImage, volumeMounts: [shared] };
    return {
        dags: { delivery: "volume", volume: { folder }, refreshSeconds: 5 },
        namespaces: { workersPodSecurity: "restricted", labels: { [taint]: "data" } },
        airflow: {
            env: [{ name: "EVERYWHERE", value: said.everywhere }],
            podTemplate: {
                metadata: { labels: { [taint]: "data" } },
                spec: { tolerations: [{ key: taint, operator: "Equal", value: "data", effect: "NoSchedule" }] },
            },
        },
        workers: {
            podTemplate: {
                spec: {
                    nodeSelector: { [pool]: "tasks" },
                    affinity: {
                        nodeAffinity: {
                            requiredDuringSchedulingIgnoredDuringExecution: {
                                nodeSelectorTerms: [
                                    {
                                        matchExpressions: [
                                            { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
                                        ],
                                    },
                                ],
                            },
                        },
                    },
                    volumes: [
                        { name: "shared", emptyDir: {} },
                        { name: "team", configMap: { name: "team" } },
                    ],
                    initContainers: [
                        { name: "prepare", ...image, command: ["sh", "-c", "echo prepared >/shared/prepared"] },
                        { name: "proxy", ...image, restartPolicy: "Always", command: ["python", "-c", server] },
                    ],
                    containers: [
                        {
                            name: "base",
                            envFrom: [{ secretRef: { name: "team" } }],
                            volumeMounts: [shared, { name: "team", mountPath: "/etc/team" }],
                        },
                    ],
                },
            },
            templates: {
                big: {
                    spec: {
                        containers: [
                            {
                                name: "base",
                                env: [{ name: "SIZE", value: "big" }],
                                resources: { limits: { memory: "1536Mi" } },
                            },
                        ],
                    },
                },
            },
        },
    };
}

/** Pods as a team needs them: on its nodes, with what it puts beside and into them. */
export function podTemplates(): void {
    describe("podTemplate", () => {
        explainFailures();

        let node: string;
        let given: Record<string, unknown>;
        let stackFile: string;

        before(async () => {
            await installation.isUp();
            stackFile = readFileSync(installation.stackFile, "utf8");
            const [found] = await objects("nodes");
            node = found?.metadata.name ?? "";
            await kube(["taint", "nodes", node, `${taint}=data:NoSchedule`, "--overwrite"]);
            await kube(["label", "nodes", node, `${pool}=tasks`, "--overwrite"]);
            const within = ["--namespace", namespaces.workers];
            await kube(["create", "secret", "generic", "team", `--from-literal=TEAM_SECRET=${said.secret}`, ...within]);
            await kube(["create", "configmap", "team", `--from-literal=file=${said.configMap}`, ...within]);
            const folder = installation.folder("team-dags");
            mkdirSync(folder, { recursive: true });
            writeFileSync(join(folder, "team.py"), dag);
            writeFileSync(join(folder, "misspelled.py"), misspelled);
            given = settings(folder);
        });

        after(async () => {
            await kube(["taint", "nodes", node, `${taint}-`]);
            await kube(["label", "nodes", node, `${pool}-`]);
            writeFileSync(installation.stackFile, stackFile);
            await installation.wasChanged();
        });

        it("is refused by make preview where the API server refuses it", async () => {
            const wrong = { podTemplate: { spec: { dnsPolicy: "Mine" } } };
            for (const key of ["scheduler", "workers"]) {
                installation.configure({ [key]: wrong });
                const made = await installation.make("preview");
                installation.configure({ [key]: undefined });
                expect(made.code, made.all).to.not.equal(0);
                expect(made.all).to.contain(
                    'spec.template.spec.dnsPolicy: Unsupported value: "Mine"'.slice(
                        key === "workers" ? "spec.".length : 0,
                    ),
                );
            }
        });

        it("puts every pod on the team's nodes: an update starts them all although the node is tainted", async () => {
            installation.configure(given);
            await installation.up();
            for (const name of Object.values(namespaces)) {
                const [namespace] = await objects("namespace", name);
                expect(namespace?.metadata.labels?.[taint], name).to.equal("data");
            }
            // Pods of before go when those of after are ready.
            await waitFor(
                async () => {
                    const pods = await livingPods(namespaces.airflow);
                    return pods.length > 4 && pods.every(({ metadata }) => metadata.labels?.[taint] === "data");
                },
                { within: 180_000, what: "every pod to have the team's label", explain },
            );
        });

        it("gives tasks sidecar, init container, volumes and variables, and those that ask for it another template", async () => {
            const runId = await installation.trigger(dagId);
            const state = await installation.runEnds(dagId, runId);
            const api = await installation.api();
            const tasks = await api.tasks(dagId, runId);
            const logs = await Promise.all(tasks.map((task) => api.log(dagId, runId, task)));
            expect(state, logs.join("\n")).to.equal("success");
            expect(tasks.map(({ try_number }) => try_number)).to.deep.equal([1, 1]);
        });

        it("leaves no task's pod behind its sidecar", async () => {
            await waitFor(async () => (await objects("pods", "--namespace", namespaces.workers)).length === 0, {
                within: 120_000,
                what: "the end of the tasks' pods",
                explain,
            });
        });

        it("tells the author of a DAG that asks for a template that there is not", async () => {
            const api = await installation.api();
            await waitFor(
                async () =>
                    (await api.importErrors()).some(({ stack_trace }) =>
                        stack_trace.includes(`${paths.podTemplateDirectory}/bog.yaml', which cannot be read`),
                    ),
                { within: 60_000, what: "the import error", explain },
            );
        });
    });
}
