import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { kubectl } from "../../../local/session/targetCluster";
import { waitFor } from "../../../local/support/deadline";
import { Installation, testPrefix } from "../support/installation";
import { cluster, kube, objects } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { once } from "./once";

const password = "pw-of-the-warehouse";
const gone = "gone_dag";

/** A task that uses a connection, one that asks for the claim of backups, one whose pod fails, and a DAG that is removed later. */
const dags = `import os
import signal

from airflow.sdk import DAG, Connection, task
from kubernetes.client import models as k8s

with DAG(dag_id="uses", schedule=None, catchup=False):

    @task
    def asks():
        connection = Connection.get("warehouse")
        print(f"opened {connection.login} {len(connection.password)}")

    asks()

spy = k8s.V1PodSpec(
    containers=[k8s.V1Container(name="base", volume_mounts=[k8s.V1VolumeMount(name="spy", mount_path="/spy")])],
    volumes=[k8s.V1Volume(name="spy", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name=os.environ.get("SPY", "CLAIM")))],
)

with DAG(dag_id="spies", schedule=None, catchup=False, description="CLAIM"):

    @task(executor_config={"pod_override": k8s.V1Pod(spec=spy)})
    def looks():
        print("found", os.listdir("/spy"))

    looks()

with DAG(dag_id="fails", schedule=None, catchup=False):

    @task
    def dies():
        os.kill(os.getppid(), signal.SIGKILL)

    dies()
`;
const goneDag = `from airflow.sdk import DAG, task

with DAG(dag_id="${gone}", schedule=None, catchup=False):

    @task
    def once():
        print("was here")

    once()
`;

describe("Backups of the database", () => {
    const on = Installation.modest(`${testPrefix}-backup`);
    let folder: string;

    after(() => on.end());

    const airflow = ["--namespace", on.namespaces.airflow];
    const sql = (statement: string, database = "airflow") =>
        kube([
            ...["exec", ...airflow, "airflow-postgres-0", "--", "sh", "-c"],
            `psql -U postgres -d "$2" -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"`,
            ...["sh", statement, database],
        ]);

    const runEnds = async (dagId: string) => {
        const runId = await on.trigger(dagId);
        const state = await on.runEnds(dagId, runId);
        const api = await on.api();
        const [ran] = await api.tasks(dagId, runId);
        return { runId, state, log: await api.log(dagId, runId, ran) };
    };
    /** Makes a Job of a CronJob, and hands back how it ended and what it said. */
    const runNow = async (cronJob: string, name: string): Promise<{ state: string; log: string }> => {
        await kube(["create", "job", name, `--from=cronjob/${cronJob}`, ...airflow]);
        const state = await waitFor(
            async () => {
                const [job] = await objects("job", name, ...airflow);
                const conditions = (job?.status as { conditions?: { type: string; status: string }[] } | undefined)
                    ?.conditions;
                return conditions?.find(({ type, status }) => status === "True" && /^(Complete|Failed)$/.test(type))
                    ?.type;
            },
            { within: 240_000, what: `the end of ${name}`, explain: on.explain },
        );
        return { state, log: await kube(["logs", `job/${name}`, "--all-containers", "--ignore-errors", ...airflow]) };
    };

    const installed = once("the installation with backups", async () => {
        folder = on.folder("dags");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "dags.py"), dags);
        writeFileSync(join(folder, "gone.py"), goneDag);
        on.configure({
            dags: { delivery: "volume", volume: { folder }, refreshSeconds: 10 },
            database: { resources: { requests: { cpu: "10m" } }, backup: {}, cleanup: { retentionDays: 30 } },
            workers: { resources: { requests: { cpu: "10m" } }, keepFailedPodsSeconds: 60 },
        });
        await on.up();
    });
    /** A run with its log, a connection and a user, and a backup of them. */
    const backedUp = once("a backup", async () => {
        await installed();
        const api = await on.api();
        const connection = { connection_id: "warehouse", conn_type: "postgres", login: "ada", password };
        await api.request("POST", "/connections", connection);
        await kube([
            ...["exec", ...airflow, "deployment/airflow-api-server", "--", "airflow", "users", "create"],
            ...["--username", "grace", "--firstname", "Grace", "--lastname", "H", "--role", "Viewer"],
            ...["--email", "grace@example.org", "--password", "a-password-of-grace"],
        ]);
        const before = await runEnds("uses");
        const file = join(on.folder("copies"), "copy.dump");
        const made = await on.makeWell("backup", { OUT: file });
        return { before, made, name: made.stdout.trim(), file };
    });
    const restored = once("the database restored", async () => {
        const { name, before } = await backedUp();
        await sql("DROP DATABASE airflow WITH (FORCE)", "postgres");
        const api = await on.api();
        const broken = await api.request("GET", "/dags").then(
            () => "answers",
            (error: unknown) => String(error),
        );
        const failed = await runNow("airflow-backup", "backup-of-nothing");
        const made = await on.makeWell("restore", { FILE: name, YES: "1" });
        await on.wasChanged();
        const after = await (await on.api()).tasks("uses", before.runId);
        const log = await (await on.api()).log("uses", before.runId, after[0]);
        return { broken, failed, made, log, again: await runEnds("uses") };
    });

    describe("on the volume of an installation", () => {
        it("are made by make backup, which prints the name, and copied by OUT=", async () => {
            const { name, file, before } = await backedUp();
            expect(before.state, before.log).to.equal("success");
            expect(name).to.match(/^airflow-\d{8}T\d{6}Z-3\.3\.2-\w+\.dump$/);
            expect(readFileSync(file).subarray(0, 5).toString()).to.equal("PGDMP");
            expect(readFileSync(file).includes(password)).to.equal(false);
        });

        it("are out of reach of tasks: their namespace has no claim on them, and a task that asks for one waits in vain", async () => {
            const { before } = await backedUp();
            expect(before.state).to.equal("success");
            const claims = await kube([
                "get",
                "persistentvolumeclaims",
                "--output",
                "name",
                ...["--namespace", on.namespaces.workers],
            ]);
            expect(claims).to.contain("airflow-logs").and.to.not.contain("backups");
            const [own] = (await objects("persistentvolumeclaims", ...airflow)).filter(({ metadata }) =>
                metadata.name.includes("backups"),
            );
            const text = dags.replaceAll('"CLAIM"', `"${own.metadata.name}"`);
            writeFileSync(join(folder, "dags.py"), text);
            await on.up();
            const spies = await on.api();
            await waitFor(async () => (await spies.dag("spies"))?.description === own.metadata.name, {
                within: 180_000,
                what: "the DAG that asks for the claim",
                explain: on.explain,
            });
            const runId = await on.trigger("spies");
            const log = await waitFor(
                async () => {
                    const api = await on.api();
                    const [task] = await api.tasks("spies", runId);
                    const said = task === undefined ? "" : await api.log("spies", runId, task).catch(() => "");
                    return said.includes(own.metadata.name) && said;
                },
                { within: 120_000, what: "why the pod does not start", explain: on.explain },
            );
            expect(log)
                .to.match(/persistentvolumeclaim \S+ not found/)
                .and.to.not.contain("found [");
            await kube(["delete", "pods", "--all", "--namespace", on.namespaces.workers, "--wait=false"]);
        });

        it("fail in plain words where there is no database, and leave the earlier ones", async () => {
            const { broken, failed } = await restored();
            expect(broken).to.not.equal("answers");
            expect(failed.state).to.equal("Failed");
            expect(failed.log)
                .to.contain("BACKUP FAILED\nThe database cannot be reached")
                .and.to.contain("does not exist");
        });

        it("bring all back by make restore: the run and its log, the connection, which opens, and the user", async () => {
            const { made, log, again } = await restored();
            expect(made.all).to.match(/Restored airflow-\S+\.dump: \d+ runs? of \d DAGs?, 1 connection, 2 users\./);
            expect(log).to.contain(`opened ada ${password.length}`);
            expect(again.state, again.log).to.equal("success");
            expect(again.log).to.contain(`opened ada ${password.length}`);
            expect((await sql("SELECT username FROM ab_user ORDER BY 1")).trim()).to.equal("admin\ngrace");
        });

        it("are restored from a file, too; a name that is none is refused with those that there are", async () => {
            await restored();
            const { file, name } = await backedUp();
            const refused = await on.make("restore", { FILE: "no-such.dump", YES: "1" });
            expect(refused.code).to.not.equal(0);
            expect(refused.all).to.contain('"no-such.dump" is neither a backup nor a file').and.to.contain(name);
            await sql("DELETE FROM connection");
            await on.makeWell("restore", { FILE: file, YES: "1" });
            await on.wasChanged();
            expect((await sql("SELECT conn_id FROM connection")).trim()).to.equal("warehouse");
        });

        it("leave the stack as it was: the next up changes nothing, and replicas can be changed", async () => {
            await restored();
            expect((await on.up()).all).to.match(/unchanged/);
            await on.up("triggerer.replicas=1");
            const [triggerer] = await objects("statefulset", "airflow-triggerer", ...airflow);
            expect((triggerer.spec as { replicas?: number }).replicas).to.equal(1);
        });

        it("are restored by kubectl alone, as the guide says", async () => {
            const { name } = await backedUp();
            await restored();
            const guide = readFileSync(join(__dirname, "../../../docs/backup.md"), "utf8");
            const [, block] = /<!-- restore by kubectl -->\n\n((?: {4}.*\n|\n)+)/.exec(guide) ?? [];
            const script = (block ?? "")
                .replaceAll(/^ {4}/gm, "")
                .replaceAll("airflow-20261127T024100Z-3.3.2-0a1b2c3d4e5f.dump", name)
                .replaceAll("--namespace airflow", `--namespace ${on.namespaces.airflow}`);
            expect(script).to.contain("kubectl").and.to.contain(name);
            await sql("DELETE FROM connection");
            const { stdout: kubeconfig } = await on.makeWell("kubeconfig");
            const bin = on.folder("bin");
            const built = kubectl(cluster);
            writeFileSync(join(bin, "kubectl"), `#!/bin/sh\nexec ${built.join(" ")} "$@"\n`, { mode: 0o755 });
            const done = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
                encoding: "utf8",
                env: { ...process.env, KUBECONFIG: kubeconfig.trim(), PATH: `${bin}:${process.env.PATH}` },
            });
            expect(done.status, done.stdout + done.stderr).to.equal(0);
            expect(done.stdout).to.contain(`Restored ${name}`);
            expect((await sql("SELECT conn_id FROM connection")).trim()).to.equal("warehouse");
            await on.wasChanged();
            expect((await runEnds("uses")).state).to.equal("success");
        });
    });

    describe("beside them", () => {
        it("old rows are removed, those of a DAG that is gone, too, and nothing that goes on", async () => {
            await restored();
            const kept = await runEnds(gone);
            expect(kept.state, kept.log).to.equal("success");
            const running = await on.trigger("uses");
            await on.runEnds("uses", running);
            writeFileSync(join(folder, "gone.py"), "");
            await on.up();
            // As it would be after two months; of a task that never began, as those of a removed DAG may be, nothing is ever old.
            const old = "now() - interval '60 days'";
            await sql(
                [
                    `UPDATE dag SET is_stale = true, last_parsed_time = ${old} WHERE dag_id = '${gone}'`,
                    `UPDATE dag_run SET start_date = ${old}, end_date = ${old}, queued_at = ${old}, run_after = ${old}, run_type = 'scheduled' WHERE dag_id = '${gone}'`,
                    `UPDATE task_instance SET start_date = NULL, state = 'upstream_failed' WHERE dag_id = '${gone}'`,
                    `UPDATE dag_version SET created_at = ${old} WHERE dag_id = '${gone}'`,
                    `UPDATE dag_run SET start_date = ${old} WHERE dag_id = 'uses' AND run_id <> '${running}'`,
                    `UPDATE log SET dttm = ${old} WHERE id = (SELECT min(id) FROM log)`,
                ].join("; "),
            );
            const { state, log } = await runNow("airflow-db-cleanup", "clean-now");
            expect(state, log).to.equal("Complete");
            expect(log).to.contain(`DAGs that are gone: ${gone}`).and.to.contain("Done.");
            expect((await sql(`SELECT count(*) FROM dag WHERE dag_id = '${gone}'`)).trim()).to.equal("0");
            expect((await sql("SELECT count(*) FROM dag_run WHERE dag_id = 'uses'")).trim()).to.equal("1");
            expect(
                (await sql("SELECT count(*) FROM pg_tables WHERE tablename LIKE '\\_airflow\\_deleted%'")).trim(),
            ).to.equal("0");
            expect((await runEnds("uses")).state).to.equal("success");
        });

        it("the pod of a task that failed stays for a while, and then goes", async () => {
            await restored();
            const runId = await on.trigger("fails");
            expect(await on.runEnds("fails", runId)).to.equal("failed");
            const failed = async () =>
                (await objects("pods", "--namespace", on.namespaces.workers, "--field-selector", "status.phase=Failed"))
                    .length;
            expect(await failed()).to.be.greaterThan(0);
            await waitFor(async () => (await failed()) === 0, {
                within: 300_000,
                what: "the removal of failed pods",
                explain: on.explain,
            });
        });
    });

    describe("in a bucket", () => {
        it("are made, listed and restored as on a volume", async () => {
            await restored();
            const { endpointUrl, accessKeyId, secretAccessKey } = (await TestServers.shared()).s3;
            on.configure({
                database: {
                    resources: { requests: { cpu: "10m" } },
                    backup: { bucket: { url: "s3://airflow-logs/backups", endpointUrl, accessKeyId } },
                },
                backupSecretAccessKey: secretAccessKey,
            });
            await on.up();
            const name = (await on.makeWell("backup")).stdout.trim();
            await sql("DELETE FROM connection");
            const made = await on.makeWell("restore", { FILE: "latest", YES: "1" });
            await on.wasChanged();
            expect(made.all).to.contain(`Restored ${name}`);
            expect((await sql("SELECT conn_id FROM connection")).trim()).to.equal("warehouse");
        });
    });
});
