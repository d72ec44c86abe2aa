import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { AirflowApi } from "../../../local/commands/airflowApi";
import { keys } from "../../../local/commands/keys";
import { explainFailures, installation, namespaces } from "../support/installation";
import { objects } from "../support/kubernetes";
import { nothingInstalled } from "../support/leftovers";

/** A database that outlives its stack, and the keys that open it. */
export function retained(): void {
    describe("a database that outlives its stack", () => {
        explainFailures();

        const retain = "database.retain=true";
        const connection = "kept";
        const note = randomBytes(9).toString("base64url");
        let runId: string;

        before(async () => {
            await installation.isUp();
        });

        it("is refused by make up without pinned keys, with the command to run, before anything is changed", async () => {
            const pods = async () =>
                (await objects("pods", "--namespace", namespaces.airflow)).map((pod) => pod.metadata.uid);
            const podsBefore = await pods();
            const made = await installation.make("up", { CONFIG: retain });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("make pin-keys STACK=minikube");
            expect(await pods()).to.have.members(podsBefore);
        });

        it("is only warned of by make preview", async () => {
            const made = await installation.makeWell("preview", { CONFIG: retain });
            expect(made.all).to.contain("make pin-keys STACK=minikube");
        });

        it("has its keys taken from the stack by make pin-keys, encrypted, and never printed", async () => {
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

        it("comes up with pinned keys", async () => {
            await installation.down();
            await installation.up(retain);
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

        it("has run history, users and a connection that decrypts after down and up", async () => {
            await installation.down();
            await nothingInstalled();
            await installation.up(retain);
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
        });

        it("is not opened with another key: the migration Job fails and says so, and so does make status", async () => {
            await installation.isUnknown();
            const other = `${randomBytes(32).toString("base64url").slice(0, 43)}=`;
            const made = await installation.make("up", { CONFIG: `${retain} fernetKey=${other}` });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("The fernet key does not open what is encrypted in this database");
            expect(made.all).to.not.contain(other);
            const status = await installation.make("status", { CONFIG: retain });
            expect(status.code).to.not.equal(0);
            expect(status.stdout).to.match(/Job airflow-test\/airflow-migrate-\w+ failed/);
        });

        it("is opened again with the right key", async () => {
            await installation.up(retain);
            const api = await installation.api();
            expect(await api.run("example_pods", runId)).to.include({ state: "success" });
            expect((await installation.make("status", { CONFIG: retain })).code).to.equal(0);
            await installation.down();
        });
    });
}
