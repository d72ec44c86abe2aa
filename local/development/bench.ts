import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AirflowApi } from "../airflow/airflowApi";
import { forwardAirflow } from "../airflow/portForward";
import { clusterDown, clusterReset } from "../cluster";
import { isYes } from "../session/options";
import type { StackOutputs } from "../session/session";
import { chooseCluster } from "../session/targetCluster";
import { waitFor } from "../support/deadline";
import { UserError } from "../support/errors";
import { capture, lastLines } from "../support/execution";
import { main } from "../support/main";
import { foreignVariables } from "../support/makeSettings";
import { repositoryDirectory } from "../support/paths";
import { say } from "../support/progress";
import { requireUnused, runsInPart } from "./usedCluster";

/** One line of the table: what was measured, in seconds, and how. */
interface Figure {
    readonly what: string;
    readonly seconds: number;
    readonly note: string;
}

const namespaces =
    "namespaces.airflow=airflow-bench namespaces.workers=airflow-bench-workers namespaces.storage=airflow-bench-storage";

/**
 * Times make and Airflow on the local cluster, with an installation of its own. `COLD=1` begins with nothing built, and so
 * removes the local cluster with all that is in it: it asks for YES=1.
 */
async function bench(): Promise<undefined> {
    const cold = isYes(process.env.COLD);
    await requireUnused("make bench");
    if (cold && !isYes(process.env.YES)) {
        throw new UserError("COLD=1 removes the local cluster with everything in it. Agree with YES=1.");
    }
    const scratch = mkdtempSync(join(tmpdir(), "airflow-kubernetes-bench-"));
    const env = environment(scratch, cold);
    const wasRunning = await runsInPart();
    let isUp = false;
    const figures: Figure[] = [];
    const time = async (what: string, target: string, note: string, more: NodeJS.ProcessEnv = {}): Promise<string> => {
        say(`${what}: make ${target} ...`);
        const since = performance.now();
        isUp ||= target === "up";
        const made = await capture(["make", target], { env: { ...env, ...more }, cwd: repositoryDirectory });
        isUp &&= target !== "down" || made.code !== 0;
        if (made.code !== 0) {
            throw new UserError(
                `make ${target} failed:\n${(made.stdout + made.stderr).split("\n").slice(-40).join("\n")}`,
            );
        }
        figures.push({ what, seconds: (performance.now() - since) / 1000, note });
        return made.stdout;
    };
    try {
        if (cold) {
            await clusterReset();
            await time("up, cold", "up", "nothing built, nothing cached but packages");
            await time("down", "down", "no task running");
        }
        await clusterDown();
        await time("up, warm", "up", "all built, cluster stopped");
        await time("up, second", "up", "nothing to change");
        await time("preview", "preview", "nothing to change");
        const outputs = JSON.parse(await time("output", "output", "", { SHOW_SECRETS: "1" })) as StackOutputs;
        figures.push(...(await runs(outputs)));
        await time("down, at the end", "down", "no task running");
    } finally {
        print(figures);
        // Its state goes with the scratch folder: nobody could remove it afterwards.
        if (isUp) {
            say("Removing what is left: make down ...");
            const { code, stdout, stderr } = await capture(["make", "down"], { env, cwd: repositoryDirectory });
            if (code !== 0) {
                say(`Namespaces airflow-bench... stay, since make down failed:\n${lastLines(stdout + stderr, 20)}`);
            }
        }
        if (!wasRunning && (await runsInPart())) {
            await clusterDown();
        }
        rmSync(scratch, { recursive: true, force: true });
    }
}

/** The environment of the commands that are timed: nothing that the user set, and state of its own. */
function environment(scratch: string, cold: boolean): NodeJS.ProcessEnv {
    const backend = join(scratch, "backend");
    const foreign = foreignVariables();
    return {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.includes(name))),
        AIRFLOW_KUBERNETES_STATE: join(scratch, "state"),
        PULUMI_BACKEND_URL: `file://${backend}?create_dir=true`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        CONFIG: `${namespaces} storage.hostPath=/data/airflow-bench`,
        ...(cold ? { AIRFLOW_KUBERNETES_CACHE: join(scratch, "cache") } : {}),
    };
}

/** Times the two DAGs, each once to warm up and once to count. */
async function runs(outputs: StackOutputs): Promise<Figure[]> {
    const forward = await forwardAirflow(chooseCluster("local"), outputs.namespaces.airflow);
    try {
        const api = new AirflowApi(forward.url, outputs.adminUser, outputs.adminPassword);
        await runSeconds(api, "example_chain");
        const chain = await runSeconds(api, "example_chain");
        const mapped = await runSeconds(api, "example_mapped");
        return [
            {
                what: "a link in a chain of 8 tiny tasks",
                seconds: chain / 8,
                note: `the whole chain ${chain.toFixed(1)} s`,
            },
            { what: "40 mapped tiny tasks", seconds: mapped, note: "each in its own pod" },
        ];
    } finally {
        await forward.stop();
    }
}

async function runSeconds(api: AirflowApi, dagId: string): Promise<number> {
    say(`${dagId} ...`);
    await waitFor(() => api.dag(dagId), { within: 180_000, what: `DAG ${dagId}` });
    await api.unpause(dagId);
    const { dag_run_id: runId } = await api.trigger(dagId);
    const run = await waitFor(
        async () => {
            const now = await api.run(dagId, runId);
            return ["success", "failed"].includes(now.state) && now;
        },
        { within: 600_000, what: `the end of ${dagId}` },
    );
    if (run.state !== "success") {
        throw new UserError(`${dagId} failed, so it says nothing about time.`);
    }
    return (Date.parse(run.end_date ?? "") - Date.parse(run.start_date ?? "")) / 1000;
}

function print(figures: readonly Figure[]): void {
    const width = Math.max(0, ...figures.map((figure) => figure.what.length));
    const lines = figures.map(
        ({ what, seconds, note }) => `${what.padEnd(width)}  ${seconds.toFixed(1).padStart(7)} s  ${note}`,
    );
    process.stdout.write(`\n${lines.join("\n")}\n`);
}

main(bench);
