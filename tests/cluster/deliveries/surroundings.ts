import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { waitFor } from "../../../local/commands/deadline";
import type { Installation } from "../support/installation";
import { kube } from "../support/kubernetes";
import type { TestServers } from "../support/testServers";
import { podOperatorDag } from "./dags";
import type { Delivery } from "./deliveries";
import type { Lane } from "./lane";

const packagesDag = `from airflow.sdk import dag, task


@dag(dag_id="packages", schedule=None, catchup=False)
def packages():
    @task
    def greet():
        from greetings_for_tests import greeting

        print(greeting)

    greet()


packages()
`;

/** What an installation may have around it: a database, a bucket and an index of packages that others run; and pods of tasks. */
export function surroundings(
    lane: Lane,
    installation: Installation,
    servers: () => TestServers,
    delivery: () => Delivery,
): void {
    const group = "an installation that uses what others run";
    const { airflow, workers } = installation.namespaces;

    const installed = lane.step(group, async () => {
        const { postgres, s3, indexUrl } = servers();
        await servers().sql(`CREATE ROLE airflow LOGIN PASSWORD '${postgres.password}'`);
        await servers().sql("CREATE DATABASE airflow OWNER airflow");
        await servers().addPackage("greetings_for_tests", "1.0", 'greeting = "greetings from a package"');
        const requirements = join(installation.folder("packages"), "requirements.txt");
        writeFileSync(requirements, "# What DAGs need\ngreetings-for-tests==1.0\n");
        await delivery().publish({
            "packages.py": packagesDag,
            "pods.py": podOperatorDag("pods", workers),
        });
        installation.configure({
            ...delivery().settings(),
            database: { external: { host: postgres.host, sslMode: "disable", parameters: { connect_timeout: "10" } } },
            databasePassword: postgres.password,
            fernetKey: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
            logs: {
                retentionDays: 7,
                remote: { url: s3.url, endpointUrl: s3.endpointUrl, accessKeyId: s3.accessKeyId },
            },
            logsSecretAccessKey: s3.secretAccessKey,
            pythonPackages: { requirements, indexUrl },
            workers: { kubernetesPodOperator: true, resources: { cpuRequest: "10m" } },
        });
        await installation.up();
    });
    const tables = lane.step(group, async () => {
        await installed();
        const local = await kube(["get", "statefulsets", "--namespace", airflow, "--output", "name"]);
        return { local, runs: await servers().sql("SELECT count(*) FROM dag_run", "airflow") };
    });
    const packages = lane.step(group, async () => await logs("packages", ["greet"]));
    const pods = lane.step(group, async () => await logs("pods", ["task", "task2"]));
    const remote = lane.step(group, async () => {
        const bucket = await servers().bucketContents();
        const { runId } = await packages();
        // With the copy on the shared volume gone, the one in the bucket is shown.
        await inApiServer(`rm -r '/opt/airflow/logs/dag_id=packages/run_id=${runId}'`);
        const api = await installation.api();
        const [task] = await api.tasks("packages", runId);
        return { bucket, log: await api.log("packages", runId, task) };
    });
    const cleaned = lane.step(group, async () => {
        await inApiServer(
            [
                "mkdir -p /opt/airflow/logs/old /opt/airflow/logs/new",
                "echo old >/opt/airflow/logs/old/file.log && touch -d '8 days ago' /opt/airflow/logs/old/file.log",
                "touch -d '8 days ago' /opt/airflow/logs/old",
                "echo new >/opt/airflow/logs/new/file.log && touch -d '6 days ago' /opt/airflow/logs/new/file.log",
            ].join(" && "),
        );
        const job = ["create", "job", "clean-now", "--from=cronjob/airflow-log-cleanup"];
        await kube([...job, "--namespace", airflow]);
        const done = ["wait", "--for=condition=Complete", "--timeout=100s", "job/clean-now"];
        await kube([...done, "--namespace", airflow]);
        return await inApiServer("cd /opt/airflow/logs && ls -d old/file.log new/file.log 2>&1 || true");
    });
    const destroyed = lane.step(group, async () => {
        await installation.down();
        return await servers().sql("SELECT count(*) FROM dag_run", "airflow");
    });

    async function inApiServer(script: string): Promise<string> {
        return await kube(["exec", "--namespace", airflow, "deployment/airflow-api-server", "--", "sh", "-c", script]);
    }

    async function logs(dagId: string, taskIds: readonly string[]) {
        const runId = await installation.trigger(dagId);
        const state = await installation.runEnds(dagId, runId);
        const api = await installation.api();
        const tasks = await api.tasks(dagId, runId);
        const texts: Record<string, string> = {};
        for (const task of tasks.filter(({ task_id }) => taskIds.includes(task_id))) {
            texts[task.task_id] = await waitFor(async () => await api.log(dagId, runId, task), {
                within: 20_000,
                what: `the log of ${task.task_id}`,
            });
        }
        return { runId, state, texts, states: Object.fromEntries(tasks.map((task) => [task.task_id, task.state])) };
    }

    describe(group, () => {
        it("keeps its tables in a database outside, and makes none", async () => {
            const { local, runs } = await tables();
            expect(local).to.not.contain("postgres");
            expect(runs.trim()).to.match(/^\d+$/);
        });

        it("has the Python packages of a requirements file in its tasks", async () => {
            const { state, texts } = await packages();
            expect(state).to.equal("success");
            expect(texts.greet).to.contain("greetings from a package");
        });

        it("lets a task make a pod in the tasks' namespace, and nowhere else", async () => {
            const { state, states, texts } = await pods();
            expect(states).to.deep.equal({ run_this_first: "success", task: "success", task2: "failed" });
            expect(state).to.equal("failed");
            expect(texts.task).to.contain("said by the pod itself");
            expect(texts.task2).to.match(/pods is forbidden.*in the namespace \\*"default/);
        });

        it("copies logs to a bucket, and shows them from there", async () => {
            const { bucket, log } = await remote();
            expect(bucket).to.contain("dag_id=packages");
            expect(bucket).to.contain("greetings from a package");
            expect(log).to.contain("greetings from a package");
        });

        it("removes log files that are too old, and no other", async () => {
            const left = await cleaned();
            expect(left).to.contain("new/file.log\n");
            expect(left).to.not.match(/^old\/file\.log$/m);
        });

        it("leaves the database outside as it is when it is destroyed", async () => {
            expect(Number(await destroyed())).to.be.greaterThan(0);
        });
    });
}
