import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { kube, objects } from "../support/kubernetes";
import { explainFaulty, faulty, faultyIsUp, recovery } from "./faultInstallation";

/** Tasks that take too much, or do not listen. */
export function taskFaults(): void {
    describe("a task", () => {
        const pods = ["pods", "--namespace", faulty.namespaces.workers, "--selector", "dag_id=fault_deaf"];

        before(faultyIsUp);

        it("over its memory fails, and its log says OOMKilled", async () => {
            const dagId = "fault_memory";
            const runId = await faulty.trigger(dagId);
            expect(await faulty.runEnds(dagId, runId, recovery)).to.equal("failed");
            const api = await faulty.api();
            await waitFor(
                async () => {
                    const [task] = await api.tasks(dagId, runId);
                    return task !== undefined && (await api.log(dagId, runId, task)).includes("OOMKilled");
                },
                { within: 120_000, what: "OOMKilled in the task's log", explain: explainFaulty },
            );
        });

        it("that ignores SIGTERM is gone when its pod's time to stop is over, and has failed", async () => {
            const runId = await deaf();
            expect(await objects(...pods)).to.have.length(1);
            await kube(["delete", ...pods, "--wait=false"]);
            // 30 s are the default of workers.terminationGracePeriodSeconds.
            await waitFor(async () => (await objects(...pods)).length === 0, {
                within: 90_000,
                what: "the end of the pod",
                explain: explainFaulty,
            });
            expect(await faulty.runEnds("fault_deaf", runId, recovery)).to.equal("failed");
        });

        it("whose pod is deleted while the scheduler does not watch has failed soon, and its log says so", async () => {
            const runId = await deaf();
            await signalWatcher("STOP");
            await kube(["delete", ...pods, "--force", "--grace-period=0"]);
            // The next watcher begins with the pods that there are, and never hears of this one.
            await signalWatcher("KILL");
            expect(await faulty.runEnds("fault_deaf", runId, 120_000)).to.equal("failed");
            const api = await faulty.api();
            const [task] = await api.tasks("fault_deaf", runId);
            expect(await api.log("fault_deaf", runId, task as NonNullable<typeof task>)).to.contain(
                "nobody saw how it ended",
            );
        });
    });
}

/** Starts a task that goes on for a quarter of an hour, and comes back when it runs. */
async function deaf(): Promise<string> {
    const dagId = "fault_deaf";
    const runId = await faulty.trigger(dagId);
    const api = await faulty.api();
    await waitFor(
        async () => {
            const [task] = await api.tasks(dagId, runId);
            return task?.state === "running" && (await api.log(dagId, runId, task)).includes("deaf from now on");
        },
        { within: recovery, what: "the task to be deaf", explain: explainFaulty },
    );
    return runId;
}

/** Sends a signal to the process that watches pods for the scheduler: the last that the scheduler has started. */
async function signalWatcher(signal: "STOP" | "KILL"): Promise<void> {
    const last =
        "ls /proc | grep -E '^[0-9]+$' | sort -n | while read pid; do grep -q guarde[d] /proc/$pid/cmdline && echo $pid; done";
    const script = `kill -${signal} $(${last} 2>/dev/null | tail -n 1)`;
    const scheduler = ["--namespace", faulty.namespaces.airflow, "deployment/airflow-scheduler"];
    await kube(["exec", ...scheduler, "--", "sh", "-c", script]);
}
