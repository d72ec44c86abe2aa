import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { loginOf } from "../../components/database/logins";
import type { TaskInstance } from "../../local/airflow/airflowApi";
import { waitFor } from "../../local/support/deadline";
import { once } from "./deliveries/once";
import { Installation, testPrefix } from "./support/installation";
import { kube, objects } from "./support/kubernetes";

const dagId = "rotated";
const connectionPassword = "the-password-of-a-connection";

/** How long a token of a task is good for, in seconds. A task gets another one in time. */
const tokenSeconds = 60;

/** One task asks for a connection each second, another is deferred, and both go on until a file is there. */
const dag = `import os
import time

from airflow.sdk import DAG, BaseOperator, Connection, task
from airflow.triggers.base import BaseTrigger, TriggerEvent

FINISH = "/opt/airflow/logs/finish"


class FileIsThere(BaseTrigger):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def serialize(self):
        return ("rotated.FileIsThere", {"path": self.path})

    async def run(self):
        import asyncio

        while not os.path.exists(self.path):
            await asyncio.sleep(1)
        yield TriggerEvent("there")


class WaitForFile(BaseOperator):
    def execute(self, context):
        self.defer(trigger=FileIsThere(FINISH), method_name="resume")

    def resume(self, context, event):
        print(f"resumed since it is {event}")


with DAG(dag_id="${dagId}", schedule=None, catchup=False):

    @task(retries=0)
    def asks():
        asked = 0
        while not os.path.exists(FINISH):
            assert Connection.get("asked").password == "${connectionPassword}"
            asked += 1
            time.sleep(1)
        print(f"asked {asked} times")

    asks()
    WaitForFile(task_id="waits", retries=0)
`;

describe("keys that are rotated while a task and a deferred task run", () => {
    const on = Installation.modest(`${testPrefix}-rotation`);
    const { airflow } = on.namespaces;
    const rotated = ["fernetKey", "databasePassword", "jwtKey", "apiSecretKey"];

    const secretOf = async (component: string, key: string) => {
        const newest = ["--sort-by=.metadata.creationTimestamp", `--selector=app.kubernetes.io/component=${component}`];
        const found = await objects("secrets", "--namespace", airflow, ...newest);
        const { data } = found.at(-1) as unknown as { data: Record<string, string> };
        return Buffer.from(data[key] ?? "", "base64").toString();
    };
    const keys = async () => ({
        fernet: await secretOf("encryption", "fernet-key"),
        password: await secretOf("database", "password"),
        jwt: await secretOf("api", "jwt-secret"),
        api: await secretOf("api", "secret-key"),
    });
    const tasks = async (runId: string) => await (await on.api()).tasks(dagId, runId);
    const state = (all: TaskInstance[], id: string) => all.find(({ task_id }) => task_id === id)?.state;

    const begun = once("the run", async () => {
        const folder = on.folder("dags");
        writeFileSync(join(folder, "rotated.py"), dag);
        on.configure({
            triggerer: { replicas: 1, resources: { requests: { cpu: "10m" } } },
            dags: { delivery: "volume", volume: { folder } },
            airflow: { options: { execution_api: { jwt_expiration_time: String(tokenSeconds) } } },
        });
        await on.up();
        const api = await on.api();
        await api.request("POST", "/connections", {
            connection_id: "asked",
            conn_type: "generic",
            password: connectionPassword,
        });
        const runId = await on.trigger(dagId);
        await waitFor(
            async () => {
                const all = await tasks(runId);
                return state(all, "asks") === "running" && state(all, "waits") === "deferred";
            },
            { within: 240_000, what: "a task that runs and one that is deferred", explain: on.explain },
        );
        return { runId, before: await keys() };
    });
    const both = once("the new keys beside the old ones", async () => {
        const { before } = await begun();
        const said: string[] = [];
        for (const key of rotated) {
            said.push((await on.makeWell("rotate-key", { KEY: key })).all);
        }
        await on.up();
        return { before, said: said.join("\n"), after: await keys(), since: Date.now() };
    });
    const newAlone = once("the new keys alone", async () => {
        const { since } = await both();
        // By then every token of the old key has expired: whoever runs on has one of the new key.
        await waitFor(() => Promise.resolve(Date.now() > since + tokenSeconds * 1_000), {
            within: tokenSeconds * 2_000,
            what: "the end of all tokens of the old key",
        });
        for (const key of ["fernetKey", "databasePassword", "jwtKey"]) {
            await on.makeWell("rotate-key", { KEY: key });
        }
        await on.up();
        return await keys();
    });
    const ended = once("the end of the run", async () => {
        const { runId } = await begun();
        await newAlone();
        await kube([
            "exec",
            "--namespace",
            airflow,
            "deployment/airflow-scheduler",
            "--",
            "touch",
            "/opt/airflow/logs/finish",
        ]);
        return { runId, state: await on.runEnds(dagId, runId) };
    });

    after(() => on.end());

    it("are set by make rotate-key, a new one before the old one, and are never printed", async () => {
        const { before, said, after } = await both();
        expect(after.fernet).to.match(/^[\w-]{43}=,/);
        expect(after.fernet.split(",")[1]).to.equal(before.fernet);
        expect(after.jwt.split(",")[1]).to.equal(before.jwt);
        expect(after.password).to.not.equal(before.password);
        expect(after.api).to.not.equal(before.api).and.not.include(",");
        for (const value of [...Object.values(before), ...after.fernet.split(","), ...after.jwt.split(",")]) {
            expect(said.includes(value)).to.equal(false);
        }
    });

    it("are left out one by one: the new ones alone are known in the end", async () => {
        const { after } = await both();
        expect(await newAlone()).to.deep.equal({
            ...after,
            fernet: after.fernet.split(",")[0],
            jwt: after.jwt.split(",")[0],
        });
    });

    it("leave the task that runs, the deferred one and every question for a connection alone", async () => {
        const { runId, state } = await ended();
        expect(state).to.equal("success");
        const all = await tasks(runId);
        expect(all.map(({ task_id, state, try_number }) => `${task_id} ${state} ${try_number}`)).to.have.members([
            "asks success 1",
            "waits success 1",
        ]);
        const api = await on.api();
        const log = async (id: string) =>
            await api.log(dagId, runId, all.find(({ task_id }) => task_id === id) as TaskInstance);
        expect(await log("asks")).to.match(/asked \d{2,} times/);
        expect(await log("waits")).to.contain("resumed since it is there");
    });

    it("open the database: the new password does, the old one does not, and neither without TLS", async () => {
        const { before } = await both();
        const { password } = await newAlone();
        const logsIn = async (secret: string, sslMode: string) => {
            const place = `host=127.0.0.1 dbname=airflow user=${loginOf(secret)} sslmode=${sslMode}`;
            const psql = `PGPASSWORD=${secret} psql "${place}" -Atc "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = session_user" 2>&1 || true`;
            const exec = ["exec", "--namespace", airflow, "airflow-postgres-0", "--", "sh", "-c", psql];
            return (await kube(exec)).trim();
        };
        expect(await logsIn(password, "require")).to.equal("airflow|f");
        expect(await logsIn(password, "disable")).to.contain("no pg_hba.conf entry");
        expect(await logsIn(before.password, "require")).to.contain("password authentication failed");
    });

    it("open what is encrypted: a new process reads the connection with the new key alone", async () => {
        await ended();
        const program = `from airflow.models import Connection; print(Connection.get_connection_from_secrets("asked").password)`;
        const exec = [
            "exec",
            "--namespace",
            airflow,
            "deployment/airflow-dag-processor",
            "--",
            "python",
            "-c",
            program,
        ];
        expect((await kube(exec)).trim().split("\n").at(-1)).to.equal(connectionPassword);
    });
});
