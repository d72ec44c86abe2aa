import { expect } from "chai";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { waitFor } from "../../../local/support/deadline";
import { explainFailures, installation, namespaces } from "../support/installation";
import { objects } from "../support/kubernetes";

/** An `up` that has nothing to do, and the log-in that it leaves as it is. */
export function secondUp(): void {
    describe("make up, once more", () => {
        explainFailures();

        before(async () => {
            await installation.isUp();
        });

        const uids = async () => {
            const pods = await Promise.all(
                Object.values(namespaces).map((namespace) => objects("pods", "--namespace", namespace)),
            );
            return pods.flat().map((pod) => `${pod.metadata.name} ${pod.metadata.uid}`);
        };

        for (const time of ["second", "third"]) {
            it(`changes nothing the ${time} time, says so, and leaves pods and password as they are`, async () => {
                const podsBefore = await uids();
                const { adminPassword } = await installation.outputs();
                const made = await installation.up();
                expect(made.all).to.match(/Resources:\s+\d+ unchanged/);
                expect(await uids()).to.have.members(podsBefore);
                expect((await installation.outputs()).adminPassword).to.equal(adminPassword);
            });
        }

        it("undoes what an interrupted update has changed and Pulumi has not recorded", async () => {
            const podsBefore = await uids();
            const interrupted = installation.start("up", {
                CONFIG: "apiServer.podTemplate.spec.nodeSelector.node=none",
            });
            const ofApiServer = [
                "--namespace",
                namespaces.airflow,
                "--selector=app.kubernetes.io/component=api-server",
            ];
            const isRollingOut = async () => (await objects("pods", ...ofApiServer)).length > 1;
            await waitFor(isRollingOut, { within: 120_000, every: 200, what: "a second pod of the api-server" });
            interrupted.signal("SIGINT");
            expect((await interrupted.ended).code).to.not.equal(0);
            await installation.wasChanged();
            await installation.isUp();
            expect(await uids()).to.have.members(podsBefore);
        });

        it("lets in who has the generated password, and nobody else", async () => {
            const { adminUser, adminPassword } = await installation.outputs();
            const url = await installation.url();
            expect(adminPassword).to.match(/^[A-Za-z0-9]{24}$/);
            expect(await AirflowApi.logIn(url, adminUser, adminPassword)).to.include({ status: 201 });
            for (const [user, password] of [
                ["admin", "admin"],
                [adminUser, ""],
                ["airflow", "airflow"],
                [adminUser, adminPassword.toLowerCase()],
            ] as const) {
                const answer = await AirflowApi.logIn(url, user, password);
                expect(answer.token, `${user}/${password}`).to.equal(undefined);
                expect(answer.status, `${user}/${password}`).to.be.oneOf([400, 401, 422]);
            }
            expect((await AirflowApi.logIn(url, "admin", "admin")).status).to.equal(401);
        });

        it("tells nobody anything without a log-in", async () => {
            for (const path of ["/api/v2/dags", "/api/v2/connections", "/api/v2/variables", "/api/v2/config"]) {
                expect((await fetch((await installation.url()) + path)).status, path).to.equal(401);
            }
        });
    });
}
