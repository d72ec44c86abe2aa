import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { explainFaulty, faulty, type Part, recovery, restarts } from "./faultInstallation";

const dagId = "fault_outage";

/**
 * Fails unless tasks that end, begin and go on while something is away succeed at their first try, and no container of these
 * parts is restarted.
 *
 * @param away Takes something away, and brings it back.
 */
export async function outlived(parts: readonly Part[], away: () => Promise<unknown>): Promise<void> {
    const before = await Promise.all(parts.map(restarts));
    const runId = await running(dagId);
    await away();
    expect(await faulty.runEnds(dagId, runId, 600_000)).to.equal("success");
    const tasks = await (await faulty.api()).tasks(dagId, runId);
    expect(tasks.map(({ state, try_number }) => [state, try_number])).to.deep.equal(Array(5).fill(["success", 1]));
    expect(await Promise.all(parts.map(restarts))).to.deep.equal(before);
}

/** Starts a run, and comes back when several of its tasks run. */
export async function running(dag: string): Promise<string> {
    const runId = await faulty.trigger(dag);
    const api = await faulty.api();
    await waitFor(async () => (await api.tasks(dag, runId)).filter(({ state }) => state === "running").length >= 3, {
        within: recovery,
        what: "tasks to run",
        explain: explainFaulty,
    });
    return runId;
}

/** Comes back when this much time is over since a moment, in milliseconds. */
export async function timeIsOver(since: number, duration: number): Promise<void> {
    await waitFor(async () => Date.now() >= since + duration, {
        within: duration + 10_000,
        what: "the outage to end",
    });
}
