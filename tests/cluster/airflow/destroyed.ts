import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { keys } from "../../../local/pulumi/databaseKeys";
import { waitFor } from "../../../local/support/deadline";
import { explain, explainFailures, hostPath, installation, namespaces } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { nodePath, nothingInstalled } from "../support/leftovers";

/** A `down` in the middle of things and the `up` after it; then the same with a database that outlives its stack. */
export function destroyed(): void {
    describe("make down, and make up again", () => {
        explainFailures();

        const slowDag = "example_slow";
        const retain = "database.retain=true";
        const connection = "kept";
        const note = randomBytes(9).toString("base64url");
        let slowRun: string;
        let runId: string;

        before(async () => {
            await installation.isUp();
        });

        it("refuses a retained database without pinned keys, with the command to run, before anything is changed", async () => {
            // Those of before an update may still take their time to end.
            const pods = async () =>
                (await objects("pods", "--namespace", namespaces.airflow))
                    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
                    .map(({ metadata }) => metadata.uid);
            const podsBefore = await pods();
            const made = await installation.make("up", { CONFIG: retain });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("make pin-keys STACK=minikube");
            expect(await pods()).to.have.members(podsBefore);
        });

        it("says in make preview that the database of this installation would be left for another", async () => {
            const made = await installation.make("preview", { CONFIG: retain });
            expect(made.all).to.not.contain("error serializing");
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain(
                "database.retain is true; allowed: false, where the database of this installation lies",
            );
        });

        it("pins the keys of the stack by make pin-keys, encrypted, and never printed", async () => {
            const inState = await installation.state();
            const made = await installation.makeWell("pin-keys");
            const file = readFileSync(installation.stackFile, "utf8");
            for (const key of keys) {
                const value = key.find(inState) ?? "";
                expect(value, key.setting).to.have.length.greaterThan(20);
                expect(file).to.match(new RegExp(`airflow-kubernetes:${key.setting}:\\s+secure: v1:`));
                expect(made.all + file).to.not.contain(value);
            }
            const again = await installation.makeWell("pin-keys");
            expect(again.all).to.contain("pinned already");
            expect(readFileSync(installation.stackFile, "utf8")).to.equal(file);
        });

        it("ends in less than two minutes and leaves no object", async () => {
            const api = await installation.api();
            slowRun = await installation.trigger(slowDag, { seconds: 600 });
            await waitFor(async () => (await api.tasks(slowDag, slowRun))[0]?.state === "running", {
                within: 120_000,
                what: "the task to run",
                explain,
            });
            await waitFor(async () => logged().includes("second 2 of 600"), { within: 30_000, what: "the task's log" });
            const made = await installation.down();
            expect(made.milliseconds).to.be.lessThan(120_000);
            await nothingInstalled(namespaces.airflow);
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

        it("has DAGs and logs again after make up with pinned keys, and runs", async () => {
            const made = await installation.up(retain);
            expect(made.all).to.contain("Airflow is up");
            expect(logged()).to.contain("second 2 of 600");
            expect(await readByAirflow()).to.contain("second 2 of 600");
            runId = await installation.trigger("example_pods");
            expect(await installation.runEnds("example_pods", runId)).to.equal("success");
            const api = await installation.api();
            await api.request("POST", "/connections", {
                connection_id: connection,
                conn_type: "generic",
                host: "example.invalid",
                login: "someone",
                password: randomBytes(9).toString("base64url"),
                extra: JSON.stringify({ note }),
            });
            await api.request("POST", "/variables", { key: connection, value: note });
        });

        it("is not opened with another key after a down: the migration Job fails and says so, and so does make status", async () => {
            await installation.down();
            await nothingInstalled(namespaces.airflow);
            const other = `${randomBytes(32).toString("base64url").slice(0, 43)}=`;
            const made = await installation.make("up", { CONFIG: `${retain} fernetKey=${other}` });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("The fernet key does not open what is encrypted in this database");
            expect(made.all).to.not.contain(other);
            const status = await installation.make("status", { CONFIG: retain });
            expect(status.code).to.not.equal(0);
            expect(status.stdout).to.match(/Job airflow-test\/airflow-migrate-\w+ failed/);
        });

        it("has run history, users and a connection that decrypts with the right key", async () => {
            await installation.up(retain);
            expect((await installation.make("status", { CONFIG: retain })).code).to.equal(0);
            const api = await installation.api();
            expect(await api.run("example_pods", runId)).to.include({ state: "success" });
            const kept = await api.request<Record<string, unknown>>("GET", `/connections/${connection}`);
            expect(kept).to.include({ login: "someone", host: "example.invalid", password: "***" });
            // Both lie encrypted in the database, and are shown decrypted.
            expect(JSON.parse(String(kept.extra))).to.deep.equal({ note });
            expect(await api.request("GET", `/variables/${connection}`)).to.include({ value: note });
            const tasks = await api.tasks("example_pods", runId);
            const report = tasks.find((task) => task.task_id === "report");
            expect(report && (await api.log("example_pods", runId, report))).to.contain("3 numbers with the sum 6");
            const { adminUser, adminPassword } = await installation.outputs();
            const url = await installation.url();
            expect((await AirflowApi.logIn(url, adminUser, adminPassword)).status).to.equal(201);
            expect((await AirflowApi.logIn(url, "admin", "admin")).status).to.equal(401);
            await installation.down();
        });

        function logged(): string {
            const folder = join(nodePath(hostPath), "logs", `dag_id=${slowDag}`, `run_id=${slowRun}`);
            const files = existsSync(folder)
                ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
                : [];
            return files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8")).join("\n");
        }

        /** The log as the api-server finds it on its own mount. */
        async function readByAirflow(): Promise<string> {
            const folder = `/opt/airflow/logs/dag_id=${slowDag}/run_id=${slowRun}`;
            return await kube([
                ...["exec", "--namespace", namespaces.airflow, "deployment/airflow-api-server", "--"],
                ...["cat", `${folder}/task_id=count/attempt=1.log`],
            ]);
        }
    });
}
