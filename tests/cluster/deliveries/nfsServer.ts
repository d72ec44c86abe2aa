import { expect } from "chai";
import { waitFor } from "../../../local/commands/deadline";
import type { Installation } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import type { Made } from "../support/make";
import { linesDag } from "./dags";
import type { Delivery } from "./deliveries";
import type { Lane } from "./lane";

const lines = 250;

/** The NFS server in the cluster when things go wrong, and what is left of it. */
export function nfsServer(lane: Lane, installation: Installation, delivery: () => Delivery): void {
    const group = "the NFS server in the cluster";
    const dagId = "many_lines";
    const { airflow, storage } = installation.namespaces;

    /** Starts a run, and comes back when the log file has a line with this number. */
    const writing = async (line: number): Promise<string> => {
        const runId = await installation.trigger(dagId);
        await waitFor(async () => (await logFile(runId)).includes(`line ${line} of`), {
            within: 120_000,
            what: `line ${line} of the task's log`,
            explain: installation.explain,
        });
        return runId;
    };
    /** The log as the api-server finds it on its own mount. */
    const logFile = async (runId: string): Promise<string> => {
        const path = `/opt/airflow/logs/dag_id=${dagId}/run_id=${runId}/task_id=write/attempt=1.log`;
        const inside = ["exec", "--namespace", airflow, "deployment/airflow-api-server", "--"];
        return await kube([...inside, "sh", "-c", `cat '${path}' 2>/dev/null || true`]);
    };

    const restarted = lane.step(group, async () => {
        await delivery().publish({ "many_lines.py": linesDag(dagId, lines) });
        installation.configure({ airflow: {}, gitToken: undefined, gitSshKey: undefined, ...delivery().settings() });
        await installation.up();
        const runId = await writing(30);
        const servers = await objects("pods", "--all-namespaces", "--selector=app.kubernetes.io/component=nfs-server");
        const ours = servers.filter(({ metadata }) => metadata.namespace?.startsWith(`${storage}-`));
        expect(ours).to.have.lengthOf(1);
        const { name, namespace = "" } = ours[0].metadata;
        await kube(["delete", "pod", name, "--namespace", namespace, "--grace-period=0", "--force"]);
        const state = await installation.runEnds(dagId, runId);
        const api = await installation.api();
        const [task] = await api.tasks(dagId, runId);
        return { state, tries: task.try_number, log: await api.log(dagId, runId, task) };
    });

    let runId = "";
    const destroyed = lane.step(group, async (): Promise<{ made: Made; retained: string }> => {
        runId = await writing(20);
        const retained = JSON.stringify((await installation.outputs()).retained);
        return { made: await installation.down(), retained };
    });
    const again = lane.step(group, async () => {
        const { retained } = await destroyed();
        const [, namespace = ""] = /"namespace":"([^"]+)"/.exec(retained) ?? [];
        const [, name = ""] = /"claim":"([^"]+)"/.exec(retained) ?? [];
        installation.configure({
            storage: { kind: "nfsServer", nfsServer: { existingClaim: { namespace, name } } },
        });
        await installation.up();
        const log = await logFile(runId);
        await installation.down();
        const left = await objects("persistentvolumeclaims", "--namespace", namespace);
        await kube(["delete", "namespace", namespace, "--wait=false"]);
        return { log, left: left.map((claim) => claim.metadata.name), name };
    });

    describe(group, () => {
        it("can be killed while a task writes: the task ends well and no line is lost", async () => {
            const { state, tries, log } = await restarted();
            expect(state).to.equal("success");
            expect(tries).to.equal(1);
            const missing = Array.from({ length: lines }, (_, index) => index + 1).filter(
                (line) => !log.includes(`line ${line} of ${lines}`),
            );
            expect(missing).to.deep.equal([]);
        });

        it("goes last in a make down with a task running, in less than five minutes", async () => {
            expect((await destroyed()).made.milliseconds).to.be.lessThan(300_000);
        });

        it("leaves its claim, with which the next make up has the data again", async () => {
            const { log, left, name } = await again();
            expect(log).to.contain("line 20 of");
            expect(left).to.deep.equal([name]);
        });
    });
}
