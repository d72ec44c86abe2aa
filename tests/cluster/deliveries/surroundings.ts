import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import type { Installation } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { podOperatorDag, versionDag } from "./dags";
import { byGitSync, byVolume } from "./deliveries";
import { once } from "./once";
import { ordinary, ordinaryDags, scriptSays } from "./ordinaryDags";
import { claimOf, pinnedKeys } from "./retainedClaims";

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

/**
 * What an installation may have around it: a database, a bucket, an index of packages and volumes of a StorageClass, which
 * others run and which outlive it; and pods of tasks.
 */
export function surroundings(installation: Installation): void {
    const group = "an installation that uses what others run";
    const { airflow, workers } = installation.namespaces;
    const elsewhere = `${airflow}-pods`;
    const storage = { kind: "storageClass", storageClass: "standard" };

    const installed = once("the installation", async () => {
        const servers = await TestServers.shared();
        const { postgres, s3, indexUrl } = servers;
        const delivery = byVolume(installation);
        await servers.sql(`CREATE ROLE airflow LOGIN PASSWORD '${postgres.password}'`);
        await servers.sql("CREATE DATABASE airflow OWNER airflow");
        await servers.addPackage("greetings_for_tests", "1.0", 'greeting = "greetings from a package"');
        const requirements = join(installation.folder("packages"), "requirements.txt");
        writeFileSync(requirements, "# What DAGs need\ngreetings-for-tests==1.0\n");
        await delivery.publish({
            "packages.py": packagesDag,
            "pods.py": podOperatorDag("pods", workers, elsewhere),
            ...ordinaryDags(workers),
        });
        installation.configure({
            ...delivery.settings(),
            hosting: "readWriteMany",
            storage,
            database: { external: { host: postgres.host, sslMode: "disable", parameters: { connect_timeout: "10" } } },
            ...pinnedKeys(),
            databasePassword: postgres.password,
            logs: {
                retentionDays: 7,
                remote: { url: s3.url, endpointUrl: s3.endpointUrl, accessKeyId: s3.accessKeyId },
            },
            logsSecretAccessKey: s3.secretAccessKey,
            pythonPackages: { requirements, indexUrl },
            workers: {
                kubernetesPodOperator: true,
                podNamespaces: [elsewhere],
                rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }],
                resources: { requests: { cpu: "10m" } },
            },
            triggerer: { resources: { requests: { cpu: "10m" } } },
        });
        await kube(["create", "namespace", elsewhere]);
        await installation.up();
    });
    const tables = once("its tables", async () => {
        await installed();
        const local = await kube(["get", "statefulsets", "--namespace", airflow, "--output", "name"]);
        return { local, runs: await (await TestServers.shared()).sql("SELECT count(*) FROM dag_run", "airflow") };
    });
    const packages = once("a run that needs a package", async () => await logs("packages", ["greet"]));
    const pods = once("a run that makes pods", async () => await logs("pods", ["task", "other", "reads", "task2"]));
    const remote = once("logs in a bucket", async () => {
        const { runId } = await packages();
        const bucket = await (await TestServers.shared()).bucketContents();
        // With the copy on the shared volume gone, the one in the bucket is shown.
        await inApiServer(`rm -r '/opt/airflow/logs/dag_id=packages/run_id=${runId}'`);
        const api = await installation.api();
        const [task] = await api.tasks("packages", runId);
        return { bucket, log: await api.log("packages", runId, task) };
    });
    const cleaned = once("logs that are removed", async () => {
        await installed();
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
    const destroyed = once("the installation destroyed", async () => {
        await packages();
        await cleaned();
        const { retained } = await installation.outputs();
        await installation.down();
        const claims = await Promise.all(
            (["dags", "logs"] as const).map(async (noun) => {
                const { namespace, name } = claimOf(retained, noun);
                const [claim] = await objects("persistentvolumeclaim", name, "--namespace", namespace);
                return claim?.status?.phase;
            }),
        );
        const runs = await (await TestServers.shared()).sql("SELECT count(*) FROM dag_run", "airflow");
        return { claims, runs, existingNamespace: claimOf(retained, "logs").namespace };
    });
    const again = once("the installation made again", async () => {
        const { existingNamespace } = await destroyed();
        const servers = await TestServers.shared();
        const delivery = byGitSync(await servers.repository("around-sync", "public"));
        await delivery.publish({ "afterwards.py": versionDag("afterwards", 1), "packages.py": packagesDag });
        installation.configure({ storage: { ...storage, existingNamespace }, ...delivery.settings() });
        await installation.up();
        const { runId } = await packages();
        const { state } = await (await installation.api()).run("packages", runId);
        // Airflow empties the file of a log that it has copied to the bucket, so another tells whether the volume is the same.
        const file = await inApiServer("cat /opt/airflow/logs/new/file.log");
        const afterwards = await installation.runEnds("afterwards", await installation.trigger("afterwards"));
        await installation.down();
        await kube(["delete", "namespace", existingNamespace, elsewhere, "--wait=false"]);
        return { state, file, afterwards };
    });

    async function inApiServer(script: string): Promise<string> {
        return await kube(["exec", "--namespace", airflow, "deployment/airflow-api-server", "--", "sh", "-c", script]);
    }

    async function logs(dagId: string, taskIds: readonly string[]) {
        await installed();
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

        it("lets a task make a pod in the tasks' namespace and in one that is named, and nowhere else", async () => {
            const { state, states, texts } = await pods();
            expect(states).to.deep.equal({
                run_this_first: "success",
                task: "success",
                other: "success",
                reads: "success",
                task2: "failed",
            });
            expect(state).to.equal("failed");
            expect(texts.task).to.contain("said by the pod itself");
            expect(texts.other).to.contain("said by a pod elsewhere");
            expect(texts.reads).to.contain("has read ['kube-root-ca.crt']");
            expect(texts.task2).to.match(/pods is forbidden.*in the namespace \\*"default/);
        });

        it("runs what DAGs do elsewhere: files anywhere, scripts, the executor by name", async () => {
            const { state, texts } = await logs(ordinary.tasks, ["writes", "runs_a_script", "has_an_environment"]);
            expect(state, Object.values(texts).join("\n")).to.equal("success");
            for (const place of ["/opt/airflow", "/opt/airflow/data/deep", "/home/airflow/.cache/mine"]) {
                expect(texts.writes).to.contain(`wrote to ${place}\n`);
            }
            expect(texts.runs_a_script).to.contain(scriptSays);
            expect(texts.has_an_environment).to.match(/sees \d+\.\d+/);
        });

        it("resumes tasks by triggers that lie beside the DAGs and in their plugins", async () => {
            // Each refuses what another trigger would tell it.
            const { state, states } = await logs(ordinary.triggers, []);
            expect([state, states]).to.deep.equal(["success", { of_plugins: "success", of_dags: "success" }]);
        });

        it("schedules by a timetable of the DAGs' plugins, beside a plugin that is broken", async () => {
            expect((await logs(ordinary.timetable, [])).state).to.equal("success");
        });

        it("follows pods and Jobs of deferred tasks", async () => {
            const { state, states, texts } = await logs(ordinary.pods, ["job"]);
            expect(state).to.equal("success");
            expect(states).to.include({ deferred_pod: "success", deferred_job: "success" });
            expect(texts.job).to.contain("said by a job");
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

        it("leaves the database outside and the claims of the StorageClass when it is destroyed", async () => {
            const { claims, runs } = await destroyed();
            expect(Number(runs)).to.be.greaterThan(0);
            expect(claims).to.deep.equal(["Bound", "Bound"]);
        });

        it("takes both up again by the setting that the output retained names: runs are known, and files there", async () => {
            const { state, file } = await again();
            expect(state).to.equal("success");
            expect(file).to.equal("new\n");
        });

        it("runs DAGs of another delivery then: a public repository by git-sync", async () => {
            expect((await again()).afterwards).to.equal("success");
        });
    });
}
