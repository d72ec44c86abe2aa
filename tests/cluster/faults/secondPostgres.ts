import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { type AnyObject, kube, objects } from "../support/kubernetes";
import { explainFaulty, faulty, faultyIsUp, isReady, kill, part, recovery, sql } from "./faultInstallation";

/** The pod of a StatefulSet, as far as another one is made from it. */
interface StatefulSet extends Omit<AnyObject, "spec"> {
    readonly spec: { readonly template: { readonly spec: object } };
}

/** A pod of Postgres whose processes go on after it was deleted by force, or lost with its node, has a successor beside it. */
export function secondPostgres(): void {
    describe("a second Postgres on the volume of the first", () => {
        const name = "airflow-postgres-second";
        const within = ["--namespace", faulty.namespaces.airflow];

        before(faultyIsUp);

        after(async () => {
            await kube(["delete", "pod", name, ...within, "--ignore-not-found", "--force", "--grace-period=0"]);
            await scale(1);
            const postgres = part("postgres");
            await waitFor(() => isReady(postgres), { within: recovery, what: postgres.name, explain: explainFaulty });
        });

        it("waits for the end of the first, and says so", async () => {
            const [found] = await objects("statefulset", "airflow-postgres", ...within);
            const { spec } = (found as unknown as StatefulSet).spec.template;
            const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec };
            await kube(["create", "--filename", "-", ...within], JSON.stringify(pod));
            await waitFor(async () => (await log()).includes("Waiting for its end"), {
                within: recovery,
                what: "the second Postgres to wait",
                explain: explainFaulty,
            });
            expect(await log())
                .to.not.contain("Making a database")
                .and.not.contain("starting PostgreSQL");
            expect(await sql("SELECT 1")).to.equal("1");
        });

        it("has all data when the first was killed", async () => {
            await sql("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number");
            await scale(0);
            await kill(part("postgres"));
            await waitFor(async () => (await log()).includes('listening on IPv4 address "0.0.0.0"'), {
                within: recovery,
                what: "the second Postgres to start",
                explain: explainFaulty,
            });
            const psql = [
                "psql",
                "-U",
                "postgres",
                "-d",
                "airflow",
                "-Atc",
                "SELECT count(*) FROM kept; DROP TABLE kept",
            ];
            expect(await kube(["exec", name, ...within, "--", ...psql])).to.match(/^1000\n/);
        });

        async function scale(replicas: number): Promise<void> {
            await kube(["scale", "statefulset", "airflow-postgres", ...within, `--replicas=${replicas}`]);
        }

        async function log(): Promise<string> {
            return await kube(["logs", name, ...within]).catch(() => "");
        }
    });
}
