import { existsSync } from "node:fs";
import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { explainFailures, installation, namespaces } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { takenPort } from "../support/ports";

/** What the other make commands print and how they end. */
export function commands(): void {
    describe("the other commands", () => {
        explainFailures();

        before(async () => {
            await installation.isUp();
        });

        it("make output prints JSON and nothing else, with the password only when asked", async () => {
            const shown = JSON.parse((await installation.makeWell("output", { SHOW_SECRETS: "1" })).stdout);
            expect(shown).to.include.keys("url", "adminUser", "adminPassword", "namespaces", "openUi");
            expect(shown.namespaces).to.deep.equal(namespaces);
            const masked = await installation.makeWell("output");
            expect(JSON.parse(masked.stdout)).to.include({ url: shown.url, adminPassword: "[secret]" });
            expect(masked.all).to.not.contain(shown.adminPassword);
        });

        it("make kubeconfig prints the path of a file, and nothing else", async () => {
            const { stdout } = await installation.makeWell("kubeconfig");
            expect(stdout).to.match(/^\/.*\n$/);
            expect(existsSync(stdout.trim())).to.equal(true);
        });

        it("make providers lists what the Airflow in the cluster holds, with versions", async () => {
            const { stdout } = await installation.makeWell("providers");
            expect(stdout).to.match(/^apache-airflow-providers-cncf-kubernetes +\d+\.\d+\.\d+$/m);
            expect(stdout).to.match(/^apache-airflow-providers-git +\d+\.\d+\.\d+$/m);
        });

        it("make status tells that all is well", async () => {
            const made = await installation.makeWell("status");
            expect(made.stdout).to.contain("All is well").and.contain(`${namespaces.airflow}/airflow-postgres-0`);
        });

        it("make status tells in plain words what is wrong, and ends with an error", async () => {
            const set = (image: string) =>
                kube([
                    ...["set", "image", "deployment/airflow-dag-processor", "--namespace", namespaces.airflow],
                    `*=${image}`,
                ]);
            const [processor] = await objects("deployment", "airflow-dag-processor", "--namespace", namespaces.airflow);
            const image = /"image":"([^"]+)"/.exec(JSON.stringify(processor))?.[1] ?? "";
            await set("nowhere.invalid/none:1");
            try {
                const made = await waitFor(
                    async () => {
                        const status = await installation.make("status");
                        return status.stdout.includes("its image cannot be fetched") && status;
                    },
                    { within: 90_000, what: "make status to tell of the image" },
                );
                expect(made.code).to.not.equal(0);
                expect(made.stdout).to.contain("Something is wrong");
            } finally {
                await set(image);
                await kube([
                    "rollout",
                    "status",
                    "deployment/airflow-dag-processor",
                    "--namespace",
                    namespaces.airflow,
                    "--timeout=120s",
                ]);
            }
        });

        it("make ui says which port to use instead of one that is taken", async () => {
            const { port, server } = await takenPort();
            try {
                const made = await installation.make("ui", { PORT: String(port) });
                expect(made.code).to.not.equal(0);
                expect(made.all)
                    .to.contain(`Port ${port} of this machine is taken`)
                    .and.contain(`PORT=${port + 1}`);
            } finally {
                server.close();
            }
        });

        it("make run-dag ends with an error when the DAG is not known, or its configuration is no JSON", async () => {
            const made = await installation.make("run-dag", { DAG: "example_slow", CONF: "{" });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("CONF is no JSON object");
            expect((await installation.make("run-dag")).all).to.contain("Which DAG?");
        });

        it("make run-dag hands a run its configuration, quotes and dollars and all", async () => {
            const made = await installation.make("run-dag", {
                DAG: "example_slow",
                CONF: '{"seconds": 2, "note": "it\'s $5 \\"now\\""}',
            });
            expect(made.code, made.all).to.equal(0);
            expect(made.stdout).to.contain("second 2 of 2");
        });
    });
}
