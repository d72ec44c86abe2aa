import { waitFor } from "../../../local/support/deadline";
import { kube } from "../support/kubernetes";
import { explainFaulty, faulty, recovery } from "./faultInstallation";
import { notesFolder, notesOf, soakDagId, soakFaults } from "./soakDag";

/** Waits for the end of a run of the DAG of twenty tasks, and hands back what is wrong with it: nothing, if all is well. */
export async function soakRunEnds(runId: string): Promise<string[]> {
    const state = await faulty.runEnds(soakDagId, runId, recovery + 600_000);
    const tasks = await (await faulty.api()).tasks(soakDagId, runId);
    // The scheduler sees the same volume as the tasks. The last one that was killed may have no successor yet.
    const scheduler = ["--namespace", faulty.namespaces.airflow, "deployment/airflow-scheduler"];
    const names = await waitFor(
        async () => ({ listed: await kube(["exec", ...scheduler, "--", "ls", "-1", `${notesFolder}/${runId}`]) }),
        { within: recovery, what: "a scheduler that lists what the tasks have written", explain: explainFaulty },
    );
    const notes = notesOf(names.listed);
    return [...(state === "success" ? [] : [`the run is ${state}`]), ...soakFaults(tasks, notes)];
}
