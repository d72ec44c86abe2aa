import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { explain, explainFailures, installation, namespaces } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { PodWatch } from "../support/podWatch";

/** A scheduler that is lost while a task runs. */
export function lostScheduler(): void {
    describe("a scheduler that is killed while a task runs", () => {
        explainFailures();

        const dagId = "example_slow";
        let watch: PodWatch;

        before(async () => {
            await installation.isUp();
            watch = await PodWatch.start();
        });

        after(async () => {
            await watch?.stop();
        });

        it("does not disturb the task, which runs once, says each line once all the while, and whose pod is removed", async () => {
            const api = await installation.api();
            const runId = await installation.trigger(dagId, { seconds: 45 });
            await waitFor(async () => (await api.tasks(dagId, runId))[0]?.state === "running", {
                within: 120_000,
                what: "the task to run",
                explain,
            });
            const early = await waitFor(
                async () => {
                    const [running] = await api.tasks(dagId, runId);
                    const log = running && (await api.log(dagId, runId, running));
                    return log?.includes("second 2 of 45") && log;
                },
                { within: 60_000, what: "the log of the running task", explain },
            );
            expect(early.match(/second 1 of 45/g)).to.have.length(1);
            const scheduler = [
                "--namespace",
                namespaces.airflow,
                "--selector",
                "app.kubernetes.io/component=scheduler",
            ];
            const lost = await objects("pods", ...scheduler);
            await kube(["delete", "pods", ...scheduler, "--force", "--grace-period=0"]);

            expect(await installation.runEnds(dagId, runId)).to.equal("success");
            const [task] = await api.tasks(dagId, runId);
            expect(task).to.include({ state: "success", try_number: 1 });
            const log = task === undefined ? "" : await api.log(dagId, runId, task);
            expect(log.match(/second 45 of 45/g)).to.have.length(1);
            expect(log.match(/second 1 of 45/g)).to.have.length(1);

            const found = await objects("pods", ...scheduler);
            const lostUids = lost.map((pod) => pod.metadata.uid);
            expect(found.filter((pod) => lostUids.includes(pod.metadata.uid))).to.deep.equal([]);
            // The new scheduler looks for what the lost one left once in a while: [scheduler] orphaned_tasks_check_interval.
            await waitFor(async () => (await objects("pods", "--namespace", namespaces.workers)).length === 0, {
                within: 400_000,
                what: "the end of the task's pod",
                explain,
            });
            expect(watch.pods(dagId, runId)).to.have.length(1);
        });
    });
}
