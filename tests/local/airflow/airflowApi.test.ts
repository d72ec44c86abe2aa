import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { UserError } from "../../../local/support/errors";

describe("local/airflow/airflowApi", () => {
    let server: Server;
    let answer: (path: string, request: IncomingMessage) => { status: number; body: unknown };
    let asked: string[];

    beforeEach((done) => {
        asked = [];
        server = createServer((request: IncomingMessage, response: ServerResponse) => {
            const path = request.url ?? "";
            asked.push(path);
            const { status, body } =
                path === "/auth/token" && loggingIn !== undefined ? loggingIn() : answer(path, request);
            response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
        }).listen(0, "127.0.0.1", done);
        loggingIn = () => ({ status: 201, body: { access_token: "token" } });
    });

    afterEach(() => server.close());

    let loggingIn: (() => { status: number; body: unknown }) | undefined;
    const api = () => new AirflowApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "admin", "secret");

    /** Answers a list as Airflow does: no more than 100 items at a time, however many are asked for. */
    function pages(key: string, items: readonly unknown[]): void {
        answer = (path) => {
            const query = new URL(path, "http://x").searchParams;
            const offset = Number(query.get("offset") ?? 0);
            const limit = Math.min(100, Number(query.get("limit") ?? 50));
            return {
                status: 200,
                body: { [key]: items.slice(offset, offset + limit), total_entries: items.length },
            };
        };
    }

    for (const count of [0, 1, 100, 101, 250]) {
        it(`sees all of ${count} DAGs, in as few pages as there are`, async () => {
            const ids = Array.from({ length: count }, (_, index) => `dag-${String(index).padStart(3, "0")}`);
            pages(
                "dags",
                ids.map((dag_id) => ({ dag_id })),
            );
            expect(await api().dagIds()).to.deep.equal(ids);
            expect(asked.filter((path) => path.startsWith("/api/v2/dags?exclude_stale=true&"))).to.have.length(
                Math.max(1, Math.ceil(count / 100)),
            );
        });
    }

    it("sees all tasks of a run, and all files that cannot be read", async () => {
        const tasks = Array.from({ length: 120 }, (_, map_index) => ({ task_id: "square", map_index }));
        pages("task_instances", tasks);
        expect(await api().tasks("a dag", "run/1")).to.deep.equal(tasks);
        expect(asked).to.include("/api/v2/dags/a%20dag/dagRuns/run%2F1/taskInstances?limit=100&offset=100");
        const errors = Array.from({ length: 101 }, (_, index) => ({ filename: `${index}.py`, stack_trace: "" }));
        pages("import_errors", errors);
        expect(await api().importErrors()).to.deep.equal(errors);
    });

    it("does not go on for ever when a list gets shorter on the way", async () => {
        answer = (path) => ({
            status: 200,
            body: { dags: path.includes("offset=0") ? [{ dag_id: "one" }] : [], total_entries: 7 },
        });
        expect(await api().dagIds()).to.deep.equal(["one"]);
    });

    it("logs in again once when a token has run out", async () => {
        let refused = false;
        answer = () => {
            const first = !refused;
            refused = true;
            return first ? { status: 401, body: {} } : { status: 200, body: { dag_id: "one" } };
        };
        expect(await api().dag("one")).to.deep.equal({ dag_id: "one" });
        expect(asked.filter((path) => path === "/auth/token")).to.have.length(2);
    });

    for (const status of [401, 403]) {
        it(`says that a log-in was refused (${status})`, async () => {
            loggingIn = () => ({ status, body: {} });
            const error = await api()
                .dagIds()
                .catch((reason: Error) => reason);
            expect(error).to.be.instanceOf(UserError);
            expect(String(error)).to.match(new RegExp(`refused the log-in of admin \\(status ${status}\\)\\.$`));
        });
    }

    for (const status of [500, 502, 503]) {
        it(`says that nobody can log in now (${status})`, async () => {
            loggingIn = () => ({ status, body: "no JSON of a token" });
            const error = await api()
                .dagIds()
                .catch((reason: Error) => reason);
            expect(error).to.be.instanceOf(UserError);
            expect(String(error)).to.match(
                new RegExp(`cannot log admin in now \\(status ${status}\\): it is not ready`),
            );
            expect(String(error)).not.to.include("refused");
        });
    }

    it("knows a DAG that is not there from a failure", async () => {
        answer = () => ({ status: 404, body: {} });
        expect(await api().dag("one")).to.equal(undefined);
        answer = () => ({ status: 500, body: { detail: "broken" } });
        const error = await api()
            .dag("one")
            .catch((reason: Error) => reason);
        expect(String(error)).to.include("GET /api/v2/dags/one answered 500").and.include("broken");
    });
});
