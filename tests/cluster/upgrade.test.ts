import { expect } from "chai";
import { ensureImages, referenceOf } from "../../local/images";
import { waitFor } from "../../local/support/deadline";
import { byVolume } from "./deliveries/deliveries";
import { once } from "./deliveries/once";
import { notesOf } from "./faults/soakDag";
import { airflowImage } from "./support/airflowImage";
import { Installation, testPrefix } from "./support/installation";
import { kube, livingPods } from "./support/kubernetes";
import { PodWatch } from "./support/podWatch";

const [older, newer] = [referenceOf("airflow-3.2"), airflowImage].map((image) => image.split(":")[1]);

/** What Airflow's own tasks write to, beside the logs. */
const notesFolder = "/opt/airflow/logs/upgrade";

const dagId = "upgraded";

/**
 * A chain of tasks, with one that runs and one that is deferred until the run's gate is open. Each task leaves a file when its
 * work is done, so that work done twice shows.
 */
const dag = `import pathlib
import time
import uuid

from airflow.providers.standard.triggers.file import FileTrigger
from airflow.sdk import DAG, BaseOperator, task


def folder(context):
    return pathlib.Path("${notesFolder}") / context["ti"].run_id


def note(context):
    instance = context["ti"]
    folder(context).mkdir(parents=True, exist_ok=True)
    name = f"{instance.task_id} {instance.map_index} {instance.try_number} {uuid.uuid4()}"
    (folder(context) / name).touch(exist_ok=False)


class Deferred(BaseOperator):
    def execute(self, context):
        gate = str(folder(context) / "gate")
        self.defer(trigger=FileTrigger(filepath=gate, poke_interval=1), method_name="resume")

    def resume(self, context, event=None):
        note(context)


with DAG(dag_id="${dagId}", schedule=None, catchup=False):

    @task
    def first(**context):
        note(context)

    @task
    def running(**context):
        while not (folder(context) / "gate").exists():
            time.sleep(0.5)
        note(context)

    @task
    def after(**context):
        note(context)

    begin = first()
    waits = running()
    begin >> waits
    [waits, begin >> Deferred(task_id="deferred")] >> after() >> after.override(task_id="last")()
`;
const tasks = ["after", "deferred", "first", "last", "running"];

/** What one statement of SQL answers in Airflow's database, without headers. */
async function sql(namespace: string, statement: string): Promise<string> {
    const psql = ["psql", "-U", "postgres", "-d", "airflow", "-v", "ON_ERROR_STOP=1", "-At", "-f", "-"];
    return (
        await kube(["exec", "--stdin", "--namespace", namespace, "airflow-postgres-0", "--", ...psql], statement)
    ).trim();
}

/** Questions to an api-server that go on, each second. */
interface Questions {
    /** The answer to the last one, or its fault. */
    readonly latest: () => Promise<string | undefined>;
    /** Ends them; all answers and faults. */
    readonly stop: () => Promise<string[]>;
}

/** Asks the Service of the api-server each second, as the node reaches it, until it is told to stop. */
async function askEachSecond(namespace: string): Promise<Questions> {
    const [address, port] = ["{.spec.clusterIP}", "{.spec.ports[0].port}"].map(
        async (path) =>
            await kube(["get", "service", "airflow-api-server", "--namespace", namespace, `--output=jsonpath=${path}`]),
    );
    const url = `http://${await address}:${await port}/api/v2/version`;
    const answers: Promise<string>[] = [];
    const ask = async (): Promise<string> => {
        try {
            // A connection of its own, as that of a client that has not asked before.
            const answer = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(10_000) });
            return answer.ok ? ((await answer.json()) as { version: string }).version : `status ${answer.status}`;
        } catch (error) {
            return `${new Date().toISOString()} ${String((error as Error).cause ?? error)}`;
        }
    };
    const timer = setInterval(() => answers.push(ask()), 1000);
    return {
        latest: async () => await answers.at(-1),
        stop: async () => {
            clearInterval(timer);
            return await Promise.all(answers);
        },
    };
}

describe("An upgrade of Airflow, and the way back", () => {
    const on = Installation.modest(`${testPrefix}-upgrade`);
    const { airflow } = on.namespaces;
    const inScheduler = ["exec", "--namespace", airflow, "deployment/airflow-scheduler", "--"];
    let watch: PodWatch;

    /** The processes, and the database: what is the same when nothing was changed. */
    const processes = async () => (await livingPods(airflow)).map(({ metadata }) => metadata.uid).sort();

    /** A run with a task that runs and one that is deferred; neither goes on before its gate is open. */
    const begun = async () => {
        const runId = await on.trigger(dagId);
        const states = async () => {
            const all = await (await on.api()).tasks(dagId, runId);
            return Object.fromEntries(all.map(({ task_id, state }) => [task_id, state]));
        };
        await waitFor(
            async () => {
                const { running, deferred } = await states();
                return running === "running" && deferred === "deferred";
            },
            { within: 120_000, what: "a task that runs and one that is deferred", explain: on.explain },
        );
        return { runId, states };
    };

    /** Opens the gate of a run and waits for its end; every task has succeeded at its first try, and done its work once. */
    const endsWell = async (runId: string) => {
        await kube([...inScheduler, "touch", `${notesFolder}/${runId}/gate`]);
        const state = await on.runEnds(dagId, runId);
        const ended = await (await on.api()).tasks(dagId, runId);
        const told = ended.map(({ task_id, state, try_number }) => `${task_id} ${state} ${try_number}`).sort();
        expect(told, await on.explain()).to.deep.equal(tasks.map((task) => `${task} success 1`));
        expect(state).to.equal("success");
        const notes = notesOf(await kube([...inScheduler, "ls", "-1", `${notesFolder}/${runId}`]));
        const done = notes.filter(({ task }) => task !== "gate").map(({ task, tryNumber }) => `${task} ${tryNumber}`);
        expect(done.sort()).to.deep.equal(tasks.map((task) => `${task} 1`));
        // A deferred task has a pod before and one after.
        const pods = watch.pods(dagId, runId).map(({ taskId, tryNumber }) => `${taskId} ${tryNumber}`);
        expect(pods.sort()).to.deep.equal([...tasks, "deferred"].sort().map((task) => `${task} 1`));
    };

    const installed = once(`Airflow ${older}`, async () => {
        await ensureImages(["airflow-3.2"]);
        const delivery = byVolume(on);
        await delivery.publish({ "upgraded.py": dag });
        on.configure({ ...delivery.settings(), triggerer: { resources: { requests: { cpu: "10m" } } } });
        watch = await PodWatch.start();
        return await on.up(`airflow.version=${older}`);
    });

    const refused = once("a migration that the database refuses", async () => {
        await installed();
        const run = await begun();
        const before = await processes();
        await sql(airflow, "CREATE VIEW report AS SELECT interval FROM deadline_alert");
        const made = await on.make("up", { CONFIG: `airflow.version=${newer}` });
        return { run, before, made };
    });

    const upgraded = once(`the upgrade to Airflow ${newer}`, async () => {
        const { run } = await refused();
        await sql(airflow, "DROP VIEW report");
        const questions = await askEachSecond(airflow);
        try {
            await on.up(`airflow.version=${newer}`);
            // A pod that ends answers for the moment that its Service needs to leave it out.
            await waitFor(async () => (await questions.latest()) === newer, {
                within: 10_000,
                what: `an answer of ${newer}`,
            });
        } finally {
            await questions.stop();
        }
        return { run, answers: await questions.stop() };
    });

    const turnedAway = once("an older Airflow without more", async () => {
        await upgraded();
        const run = await begun();
        const before = await processes();
        const made = await on.make("up", { CONFIG: `airflow.version=${older}` });
        return { run, before, made };
    });

    const back = once(`the way back to Airflow ${older}`, async () => {
        const { run } = await turnedAway();
        await on.up(`airflow.version=${older} airflow.downgradeFrom=apache/airflow:${newer}`);
        return run;
    });

    after(async () => {
        await watch?.stop();
        await on.end();
    });

    it("begins with the older one, and says that its image has another executor than the component's", async () => {
        expect((await installed()).all).to.match(
            /To know: The image has \S+ 10\.17\.1, .*The provider's own runs tasks/,
        );
    });

    it("says why the database refuses a migration, and leaves the older one serving", async () => {
        const { before, made } = await refused();
        expect(made.code).to.not.equal(0);
        expect(made.all).to.contain("MIGRATION FAILED").and.contain("cannot alter type of a column used by a view");
        expect(made.all).to.contain('rule _RETURN on view report depends on column "interval"');
        expect(made.all).to.contain("Airflow's processes were not changed: those of before go on.");
        expect(await processes()).to.deep.equal(before);
        expect(await (await on.api()).request("GET", "/version")).to.include({ version: older });
    });

    it("has an api-server that answers each second", async () => {
        const { answers } = await upgraded();
        expect(answers.filter((answer) => answer !== older && answer !== newer)).to.deep.equal([]);
        expect(answers.at(0)).to.equal(older);
    });

    it("does not disturb tasks: those that run, are deferred or begin succeed at their first try, and work once", async () => {
        const { run } = await upgraded();
        expect(await run.states()).to.include({
            first: "success",
            running: "running",
            deferred: "deferred",
            after: null,
        });
        await endsWell(run.runId);
    });

    it("refuses to go back without more, with the setting that does it, and changes nothing", async () => {
        const { before, made } = await turnedAway();
        expect(made.code).to.not.equal(0);
        expect(made.all).to.contain(
            `The database has the schema of Airflow ${newer}, which Airflow ${older} does not know. Nothing was changed.`,
        );
        expect(made.all).to.contain(`To go back, set airflow.downgradeFrom to "apache/airflow:${newer}"`);
        expect(await processes()).to.deep.equal(before);
        expect(await sql(airflow, "SELECT version FROM airflow_kubernetes.migration")).to.equal(newer);
    });

    it("goes back with that setting, in the middle of a run, of which no task fails or works twice", async () => {
        const run = await back();
        expect(await (await on.api()).request("GET", "/version")).to.include({ version: older });
        await endsWell(run.runId);
    });
});
