import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { waitFor } from "../../../local/commands/deadline";
import { explain, explainFailures, hostPath, installation, namespaces } from "../support/installation";
import { kube } from "../support/kubernetes";
import { nodePath, nothingInstalled } from "../support/leftovers";

/** A `down` in the middle of things, and the `up` after it. */
export function destroyed(): void {
    describe("make down while a task runs, and make up again", () => {
        explainFailures();

        const dagId = "example_slow";
        let runId: string;
        const logFile = () => join(nodePath(hostPath), "logs", `dag_id=${dagId}`, `run_id=${runId}`);

        before(async () => {
            await installation.isUp();
        });

        it("ends in less than two minutes and leaves no object", async () => {
            const api = await installation.api();
            runId = await installation.trigger(dagId, { seconds: 600 });
            await waitFor(async () => (await api.tasks(dagId, runId))[0]?.state === "running", {
                within: 120_000,
                what: "the task to run",
                explain,
            });
            await waitFor(async () => logged().includes("second 2 of 600"), { within: 30_000, what: "the task's log" });
            const made = await installation.down();
            expect(made.milliseconds).to.be.lessThan(120_000);
            await nothingInstalled();
        });

        it("leaves DAGs and logs on their volumes", () => {
            expect(existsSync(join(nodePath(hostPath), "dags", "current", "example_pods.py"))).to.equal(true);
            expect(logged()).to.contain("second 2 of 600");
        });

        it("says that there is nothing when it is asked again", async () => {
            const status = await installation.make("status");
            expect(status.code).to.not.equal(0);
            expect(status.stdout).to.contain("Nothing of stack minikube is deployed");
            await installation.makeWell("down");
        });

        it("has DAGs and logs again after make up, and runs", async () => {
            const ups = await installation.up();
            expect(ups.all).to.contain("Airflow is up");
            expect(logged()).to.contain("second 2 of 600");
            const again = await installation.trigger("example_pods");
            expect(await installation.runEnds("example_pods", again)).to.equal("success");
            expect(await readByAirflow()).to.contain("second 2 of 600");
        });

        function logged(): string {
            const folder = logFile();
            const files = existsSync(folder)
                ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
                : [];
            return files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8")).join("\n");
        }

        /** The log as the api-server finds it on its own mount. */
        async function readByAirflow(): Promise<string> {
            const folder = `/opt/airflow/logs/dag_id=${dagId}/run_id=${runId}`;
            return await kube([
                ...["exec", "--namespace", namespaces.airflow, "deployment/airflow-api-server", "--"],
                ...["cat", `${folder}/task_id=count/attempt=1.log`],
            ]);
        }
    });
}
