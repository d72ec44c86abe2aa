import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { objects } from "../support/kubernetes";
import { explainFaulty, faulty, faultyIsUp, part, recovery, restarts, sql } from "./faultInstallation";
import { refusedFiles } from "./hurtfulDag";

/** What a task's log says, and how the task ends; no_node waits for a node without end. */
const expected: Readonly<Record<string, { readonly state: string; readonly says: RegExp }>> = {
    no_image: { state: "failed", says: /did not start: container "base" could not start: ErrImagePull/ },
    forbidden: { state: "failed", says: /could not be made: .* violates PodSecurity/ },
    no_node: { state: "queued", says: /waits: no node takes the pod: 0\/1 nodes are available/ },
    refused: { state: "failed", says: /could not be made: .*Invalid value: \\?"A=B/ },
    sidecar: { state: "success", says: /ran/ },
    identity: { state: "success", says: /ran/ },
    ___: { state: "success", says: /ran/ },
};

/** DAGs that ask for what cannot be had: each hurts itself alone, and its author is told why. */
export function hurtful(): void {
    describe("DAGs that would stop the scheduler or the dag-processor", () => {
        const { workers } = faulty.namespaces;
        const processes = ["scheduler", "dag-processor", "triggerer"].map(part);
        let before: readonly string[] = [];

        it("restart no process, and leave other DAGs alone", async () => {
            await faultyIsUp();
            before = await Promise.all(processes.map(restarts));
            const hurting = await faulty.trigger("hurtful_pods");
            const late = await faulty.trigger("hurtful_deadline");
            const api = await faulty.api();
            let left: string[] = [];
            await waitFor(
                async () => {
                    left = [];
                    for (const task of await api.tasks("hurtful_pods", hurting)) {
                        const { state, says } = expected[task.task_id] as (typeof expected)[string];
                        const isThere = task.state === state && says.test(await api.log("hurtful_pods", hurting, task));
                        left.push(...(isThere ? [] : [`${task.task_id} is ${task.state}`]));
                    }
                    return left.length === 0;
                },
                { within: recovery, what: "reasons in the logs of tasks", explain: () => left.join("\n") },
            );
            expect(await faulty.runEnds("hurtful_deadline", late, recovery)).to.equal("success");
            await waitFor(async () => (await sql("SELECT DISTINCT state FROM callback")) === "success", {
                within: recovery,
                what: "the callback of the missed deadline",
                explain: explainFaulty,
            });
            expect(await Promise.all(processes.map(restarts))).to.deep.equal(before);
        });

        it("leave no pod of a task that is over, also where a sidecar would go on for ever", async () => {
            await waitFor(
                async () => {
                    const pods = await objects("pods", "--namespace", workers);
                    return pods.every(({ metadata }) => /-no-node-/.test(metadata.name));
                },
                { within: 120_000, what: "the end of pods whose tasks are over", explain: explainFaulty },
            );
        });

        it("are import errors where the database or the executor could not take them, in words for their authors", async () => {
            const api = await faulty.api();
            await waitFor(
                async () => {
                    const errors = await api.importErrors();
                    return Object.entries(refusedFiles).every(([file, { says }]) =>
                        errors.some(({ filename, stack_trace }) => filename === file && says.test(stack_trace)),
                    );
                },
                {
                    within: recovery,
                    what: "import errors",
                    explain: async () => JSON.stringify(await api.importErrors()),
                },
            );
            expect(await Promise.all(processes.map(restarts))).to.deep.equal(before);
        });
    });
}
