import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, removeFolders } from "../../support/folders";
import { skipWithoutPython } from "../../support/python";

const python = join(__dirname, "../../../components/airflow/python");

/** Evaluates a Python expression on a module of the extension, and hands back what it gives as JSON. */
function evaluate(module: string, expression: string, given: unknown = null): unknown {
    const program = `import json, sys\nfrom airflow_kubernetes import ${module}\ngiven = json.load(sys.stdin)\nprint(json.dumps(${expression}))`;
    const { status, stdout, stderr } = spawnSync("python3", ["-c", program], {
        encoding: "utf8",
        input: JSON.stringify(given),
        env: { PATH: process.env.PATH, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect(stderr).to.equal("");
    expect(status).to.equal(0);
    return JSON.parse(stdout);
}

/** A pod with one container status. */
function podWith(status: object, more: object = {}): object {
    return {
        spec: { containers: [{ name: "base", resources: { limits: { memory: "300Mi" } } }] },
        status: { containerStatuses: [{ name: "base", ...status }], ...more },
    };
}

describe("the extension of Airflow", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(60_000);

    it("is mounted whole", () => {
        const found = readdirSync(python, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && !entry.name.endsWith(".pyc"))
            .map(({ parentPath, name }) => join(parentPath, name).slice(python.length + 1));
        const listed = readFileSync(join(python, "../extension.ts"), "utf8").match(/"airflow_kubernetes[^"]+"/g) ?? [];
        expect(found).to.have.members(listed.map((text) => JSON.parse(text)));
    });

    describe("reasons", () => {
        const waiting = (pod: object, events: object[] = []) =>
            evaluate("reasons", "reasons.waiting(given[0], given[1])", [pod, events]);
        const failure = (pod: object, deleted = false) =>
            evaluate("reasons", "reasons.failure(given[0], given[1])", [pod, deleted]);

        it("says why a pod waits: no node, no image, or the last warning", () => {
            const conditions = [
                { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" },
            ];
            expect(waiting({ status: { conditions } })).to.equal("no node takes the pod: 0/1 nodes are available");
            const pull = { state: { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling x" } } };
            expect(waiting(podWith(pull))).to.equal('container "base": ImagePullBackOff: Back-off pulling x');
            const mount = { type: "Warning", reason: "FailedMount", message: "no such\n  secret", lastTimestamp: "2" };
            const older = { type: "Warning", reason: "Other", message: "older", lastTimestamp: "1" };
            expect(waiting({ status: {} }, [mount, older])).to.equal("FailedMount: no such secret");
        });

        it("says nothing of a pod that waits for its turn only", () => {
            expect(waiting(podWith({ state: { waiting: { reason: "ContainerCreating" } } }))).to.equal(null);
            expect(waiting({}, [{ type: "Normal", reason: "Pulled", message: "done" }])).to.equal(null);
        });

        it("says why a pod has failed: eviction, memory, exit code, deletion, or that nobody knows", () => {
            const evicted = { reason: "Evicted", message: "The node was low on resource: memory." };
            expect(failure({ status: evicted })).to.equal("Evicted: The node was low on resource: memory.");
            const killed = { state: { terminated: { exitCode: 137, reason: "OOMKilled" } } };
            expect(failure(podWith(killed))).to.equal(
                'container "base" ended with exit code 137: OOMKilled, it used more memory than its limit of 300Mi',
            );
            const error = { state: { terminated: { exitCode: 1, reason: "Error", message: "no module\n" } } };
            expect(failure(podWith(error))).to.equal('container "base" ended with exit code 1: no module');
            expect(failure({}, true)).to.equal("it was deleted before its end");
            expect(failure({})).to.equal("the cluster gives no reason");
        });

        it("knows of a task that was killed for its memory while its supervisor ended in good order", () => {
            const killed = podWith({ state: { terminated: { exitCode: 0, reason: "OOMKilled" } } });
            expect(evaluate("reasons", "reasons.out_of_memory(given)", killed)).to.contain("limit of 300Mi");
            const well = podWith({ state: { terminated: { exitCode: 0, reason: "Completed" } } });
            expect(evaluate("reasons", "reasons.out_of_memory(given)", well)).to.equal(null);
        });

        it("finds the log of the task in the command of its pod, and in nothing else", () => {
            const pod = (...args: unknown[]) => ({ spec: { containers: [{ name: "base", args }] } });
            const path = (given: object) => evaluate("reasons", "reasons.log_path(given)", given);
            expect(path(pod("python", "--json-string", JSON.stringify({ log_path: "a/b.log" })))).to.equal("a/b.log");
            for (const other of [pod("--json-string"), pod("--json-string", "{"), pod("--json-string", "[]"), {}]) {
                expect(path(other)).to.equal(null);
            }
        });
    });

    describe("task_log", () => {
        const add = (root: string, path: string, text: string) =>
            evaluate("task_log", "task_log.add(given[0], given[1], given[2], 'error')", [root, path, text]);

        it("adds a line that Airflow reads, once", () => {
            const root = folder({});
            add(root, "dag_id=a/attempt=1.log", 'it says "no"');
            add(root, "dag_id=a/attempt=1.log", 'it says "no"');
            add(root, "dag_id=a/attempt=1.log", "and more");
            const lines = readFileSync(join(root, "dag_id=a/attempt=1.log"), "utf8").trimEnd().split("\n");
            const events = lines.map((line) => JSON.parse(line));
            expect(events.map(({ event }) => event)).to.deep.equal(['it says "no"', "and more"]);
            expect(events[0]).to.have.keys("timestamp", "level", "event", "logger");
        });

        it("writes nothing outside of the folder of logs", () => {
            const root = folder({ "logs/x": "" });
            add(join(root, "logs"), "../escaped.log", "text");
            add(join(root, "logs"), join(root, "absolute.log"), "text");
            expect(readdirSync(root)).to.deep.equal(["logs"]);
        });
    });

    describe("limits", () => {
        const ofTask = (fields: object) =>
            evaluate("limits", "limits.of_task(__import__('types').SimpleNamespace(**given))", fields) as string[];

        it("lets pass what the database can hold", () => {
            expect(ofTask({ pool_slots: 1, retries: 3, queue: "default", executor_config: {} })).to.deep.equal([]);
        });

        it("names each value that it cannot hold, and what is allowed", () => {
            const problems = ofTask({
                pool_slots: 2 ** 40,
                retries: -1,
                queue: "q".repeat(300),
                owner: "a\u0000b",
                executor_config: "text",
            });
            expect(problems).to.have.length(5);
            expect(problems.join("\n")).to.match(/pool_slots is 1099511627776; allowed: a whole number from 1/);
            expect(problems.join("\n")).to.match(/queue has 300 characters; allowed: 256/);
            expect(problems.join("\n")).to.match(/owner has a NUL character/);
            expect(problems.join("\n")).to.match(/executor_config is str; allowed: a dict/);
        });
    });

    describe("patient", () => {
        /** Runs it with a stand-in for the driver, whose database answers while a file exists. */
        const patient = (root: string, command: string) => {
            const driver = join(root, "psycopg2.py");
            const program = [
                "import sys, os",
                "from airflow_kubernetes import patient",
                "patient.POLL_SECONDS = 0.05",
                `process = patient.Patient(["sh", "-c", ${JSON.stringify(command)}], patient.Database(patient.connect))`,
                "sys.exit(process.run())",
            ].join("\n");
            return spawnSync("python3", ["-c", program], {
                encoding: "utf8",
                cwd: root,
                timeout: 30_000,
                env: {
                    PATH: process.env.PATH,
                    PYTHONPATH: `${python}:${root}`,
                    PYTHONDONTWRITEBYTECODE: "1",
                    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql+psycopg2://x",
                    DRIVER: driver,
                },
            });
        };
        const driver = [
            "import os",
            "class Error(Exception): pass",
            "class OperationalError(Error): pass",
            "class Cursor:",
            "    def __enter__(self): return self",
            "    def __exit__(self, *rest): pass",
            "    def execute(self, text):",
            "        if os.path.exists('cut'): raise OperationalError('server closed the connection')",
            "class Connection:",
            "    def cursor(self): return Cursor()",
            "    def close(self): pass",
            "def connect(url, **rest):",
            "    assert url == 'postgresql://x'",
            "    open('asked', 'a').write('.')",
            "    if os.path.exists('away') and len(open('asked').read()) < 4: raise OperationalError('refused')",
            "    return Connection()",
        ].join("\n");

        it("ends as the process does while the database answers", () => {
            const root = folder({ "psycopg2.py": driver });
            expect(patient(root, "exit 0").status).to.equal(0);
            expect(patient(root, "exit 7").status).to.equal(7);
        });

        it("runs the process again when the database was away, and not before it answers", () => {
            const root = folder({ "psycopg2.py": driver });
            const command = "echo run >>runs; [ -e cut ] && exit 0; touch cut away; exit 1";
            const { status, stderr } = patient(root, command);
            expect([status, readFileSync(join(root, "runs"), "utf8")]).to.deep.equal([0, "run\nrun\n"]);
            expect(stderr).to.contain("The database was away").and.to.contain("Waiting for the database");
        });
    });
});
