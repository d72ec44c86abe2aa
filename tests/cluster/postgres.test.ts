import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ensureImages, referenceOf } from "../../local/images";
import { waitFor } from "../../local/support/deadline";
import { versionDag } from "./deliveries/dags";
import { once } from "./deliveries/once";
import { Installation, testPrefix } from "./support/installation";
import { type AnyObject, exists, kube, objects } from "./support/kubernetes";

const dagId = "outlives_postgres";
const next = referenceOf("next-postgres");

/**
 * What an earlier version of the component has left: Airflow's role is the superuser of its database. It is made of the database
 * that is there, by a pod on its volume.
 */
const asBefore = `set -eu
exec 9>>/var/lib/postgresql/data/lock && flock 9
cd /var/lib/postgresql/data
alone() { pg_ctl -D "$1" -w -o "-c listen_addresses='' -c unix_socket_directories=/tmp -c hba_file=/scripts/alone_hba.conf" start; }
alone pgdata
pg_dump -h /tmp -U postgres -Fc -f before.dump airflow
pg_ctl -D pgdata -w stop
rm -rf pgdata
initdb -D pgdata -U airflow --auth-local=trust
alone pgdata
createdb -h /tmp -U airflow airflow
pg_restore -h /tmp -U airflow -d airflow --no-owner --exit-on-error before.dump
psql -h /tmp -U airflow -d airflow -c "CREATE VIEW names AS SELECT dag_id FROM dag; CREATE TYPE mood AS ENUM ('well')"
pg_ctl -D pgdata -w stop
rm before.dump
echo "as it was before"
`;

describe("the component's own Postgres", () => {
    const on = Installation.modest(`${testPrefix}-postgres`);
    const within = ["--namespace", on.namespaces.airflow];
    const pod = "airflow-postgres-0";

    const sql = async (statement: string) =>
        (
            await kube(["exec", ...within, pod, "--", "psql", "-U", "postgres", "-d", "airflow", "-Atc", statement])
        ).trim();
    const isReady = async () =>
        (await kube(["wait", ...within, `pod/${pod}`, "--for=condition=Ready", "--timeout=1s"]).catch(() => "")) !== "";
    const scale = async (replicas: number) => {
        await kube(["scale", "statefulset/airflow-postgres", ...within, `--replicas=${replicas}`]);
        await waitFor(async () => (replicas === 0 ? !(await exists("pod", pod, ...within)) : await isReady()), {
            within: 240_000,
            what: `${replicas} pods of Postgres`,
            explain: on.explain,
        });
    };
    /** What a pod on the volume of Postgres says, with an image and a command in place of its own. */
    const said = async (name: string, changed: object, ending: string): Promise<string> => {
        const [found] = await objects("statefulset", "airflow-postgres", ...within);
        const { spec } = (found as unknown as { spec: { template: { spec: AnyObject["spec"] } } }).spec.template;
        const [container] = (spec as unknown as { containers: object[] }).containers;
        const containers = [
            { ...container, ...changed, livenessProbe: null, readinessProbe: null, startupProbe: null },
        ];
        const made = {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name },
            spec: { ...spec, containers, restartPolicy: "Never" },
        };
        await kube(["create", "--filename", "-", ...within], JSON.stringify(made));
        try {
            return await waitFor(
                async () => {
                    const log = await kube(["logs", name, ...within]).catch(() => "");
                    return log.includes(ending) && log;
                },
                { within: 120_000, what: `"${ending}" from ${name}`, explain: on.explain },
            );
        } finally {
            await kube(["delete", "pod", name, ...within, "--force", "--grace-period=0"]);
        }
    };
    const runs = async () => {
        const runId = await on.trigger(dagId);
        return await on.runEnds(dagId, runId);
    };

    const installed = once("the installation", async () => {
        const folder = on.folder("dags");
        writeFileSync(join(folder, "postgres.py"), versionDag(dagId, 1));
        on.configure({ dags: { delivery: "volume", volume: { folder } } });
        await on.up();
        return await runs();
    });
    const takenOver = once("the database of an earlier version", async () => {
        await installed();
        await scale(0);
        await said("airflow-postgres-before", { command: ["bash", "-c", asBefore] }, "as it was before");
        await scale(1);
    });
    const upgraded = once("the upgrade of Postgres", async () => {
        await takenOver();
        await ensureImages(["next-postgres"]);
        await scale(0);
        const refused = await said("airflow-postgres-newer", { image: next }, "POSTGRES REFUSED");
        await scale(1);
        on.configure({
            database: { image: next, upgradeFrom: referenceOf("postgres"), resources: { requests: { cpu: "10m" } } },
        });
        await on.up();
        return { refused };
    });

    after(() => on.end());

    it("runs a DAG with a role that is no superuser, and owns all that it has made", async () => {
        expect(await installed()).to.equal("success");
        expect(await sql("SELECT rolsuper, rolcanlogin FROM pg_roles WHERE rolname = 'airflow'")).to.equal("f|f");
        expect(await foreign()).to.equal("");
    });

    it("takes over a database of which Airflow's role was the superuser, with all that is in it", async () => {
        await takenOver();
        expect(await sql("SELECT rolname FROM pg_roles WHERE rolsuper")).to.equal("postgres");
        expect(await foreign()).to.equal("");
        expect(await sql(`SELECT state FROM dag_run WHERE dag_id = '${dagId}'`)).to.equal("success");
        expect(await sql("SELECT count(*) > 0 FROM names")).to.equal("t");
        expect(await runs()).to.equal("success");
    });

    it("refuses an image that its data are not for, and names both", async () => {
        const { refused } = await upgraded();
        expect(refused).to.contain("database.image is one of Postgres 18, and the volume holds data of Postgres 17");
        expect(refused).to.contain("Set database.upgradeFrom");
    });

    it("goes to the next major version with all data", async () => {
        await upgraded();
        expect(await sql("SHOW server_version")).to.match(/^18\./);
        expect(await sql(`SELECT count(*) FROM dag_run WHERE dag_id = '${dagId}' AND state = 'success'`)).to.equal("2");
        expect(await foreign()).to.equal("");
        expect(await runs()).to.equal("success");
        const left = await kube(["exec", ...within, pod, "--", "ls", "/var/lib/postgresql/data"]);
        expect(left.trim().split("\n").sort()).to.deep.equal(["lock", "pgdata", "pgdata-17"]);
    });

    /** What in Airflow's database is not its role's. */
    async function foreign(): Promise<string> {
        const schemas = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'";
        return await sql(
            `SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE ${schemas} AND relowner <> 'airflow'::regrole
             UNION ALL SELECT typname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace
                 WHERE ${schemas} AND typowner <> 'airflow'::regrole
             UNION ALL SELECT datname FROM pg_database WHERE datname = 'airflow' AND datdba <> 'airflow'::regrole`,
        );
    }
});
