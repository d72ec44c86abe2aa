import { expect } from "chai";
import { faulty, faultyIsUp, sql } from "./faultInstallation";

const dagId = "fault_load";

/** Runs of the history, none of which is looked at. */
const history = 1_000;

/** The most connections that Airflow may hold to its database: less than Postgres's default of 100, with room for a person. */
const mostConnections = 60;

interface Health {
    readonly scheduler: { readonly status: string };
    readonly dag_processor: { readonly status: string };
}

/**
 * Many tasks at once.
 *
 * @param tasks How many; each pod takes some seconds of a CPU.
 */
export function load(tasks: number): void {
    describe(`${tasks} tasks at once, with ${history} runs before`, () => {
        before(faultyIsUp);

        it("all succeed, while scheduler and dag-processor stay healthy and the database has few connections", async () => {
            const first = await faulty.trigger(dagId, { tasks: 1 });
            expect(await faulty.runEnds(dagId, first)).to.equal("success");
            await sql(historyOf(first));

            const runId = await faulty.trigger(dagId, { tasks });
            const unhealthy: string[] = [];
            let connections = 0;
            const ended = faulty.runEnds(dagId, runId, 120_000 + tasks * 15_000);
            let isOver = false;
            const over = ended.finally(() => {
                isOver = true;
            });
            while (!isOver) {
                const seen = await sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'airflow'");
                // The statement has a connection itself.
                connections = Math.max(connections, Number(seen) - 1);
                const health = (await (await fetch(`${await faulty.url()}/api/v2/monitor/health`)).json()) as Health;
                for (const part of ["scheduler", "dag_processor"] as const) {
                    if (health[part].status !== "healthy") {
                        unhealthy.push(`${part} is ${health[part].status}`);
                    }
                }
                await Promise.race([over, looksAgain()]);
            }
            expect(await over).to.equal("success");
            const all = (await (await faulty.api()).tasks(dagId, runId)).filter(
                ({ task_id }) => task_id === "one_of_many",
            );
            expect(all.filter(({ state, try_number }) => state === "success" && try_number === 1)).to.have.length(
                tasks,
            );
            console.log(`      at most ${connections} connections to the database`);
            expect(unhealthy).to.deep.equal([]);
            expect(connections).to.be.greaterThan(0).and.at.most(mostConnections);
        });
    });
}

/** Two seconds between two looks. */
function looksAgain(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 2_000));
}

/** SQL that copies a run that has ended: all columns, whatever they are, but what has to differ. */
function historyOf(runId: string): string {
    return `
CREATE TEMPORARY TABLE history AS SELECT * FROM dag_run WHERE dag_id = '${dagId}' AND run_id = '${runId}';
DO $$
BEGIN
    FOR number IN 1..${history} LOOP
        UPDATE history SET
            id = nextval(pg_get_serial_sequence('dag_run', 'id')), run_id = 'history-' || number, logical_date = NULL;
        INSERT INTO dag_run SELECT * FROM history;
    END LOOP;
END $$;
`;
}
