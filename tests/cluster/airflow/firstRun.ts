import { expect } from "chai";
import type { TaskInstance } from "../../../local/airflow/airflowApi";
import { waitFor } from "../../../local/support/deadline";
import { explain, explainFailures, installation, namespaces } from "../support/installation";
import { objects } from "../support/kubernetes";
import type { Made } from "../support/make";
import { PodWatch, type SeenPod } from "../support/podWatch";

/** A DAG that runs in pods of its own. */
export function firstRun(): void {
    describe("the first run of a DAG", () => {
        explainFailures();

        const dagId = "example_pods";
        let watch: PodWatch;
        let made: Made;
        let runId: string;
        let pods: SeenPod[];
        let tasks: TaskInstance[];

        before(async () => {
            await installation.isUp();
            watch = await PodWatch.start();
            made = await installation.makeWell("run-dag", { DAG: dagId });
            runId = /run (\S+) started/.exec(made.all)?.[1] ?? "";
            await waitFor(async () => watch.pods(dagId, runId).every((pod) => pod.gone), {
                within: 60_000,
                what: "the end of the task pods",
                explain,
            });
            pods = watch.pods(dagId, runId);
            tasks = await (await installation.api()).tasks(dagId, runId);
        });

        after(async () => {
            await watch?.stop();
        });

        it("succeeds, all tasks at the first try", () => {
            expect(tasks.map((task) => `${task.task_id} ${task.state} ${task.try_number}`)).to.have.members(
                ["add", "count", "extract", "report", "shell"].map((task) => `${task} success 1`),
            );
        });

        it("had one pod for each task, all in the workers' namespace", () => {
            expect(pods.map((pod) => pod.taskId)).to.have.members(tasks.map((task) => task.task_id));
            expect(new Set(pods.map((pod) => pod.uid)).size).to.equal(tasks.length);
            expect([...new Set(pods.map((pod) => pod.namespace))]).to.deep.equal([namespaces.workers]);
        });

        it("leaves no pod", async () => {
            expect(await objects("pods", "--namespace", namespaces.workers)).to.deep.equal([]);
        });

        it("has its logs after the pods are gone, with what each task printed", async () => {
            const api = await installation.api();
            for (const task of tasks) {
                const pod = pods.find((candidate) => candidate.taskId === task.task_id);
                const log = await api.log(dagId, runId, task);
                expect(log, task.task_id).to.contain(`${task.task_id} ran in pod ${pod?.name}`);
            }
            const report = tasks.find((task) => task.task_id === "report");
            expect(report && (await api.log(dagId, runId, report))).to.contain("3 numbers with the sum 6");
        });

        it("was followed by make run-dag, with the log of each task", () => {
            for (const task of tasks) {
                expect(made.stdout).to.contain(`--- ${task.task_id} (success, try 1) ---`);
                expect(made.stdout).to.contain(`${task.task_id} ran in pod `);
            }
            expect(made.all).to.match(/example_pods: success after/);
        });
    });
}
