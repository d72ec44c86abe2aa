import { setTimeout as pause } from "node:timers/promises";
import { AirflowApi, type DagRun, type TaskInstance } from "../airflow/airflowApi";
import { forwardAirflow } from "../airflow/portForward";
import { projectName, stackValue } from "../pulumi/stackFile";
import { setting } from "../session/options";
import { Session } from "../session/session";
import { requireCluster } from "../session/targetCluster";
import { waitFor } from "../support/deadline";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { elapsed, Stopwatch, say } from "../support/progress";

const finalRunStates: readonly string[] = ["success", "failed"];

/** How long Airflow may take to find a new DAG: a bundle refresh, a parse, and some patience on a small machine. */
const dagKnownWithin = 180_000;

/** The JSON object of `CONF=`, which the run gets as its configuration. */
export function readConf(text: string | undefined): Record<string, unknown> {
    if (text === undefined) {
        return {};
    }
    try {
        const conf: unknown = JSON.parse(text);
        if (typeof conf === "object" && conf !== null && !Array.isArray(conf)) {
            return conf as Record<string, unknown>;
        }
    } catch {
        // Told below, together with JSON that is no object.
    }
    throw new UserError(
        `CONF is no JSON object: ${text}\nExample: make run-dag DAG=example_slow CONF='{"seconds": 5}'`,
    );
}

/** The name of a task instance as people write it: `task`, or `task[3]` when mapped. */
export function taskName(task: TaskInstance): string {
    return task.map_index < 0 ? task.task_id : `${task.task_id}[${task.map_index}]`;
}

/** What to do in a stack that has no first user. */
export function noFirstUser(stackFile: string): string {
    const auth = stackValue(stackFile, `${projectName}:auth`) as { manager?: unknown } | null | undefined;
    const [who, other] =
        auth?.manager === "keycloak"
            ? ["Keycloak has the users, and the stack none", "ask the REST API with a token (docs/sign-in.md#keycloak)"]
            : ["There is no first user", "set admin.enabled to true"];
    return `${who} to ask Airflow as: trigger the DAG in the UI, or ${other}.`;
}

async function runDag(): Promise<number> {
    const dagId = setting(process.env, "DAG");
    const conf = readConf(setting(process.env, "CONF"));
    if (dagId === undefined) {
        throw new UserError("Which DAG? make run-dag DAG=example_pods");
    }
    const session = await Session.open({ quiet: true });
    await requireCluster(session.cluster);
    const outputs = await session.requireOutputs();
    if (outputs.adminUser === "") {
        throw new UserError(noFirstUser(session.stackFileText));
    }
    const forward = await forwardAirflow(session.cluster, outputs.namespaces.airflow);
    try {
        const api = new AirflowApi(forward.url, outputs.adminUser, outputs.adminPassword);
        await dagIsKnown(api, dagId);
        await api.unpause(dagId);
        const started = await api.trigger(dagId, conf);
        say(`${dagId}: run ${started.dag_run_id} started`);
        const { run, tasks, took } = await follow(api, dagId, started.dag_run_id);
        await printLogs(api, dagId, run, tasks);
        say(`${dagId}: ${run.state} after ${took}, ${summary(tasks)}`);
        return run.state === "success" ? 0 : 1;
    } finally {
        await forward.stop();
    }
}

async function dagIsKnown(api: AirflowApi, dagId: string): Promise<void> {
    let told = false;
    await waitFor(
        async () => {
            const dag = await api.dag(dagId);
            if (dag === undefined && !told) {
                told = true;
                say(`${dagId}: waiting until Airflow has read it (up to ${elapsed(dagKnownWithin)}) ...`);
            }
            return dag;
        },
        { within: dagKnownWithin, what: `DAG ${dagId}`, explain: () => whatIsKnown(api) },
    );
}

async function whatIsKnown(api: AirflowApi): Promise<string> {
    const errors = (await api.importErrors()).map((error) => `${error.filename}: ${error.stack_trace.trim()}`);
    const known = `Airflow knows: ${(await api.dagIds()).join(", ") || "no DAG"}.`;
    return errors.length === 0 ? known : [known, "It could not read:", ...errors].join("\n");
}

async function follow(
    api: AirflowApi,
    dagId: string,
    runId: string,
): Promise<{ run: DagRun; tasks: TaskInstance[]; took: string }> {
    const watch = new Stopwatch();
    const shown = new Map<string, string>();
    for (;;) {
        // The run is asked before its tasks, so that the last look at the tasks is newer than the run's end.
        const run = await api.run(dagId, runId);
        const tasks = await api.tasks(dagId, runId);
        for (const task of tasks) {
            const state = task.state ?? "waiting";
            if (state !== "waiting" && shown.get(taskName(task)) !== state) {
                shown.set(taskName(task), state);
                say(`  ${watch.elapsed().padStart(8)}  ${taskName(task)}: ${state}`);
            }
        }
        if (finalRunStates.includes(run.state)) {
            return { run, tasks, took: watch.elapsed() };
        }
        await pause(1_000);
    }
}

async function printLogs(api: AirflowApi, dagId: string, run: DagRun, tasks: readonly TaskInstance[]): Promise<void> {
    const ran = tasks.filter((task) => task.start_date !== null && task.try_number > 0);
    ran.sort((one, other) => (one.start_date ?? "").localeCompare(other.start_date ?? ""));
    for (const task of ran) {
        process.stdout.write(`\n--- ${taskName(task)} (${task.state}, try ${task.try_number}) ---\n`);
        process.stdout.write(`${await api.log(dagId, run.dag_run_id, task)}\n`);
    }
    process.stdout.write("\n");
}

function summary(tasks: readonly TaskInstance[]): string {
    const counts = new Map<string, number>();
    for (const task of tasks) {
        counts.set(task.state ?? "none", (counts.get(task.state ?? "none") ?? 0) + 1);
    }
    return `tasks: ${[...counts].map(([state, count]) => `${count} ${state}`).join(", ")}`;
}

if (require.main === module) {
    main(runDag);
}
