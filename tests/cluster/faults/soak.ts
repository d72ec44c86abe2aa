import { randomInt } from "node:crypto";
import { expect } from "chai";
import { setting } from "../../../local/session/options";
import { waitFor } from "../../../local/support/deadline";
import { objects } from "../support/kubernetes";
import {
    coreDns,
    explainFaulty,
    faulty,
    faultyIsUp,
    isReady,
    kill,
    nfsServer,
    type Part,
    part,
    recovery,
} from "./faultInstallation";
import { podsLeft, soakDagId } from "./soakDag";
import { soakRunEnds } from "./soakRun";

/** What chooses the part that is killed next: the same number makes the same choices. */
const seed = Number(setting(process.env, "SEED") ?? randomInt(2 ** 31));

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function randomNumbers(from: number): () => number {
    let state = from;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/**
 * Parts of Airflow, its database, its volumes, its DAGs and the names of the cluster, killed one after the other under a DAG of
 * twenty tasks. The next one is killed when the one before is ready again.
 *
 * @param minutes How long.
 */
export function soak(minutes: number): void {
    describe(`parts killed at random for ${minutes} minutes (SEED=${seed})`, () => {
        const pods = ["pods", "--namespace", faulty.namespaces.workers, "--selector", `dag_id=${soakDagId}`];
        const duration = minutes * 60_000;
        const random = randomNumbers(seed);
        const components = ["scheduler", "api-server", "dag-processor", "triggerer", "postgres", "git-sync"];

        before(faultyIsUp);

        it("ends every task with one success, does no work twice, and leaves no pod", async () => {
            const runs = [await faulty.trigger(soakDagId)];
            const parts = [...components.map(part), await nfsServer(), coreDns];
            const until = Date.now() + duration;
            const killed: string[] = [];
            while (Date.now() < until) {
                const next = parts[Math.floor(random() * parts.length)] as Part;
                killed.push(next.name);
                await kill(next);
                await waitFor(async () => Date.now() >= until || (await isReady(next)), {
                    within: recovery,
                    what: `${next.name} to be ready again (SEED=${seed}; killed: ${killed.join(", ")})`,
                    explain: explainFaulty,
                });
                const last = runs[runs.length - 1] as string;
                if (Date.now() < until && (await hasEnded(last))) {
                    runs.push(await faulty.trigger(soakDagId));
                }
            }
            console.log(`      killed: ${killed.join(", ")}; ${runs.length} runs`);

            const faults: string[] = [];
            for (const run of runs) {
                faults.push(...(await soakRunEnds(run)).map((fault) => `${run}: ${fault}`));
            }
            expect(faults.join("\n"), `SEED=${seed}; killed: ${killed.join(", ")}`).to.equal("");
            await waitFor(async () => podsLeft(await objects(...pods)).length === 0, {
                within: recovery,
                what: `the end of the last pod of a task (SEED=${seed}; killed: ${killed.join(", ")})`,
                explain: async () => `${await namesOfPods()}\n${await explainFaulty()}`,
            });
            console.log(`      pods kept, in which a try failed: ${(await namesOfPods()) || "none"}`);
        });

        /** The pods of the DAG that are there, with their phases. */
        async function namesOfPods(): Promise<string> {
            const found = await objects(...pods);
            return found.map(({ metadata, status }) => `${metadata.name} (${status?.phase})`).join(", ");
        }

        /** Whether a run has ended, as far as Airflow answers at all. */
        async function hasEnded(run: string): Promise<boolean> {
            try {
                const { state } = await (await faulty.api()).run(soakDagId, run);
                return ["success", "failed"].includes(state);
            } catch {
                return false;
            }
        }
    });
}
