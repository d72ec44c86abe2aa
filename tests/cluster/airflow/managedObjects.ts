import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { UnexpectedStatus } from "../../../local/airflow/airflowApi";
import { managedObjectsCases } from "../../support/managedObjects";
import { explainFailures, installation, namespaces } from "../support/installation";
import { kube, livingPods, objects } from "../support/kubernetes";

const dagId = "asks";
const mark = "Managed by Pulumi (airflow-kubernetes)";

/** A task prints what it got. Airflow masks a password in a log, but not its length. */
const dag = `import os

from airflow.sdk import Connection, Variable, dag, task


@dag(dag_id="${dagId}", schedule=None, catchup=False)
def asks():
    @task(pool="warehouse")
    def ask():
        connection = Connection.get("warehouse")
        assert not [name for name, value in os.environ.items() if connection.password in value]
        print(f"asked {connection.login} {connection.host} {len(connection.password)} {Variable.get('region')}")

    ask()


asks()
`;

const first = "pw-of-ada";
const second = "another-pw-of-ada";

/** Connections, variables and pools as people and a stack share them. */
export function managedObjects(): void {
    describe("connections, variables and pools of the stack", () => {
        explainFailures();

        let stackFile: string;
        let pods: string[];

        const processes = async () =>
            (await livingPods(namespaces.airflow))
                .filter(({ metadata }) => !metadata.ownerReferences?.some(({ kind }) => kind === "Job"))
                .map(({ metadata }) => `${metadata.name} ${metadata.uid}`);

        const request = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
            await (await installation.api()).request<T>(method, path, body);

        const variable = async (key: string): Promise<string | undefined> => {
            try {
                return (await request<{ value: string }>("GET", `/variables/${key}`)).value;
            } catch (error) {
                if (error instanceof UnexpectedStatus && error.status === 404) {
                    return undefined;
                }
                throw error;
            }
        };

        /** What the task of a new run printed. */
        const asked = async (): Promise<string | undefined> => {
            const runId = await installation.trigger(dagId);
            const state = await installation.runEnds(dagId, runId);
            const api = await installation.api();
            const [task] = await api.tasks(dagId, runId);
            const log = task === undefined ? "" : await api.log(dagId, runId, task);
            expect(state, log).to.equal("success");
            return /asked .*/.exec(log)?.[0];
        };

        before(async () => {
            await installation.isUp();
            stackFile = readFileSync(installation.stackFile, "utf8");
            const folder = installation.folder("asking-dags");
            writeFileSync(join(folder, "asks.py"), dag);
            pods = await processes();
            installation.configure({
                dags: { delivery: "volume", volume: { folder } },
                connections: { warehouse: `postgres://ada:${first}@db-1.example.org:5432/sales` },
                variables: { region: "eu-1", gone: "soon" },
                pools: { warehouse: { slots: 1, description: "Queries" } },
            });
            await installation.up();
        });

        after(async () => {
            writeFileSync(installation.stackFile, stackFile);
            await installation.wasChanged();
        });

        it("reach a task through the Execution API", async () => {
            expect(await asked()).to.equal(`asked ada db-1.example.org ${first.length} eu-1`);
        });

        it("say in Airflow who manages them", async () => {
            const described = async (path: string) => (await request<{ description: string }>("GET", path)).description;
            expect(await described("/connections/warehouse")).to.equal(mark);
            expect(await described("/variables/region")).to.equal(mark);
            expect(await described("/pools/warehouse")).to.equal(`${mark}: Queries`);
        });

        it("lie open neither in the state nor in what pods are made of", async () => {
            const state = installation.stateText();
            expect(state).to.contain("airflow-objects-secret");
            const kinds = "pods,deployments,statefulsets,jobs,configmaps";
            const inside = await Promise.all(
                Object.values(namespaces).map((namespace) => objects(kinds, "--namespace", namespace)),
            );
            for (const text of [state, JSON.stringify(inside)]) {
                expect(text.includes(first)).to.equal(false);
            }
        });

        it("are other ones after an update, which restarts no process; what a person made stays", async () => {
            await request("POST", "/variables", { key: "hers", value: "made by a person" });
            installation.configure({
                connections: { warehouse: `postgres://bob:${second}@db-2.example.org:5432/sales` },
                variables: { region: "eu-2" },
            });
            const made = await installation.up();
            expect(made.all).to.not.contain(second);
            expect(await processes()).to.have.members(pods);
            expect(await asked()).to.equal(`asked bob db-2.example.org ${second.length} eu-2`);
            expect(await variable("gone")).to.equal(undefined);
            expect(await variable("hers")).to.equal("made by a person");
        });

        it("are refused under a name that a person has, which changes nothing", async () => {
            installation.configure({ variables: { region: "eu-3", hers: "not-to-be-shown" } });
            const made = await installation.make("up");
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain("OBJECTS REFUSED").and.to.contain("  - variable hers");
            expect(made.all).to.contain("Nothing was changed.").and.to.not.contain("not-to-be-shown");
            expect(await variable("region")).to.equal("eu-2");
            expect(await variable("hers")).to.equal("made by a person");
            expect(await processes()).to.have.members(pods);
        });

        describe("by the models of the image's Airflow", () => {
            managedObjectsCases((args, input) =>
                kube(
                    [
                        ...["exec", "--stdin", "deployment/airflow-api-server", "--namespace", namespaces.airflow],
                        ...["--", "python", ...args],
                    ],
                    input,
                ),
            );
        });
    });
}
