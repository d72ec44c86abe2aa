import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { Stopwatch } from "../../../local/support/progress";
import type { Installation } from "../support/installation";
import { objects } from "../support/kubernetes";
import { versionDag } from "./dags";
import type { Delivery } from "./deliveries";
import { once } from "./once";

/** Seconds that a busy machine may be late with a change. */
const slack = 90;

/**
 * One delivery on one storage: what a user does with it, step by step.
 *
 * @param make Makes the delivery, when it is first asked for.
 * @returns What has it installed.
 */
export function deliveryCase(
    storage: string,
    installation: Installation,
    name: Delivery["name"],
    make: () => Promise<Delivery>,
): () => Promise<unknown> {
    const group = `${name} on ${storage}`;
    const dagId = `versions_${name}`;
    const removedId = `removed_${name}`;

    const made = once(`the delivery of ${group}`, make);
    const appears = once(`the DAGs of ${group}`, async () => {
        const delivery = await made();
        await delivery.publish({
            "versions.py": versionDag(dagId, 1),
            "team/removed.py": versionDag(removedId, 1),
        });
        installation.configure({ gitToken: undefined, gitSshKey: undefined, ...delivery.settings() });
        await installation.up();
        const api = await installation.api();
        await waitFor(async () => (await api.dag(dagId)) && (await api.dag(removedId)), {
            within: 120_000,
            what: `the DAGs of ${group}`,
            explain: installation.explain,
        });
        const runId = await installation.trigger(dagId);
        return { runId, state: await installation.runEnds(dagId, runId) };
    });
    const log = once(`the log of ${group}`, async () => {
        const { runId } = await appears();
        await waitFor(
            async () => {
                const pods = await objects("pods", "--namespace", installation.namespaces.workers);
                return pods.every((pod) => pod.metadata.annotations?.run_id !== runId);
            },
            { within: 60_000, what: "the end of the task's pod", explain: installation.explain },
        );
        return await logOf(runId);
    });
    const changed = once(`the changed DAG of ${group}`, async () => {
        await appears();
        const delivery = await made();
        await delivery.publish({ "versions.py": versionDag(dagId, 2) });
        if (!delivery.followsByItself) {
            installation.configure(delivery.settings());
            await installation.up();
        }
        const api = await installation.api();
        const watch = new Stopwatch();
        await waitFor(async () => (await api.dag(dagId))?.description === "version 2", {
            within: 120_000,
            what: `the changed DAG of ${group}`,
            explain: installation.explain,
        });
        const seen = watch.milliseconds;
        await waitFor(async () => !(await api.dagIds()).includes(removedId), {
            within: 120_000,
            what: `the end of the removed DAG of ${group}`,
            explain: installation.explain,
        });
        return { seen, gone: watch.milliseconds, allowed: (delivery.period + slack) * 1_000 };
    });
    const changedRun = once(`the run of the changed DAG of ${group}`, async () => {
        await changed();
        const runId = await installation.trigger(dagId);
        expect(await installation.runEnds(dagId, runId)).to.equal("success");
        return await logOf(runId);
    });

    async function logOf(runId: string): Promise<string> {
        const api = await installation.api();
        const [task] = await api.tasks(dagId, runId);
        return await api.log(dagId, runId, task);
    }

    describe(group, () => {
        it("has its DAGs in Airflow's list, and a run of one succeeds", async () => {
            expect((await appears()).state).to.equal("success");
        });

        it("has the log of the run after its pod is gone", async () => {
            expect(await log()).to.contain("version 1 of the code");
        });

        it("shows a changed DAG, and drops a removed one, in time", async () => {
            const { seen, gone, allowed } = await changed();
            expect(seen, "milliseconds until the change was seen").to.be.at.most(allowed);
            expect(gone, "milliseconds until the removed DAG was gone").to.be.at.most(allowed);
        });

        it("runs the changed code", async () => {
            expect(await changedRun()).to.contain("version 2 of the code");
        });
    });

    return appears;
}
