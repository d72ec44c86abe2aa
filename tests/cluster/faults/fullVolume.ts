import { expect } from "chai";
import { nodePid } from "../../../local/cluster/node";
import { output } from "../../../local/support/execution";
import { byVolume } from "../deliveries/deliveries";
import { Installation, testPrefix } from "../support/installation";
import { kube } from "../support/kubernetes";
import { restarts } from "./faultInstallation";

const dagId = "short";
const dag = `from airflow.sdk import DAG, task

with DAG(dag_id="${dagId}", schedule=None, catchup=False):

    @task(retries=0)
    def says():
        print("said by the task")

    says()
`;

/** A volume of logs without room for one more byte. */
export function fullVolume(): void {
    describe("a volume of logs that is full", () => {
        const on = Installation.modest(`${testPrefix}-full`);
        const { airflow } = on.namespaces;
        const everything = { name: "all pods of Airflow", namespace: airflow, selector: "" };

        before("a small volume", async () => {
            await onNode("mkdir", "-p", on.hostPath);
            await onNode("mount", "-t", "tmpfs", "-o", "size=32m,mode=755", "airflow-test", on.hostPath);
        });

        after("no volume", async () => {
            await on.end();
            await onNode("umount", on.hostPath);
            await onNode("rmdir", on.hostPath);
        });

        it("stops no process, and tasks have logs again when there is room", async () => {
            const delivery = byVolume(on);
            await delivery.publish({ "short.py": dag });
            on.configure(delivery.settings());
            await on.isUp();
            const before = await restarts(everything);
            const inScheduler = (script: string) =>
                kube(["exec", "--namespace", airflow, "deployment/airflow-scheduler", "--", "sh", "-c", script]);

            await inScheduler(
                "dd if=/dev/zero of=/opt/airflow/logs/fill bs=4k 2>/dev/null; df /opt/airflow/logs | grep 100%",
            );
            const full = await run();
            const said = await kube(["logs", "--namespace", airflow, "deployment/airflow-scheduler", "--tail=200"]);
            await inScheduler("rm /opt/airflow/logs/fill");
            const empty = await run();

            expect(full.state).to.equal("failed");
            expect(said).to.match(/log of a task cannot be written: .*No space left on device.* It would say: Pod/);
            expect(empty.state).to.equal("success");
            expect(empty.log).to.contain("said by the task");
            expect(await restarts(everything)).to.equal(before);
        });

        async function run(): Promise<{ state: string; log: string }> {
            const runId = await on.trigger(dagId);
            const state = await on.runEnds(dagId, runId);
            const api = await on.api();
            const [task] = await api.tasks(dagId, runId);
            return { state, log: task === undefined ? "" : await api.log(dagId, runId, task) };
        }
    });
}

/** Runs a command on the node, whose mounts are its own. */
async function onNode(...command: readonly string[]): Promise<void> {
    const node = await nodePid();
    expect(node, "the node").not.to.equal(undefined);
    await output(["nsenter", `--mount=/proc/${node}/ns/mnt`, "--", ...command]);
}
