import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import type { Installation } from "../support/installation";
import type { GitRepository } from "../support/testServers";
import { gatedDag } from "./dags";
import { once } from "./once";

/**
 * A commit between two tasks of one run. Comes right after the case of the delivery.
 *
 * @param installed Has the delivery installed, with this repository.
 */
export function changedInARun(
    name: "gitSync" | "gitBundle",
    installation: Installation,
    repository: () => Promise<GitRepository>,
    installed: () => Promise<unknown>,
): void {
    const dagId = `gated_${name}`;

    const logs = once(`a run that a commit cuts in two, ${name}`, async () => {
        await installed();
        await (await repository()).commit({ "gated.py": gatedDag(dagId, 1) });
        const runId = await installation.trigger(dagId);
        const api = await installation.api();
        const state = async (taskId: string) =>
            (await api.tasks(dagId, runId)).find((task) => task.task_id === taskId)?.state;
        await waitFor(async () => (await state("gate")) === "running", {
            within: 120_000,
            what: "the gate to be reached",
            explain: installation.explain,
        });
        await (await repository()).commit({ "gated.py": gatedDag(dagId, 2) });
        await waitFor(async () => (await api.dag(dagId))?.description === "version 2", {
            within: 90_000,
            what: "the new version of the DAG",
            explain: installation.explain,
        });
        await api.request("POST", "/variables", { key: `${dagId}_gate`, value: "open" });
        expect(await installation.runEnds(dagId, runId)).to.equal("success");
        const tasks = await api.tasks(dagId, runId);
        const log = async (taskId: string) => {
            const task = tasks.find((candidate) => candidate.task_id === taskId);
            return task === undefined ? "" : await api.log(dagId, runId, task);
        };
        return { first: await log("first"), second: await log("second") };
    });

    describe(`a commit between two tasks of a run, with ${name}`, () => {
        it(
            name === "gitBundle"
                ? "leaves the run at the code that it began with"
                : "gives the second task the new code",
            async () => {
                const { first, second } = await logs();
                expect(first).to.contain("first ran version 1");
                expect(second).to.contain(name === "gitBundle" ? "second ran version 1" : "second ran version 2");
            },
        );
    });
}
