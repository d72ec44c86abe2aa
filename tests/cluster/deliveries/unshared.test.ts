import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { Installation, testPrefix } from "../support/installation";
import { kube } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { byGitBundle } from "./deliveries";
import { once } from "./once";

/** One task that says something and then waits until a variable is set, one that defers, and one whose pod cannot start. */
const dags = `import time
from datetime import timedelta

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, Variable, task
from kubernetes.client import models as k8s


class Defers(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=1)), method_name="resume")

    def resume(self, context, event):
        print("said after the trigger")


with DAG(dag_id="unshared", schedule=None, catchup=False):

    @task
    def tells():
        for line in range(200):
            print(f"line {line} of the beginning")
        for _ in range(240):
            if Variable.get("unshared_gate", default=None):
                break
            time.sleep(0.5)
        print("said at the end")

    tells()
    Defers(task_id="defers")

nothing = k8s.V1Container(name="base", image="registry.invalid/nothing:1")

with DAG(dag_id="unpulled", schedule=None, catchup=False):

    @task(executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[nothing]))})
    def never():
        pass

    never()
`;

describe("An installation without a shared volume", () => {
    const on = Installation.modest(`${testPrefix}-unshared`);

    after(() => on.end());

    const installed = once("the installation", async () => {
        const servers = await TestServers.shared();
        const { endpointUrl, accessKeyId, secretAccessKey, url } = servers.s3;
        const delivery = byGitBundle(await servers.repository("unshared", "public"));
        await delivery.publish({ "unshared.py": dags });
        on.configure({
            ...delivery.settings(),
            hosting: "readWriteMany",
            storage: { kind: "none" },
            triggerer: { resources: { requests: { cpu: "10m" } } },
            logs: { remote: { url, endpointUrl, accessKeyId } },
            logsSecretAccessKey: secretAccessKey,
        });
        await on.up();
    });
    const objectsMade = once("what is on the cluster", async () => {
        await installed();
        const kind = "persistentvolumeclaims";
        const claims = `${await names(kind, "airflow")}${await names(kind, "workers")}`;
        const bound = await kube(["get", "persistentvolumes", "--output", "jsonpath={..claimRef.namespace}"]);
        const namespaces = await kube(["get", "namespaces", "--output", "name"]);
        return { claims, bound, namespaces, jobs: await names("cronjobs", "airflow") };
    });
    const live = once("the log of a task that runs", async () => {
        await installed();
        const runId = await on.trigger("unshared");
        const api = await on.api();
        const log = await waitFor(
            async () => {
                const tells = (await api.tasks("unshared", runId)).find(({ task_id }) => task_id === "tells");
                const text = tells?.state === "running" ? await api.log("unshared", runId, tells) : "";
                return text.includes("line 199 of the beginning") && text;
            },
            { within: 120_000, what: "the log of a running task", explain: on.explain },
        );
        await api.request("POST", "/variables", { key: "unshared_gate", value: "open" });
        return { runId, log };
    });
    const finished = once("the log of a task that has ended", async () => {
        const { runId } = await live();
        const state = await on.runEnds("unshared", runId);
        // A task has ended for Airflow before its pod has taken its log along.
        const found = await waitFor(
            async () => {
                const all = await logs("unshared", runId);
                return all.tells.includes("said at the end") && all.defers.includes("said after the trigger") && all;
            },
            { within: 60_000, what: "the whole logs", explain: on.explain },
        );
        return { state, logs: found, bucket: await (await TestServers.shared()).bucketContents() };
    });
    const unpulled = once("the log of a task whose pod cannot start", async () => await logOfUnpulled());
    const cloudWatch = once("logs in CloudWatch", async () => {
        await finished();
        await unpulled();
        const servers = await TestServers.shared();
        const { endpointUrl, accessKeyId, secretAccessKey } = servers.s3;
        const logGroupArn = await servers.logGroup();
        // These stand for what a cloud gives pods that have a role.
        const env = Object.entries({
            AWS_ACCESS_KEY_ID: accessKeyId,
            AWS_SECRET_ACCESS_KEY: secretAccessKey,
            AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpointUrl,
        }).map(([name, value]) => ({ name, value }));
        on.configure({
            airflow: { env },
            logs: { remote: { cloudWatch: { logGroupArn } } },
            logsSecretAccessKey: undefined,
        });
        await on.up();
        const runId = await on.trigger("unshared");
        const state = await on.runEnds("unshared", runId);
        return { state, logs: await logs("unshared", runId), never: await logOfUnpulled() };
    });

    async function names(kind: string, noun: "airflow" | "workers"): Promise<string> {
        return await kube(["get", kind, "--namespace", on.namespaces[noun], "--output", "name"]);
    }

    /** The logs of a run, from an api-server that has no file of them. */
    async function logs(dagId: string, runId: string): Promise<Record<string, string>> {
        const api = await on.api();
        const tasks = await api.tasks(dagId, runId);
        return Object.fromEntries(
            await Promise.all(tasks.map(async (task) => [task.task_id, await api.log(dagId, runId, task)] as const)),
        );
    }

    async function logOfUnpulled(): Promise<string> {
        await installed();
        const runId = await on.trigger("unpulled");
        expect(await on.runEnds("unpulled", runId)).to.equal("failed");
        return await waitFor(
            async () => {
                const { never } = await logs("unpulled", runId);
                return never.includes("did not start") && never;
            },
            { within: 60_000, what: "the reason in the log of the task", explain: on.explain },
        );
    }

    describe("nothing shared, with gitBundle", () => {
        it("has the claim of Postgres and no other, no volume of its own and no namespace for volumes", async () => {
            const { claims, bound, namespaces, jobs } = await objectsMade();
            expect(claims.trim()).to.equal("persistentvolumeclaim/airflow-postgres");
            const { airflow, storage, workers } = on.namespaces;
            // That of Postgres is what the class has made.
            expect(bound.split(" ").filter((name) => [airflow, storage, workers].includes(name))).to.deep.equal([
                airflow,
            ]);
            expect(namespaces).to.contain(`namespace/${workers}\n`).and.to.not.contain(storage);
            expect(jobs.trim()).to.equal("");
        });

        it("shows the log of a task while it runs, whole", async () => {
            const { log } = await live();
            expect(log).to.contain("line 0 of the beginning").and.to.not.contain("said at the end");
        });

        it("keeps it in the bucket, and shows it from there when the pod is gone; that of a deferred task, too", async () => {
            const { state, logs, bucket } = await finished();
            const { tells, defers } = logs;
            expect(state).to.equal("success");
            expect(tells).to.contain("line 0 of the beginning").and.to.contain("said at the end");
            expect(tells).to.contain("s3://airflow-logs/tests/dag_id=unshared");
            expect(defers)
                .to.contain("said after the trigger")
                .and.to.match(/s3:\/\/airflow-logs\S*\.trigger\.\d+\.log/);
            expect(bucket).to.contain("dag_id=unshared").and.to.contain("said at the end");
        });

        it("says in the log of a task why its pod did not start", async () => {
            expect(await unpulled()).to.match(/did not start: .*registry\.invalid/);
        });

        it("takes logs to CloudWatch after an update, and shows them from there", async () => {
            const { state, logs, never } = await cloudWatch();
            expect(state, Object.values(logs).join("\n")).to.equal("success");
            expect(logs.tells)
                .to.contain("said at the end")
                .and.to.match(/Cloudwatch log_group: airflow-tasks/);
            expect(never).to.match(/did not start: .*registry\.invalid/);
        });
    });
});
