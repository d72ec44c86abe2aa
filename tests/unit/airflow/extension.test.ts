import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
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

    describe("lookups", () => {
        const airflow = {
            "airflow/__init__.py": "",
            "airflow/plugins_manager.py": "class AirflowPlugin: pass\n",
            "airflow/exceptions.py": "class AirflowNotFoundException(Exception): pass\n",
        };
        /** What a task is told of a connection and a variable when Airflow finds none, and the database answers so. */
        const told = (database: string, withSupervisor = false) => {
            const program = `
import sys, types
from airflow.exceptions import AirflowNotFoundException
from airflow_kubernetes import lookups
if ${withSupervisor ? "True" : "False"}:
    runner = types.ModuleType("airflow.sdk.execution_time.task_runner")
    runner.SUPERVISOR_COMMS = None
    sys.modules[runner.__name__] = runner
def ask(kind, name, team_name):
    ${database}
def missing(cls, conn_id): raise AirflowNotFoundException(conn_id)
def result(work):
    try: return work()
    except Exception as error: return type(error).__name__
print(result(lambda: lookups.insisting_connection(missing, ask)(None, "c")))
print(result(lambda: lookups.insisting_variable(lambda key: None, ask)("v")))
print(result(lambda: lookups.insisting_variable(lambda key: "known", ask)("v")))`;
            const { stdout, stderr } = spawnSync("python3", ["-c", program], {
                encoding: "utf8",
                env: {
                    PATH: process.env.PATH,
                    PYTHONPATH: [python, folder(airflow)].join(":"),
                    PYTHONDONTWRITEBYTECODE: "1",
                },
            });
            expect(stderr).to.equal("");
            return stdout.trim().split("\n");
        };

        it("tell a fault of the database as what it is, and not as something that there is not", () => {
            expect(told('raise OSError("away")')).to.deep.equal(["OSError", "OSError", "known"]);
        });

        it("say that there is nothing when the database says so, and find what is there by then", () => {
            expect(told("return None")).to.deep.equal(["AirflowNotFoundException", "None", "known"]);
            expect(told('return f"{kind} {name}"')).to.deep.equal(["connection c", "variable v", "known"]);
        });

        it("leave code of DAGs alone, which may not ask the database", () => {
            expect(told('raise OSError("asked")', true)).to.deep.equal(["AirflowNotFoundException", "None", "known"]);
        });
    });

    describe("keys", () => {
        const secret = "AIRFLOW__API_AUTH__JWT_SECRET";
        const program = `
import json, os, stat
from airflow_kubernetes import keys
environment = dict(os.environ)
keys.prepare(environment)
trusted = environment.get(keys.TRUSTED)
print(json.dumps({
    "signs": environment.get(keys.SECRET),
    "id": environment.get(keys.KEY_ID),
    "rights": trusted and [oct(stat.S_IMODE(os.stat(path).st_mode)) for path in (trusted, os.path.dirname(trusted))],
    "trusted": trusted and json.load(open(trusted))["keys"],
}))`;
        const prepared = (environment: Record<string, string>) => {
            const { stdout, stderr } = spawnSync("python3", ["-c", program], {
                encoding: "utf8",
                env: {
                    ...environment,
                    PATH: process.env.PATH,
                    PYTHONPATH: python,
                    PYTHONDONTWRITEBYTECODE: "1",
                    TMPDIR: folder({ "tmp/file": "" }),
                },
            });
            expect(stderr).to.equal("");
            return JSON.parse(stdout) as {
                signs: string;
                id: string;
                rights: string[];
                trusted: { kid: string; k: string; alg: string; kty: string }[];
            };
        };
        const text = (encoded: string) => Buffer.from(encoded, "base64url").toString();

        it("signs with the first key and trusts both, each by an id of its own that tells nothing of it", () => {
            const { signs, id, rights, trusted } = prepared({ [secret]: "the-new-key, the-old-key" });
            expect(signs).to.equal("the-new-key");
            expect(rights).to.deep.equal(["0o600", "0o700"]);
            expect(trusted.map(({ k }) => text(k))).to.deep.equal(["the-new-key", "the-old-key", "the-old-key"]);
            const [newer, older, unnamed] = trusted.map(({ kid }) => kid);
            expect(newer)
                .to.equal(id)
                .and.match(/^[0-9a-f]{16}$/);
            expect(older)
                .to.match(/^[0-9a-f]{16}$/)
                .and.not.equal(newer);
            // Tokens of an earlier version of the component name no key.
            expect(unnamed).to.equal("not-used");
            expect(new Set(trusted.map(({ kty, alg }) => `${kty} ${alg}`))).to.deep.equal(new Set(["oct HS512"]));
            expect(prepared({ [secret]: "the-old-key" }).id).to.equal(older);
        });

        it("changes nothing where there is no key", () => {
            expect(prepared({})).to.deep.equal({ signs: null, id: null, rights: null, trusted: null });
        });
    });

    describe("ended_pods", () => {
        const now = "2026-01-01T02:00:00+00:00";
        const overdue = (...pods: readonly object[]) =>
            evaluate(
                "ended_pods",
                `[pod["metadata"]["name"] for pod in ended_pods.overdue(given, ended_pods.datetime.fromisoformat("${now}"), 3600,
                    lambda pod: "unheard" not in pod["metadata"]["name"])]`,
                pods,
            );
        const pod = (name: string, status: object) => ({
            metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z" },
            status,
        });
        const ended = (finishedAt: string, phase = "Failed") => ({
            phase,
            containerStatuses: [{ state: { terminated: { finishedAt } } }],
            conditions: [{ lastTransitionTime: "2026-01-01T00:00:00Z" }],
        });

        it("are those that ended long enough ago, evicted ones and those of lost schedulers among them", () => {
            expect(
                overdue(
                    pod("old", ended("2026-01-01T00:59:00Z")),
                    pod("young", ended("2026-01-01T01:01:00Z")),
                    pod("succeeded", ended("2026-01-01T00:30:00Z", "Succeeded")),
                    pod("running", { phase: "Running", containerStatuses: [{ state: { running: {} } }] }),
                    pod("evicted", { phase: "Failed", reason: "Evicted" }),
                    pod("pending", { phase: "Pending" }),
                ),
            ).to.deep.equal(["old", "succeeded", "evicted"]);
        });

        it("stay ten minutes longer where the scheduler may not have heard how they ended", () => {
            expect(
                overdue(
                    pod("unheard", ended("2026-01-01T00:55:00Z")),
                    pod("long unheard", ended("2026-01-01T00:45:00Z")),
                ),
            ).to.deep.equal(["long unheard"]);
        });
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

    describe("uploads", () => {
        /** Uploads once, with stand-ins for what Airflow has for remote logs, and tells what these were given. */
        const upload = (root: string, works: boolean, cloudWatch = false) => {
            const program = `
import json, os, pathlib, sys, types
from airflow_kubernetes import uploads
given = []
class Files:
    base_log_folder, delete_local_copy = pathlib.Path("elsewhere"), True
    def upload(self, path):
        file = self.base_log_folder / path
        given.append([path, file.read_text(), self.delete_local_copy])
        if ${works ? "True" : "False"}: file.write_text("")
class Exists(Exception): pass
class Client:
    exceptions = types.SimpleNamespace(ResourceAlreadyExistsException=Exists)
    def create_log_stream(self, **names): raise Exists()
    def put_log_events(self, **all): given.append(all)
class Events:
    log_group, hook = "group", types.SimpleNamespace(get_conn=Client)
uploads.upload(pathlib.Path(sys.argv[1]), ${cloudWatch ? "Events()" : "Files()"})
print(json.dumps(given))
`;
            const { status, stdout, stderr } = spawnSync("python3", ["-c", program, root], {
                encoding: "utf8",
                env: { PATH: process.env.PATH, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: "1" },
            });
            expect(stderr).to.equal("");
            expect(status).to.equal(0);
            return JSON.parse(stdout) as unknown[];
        };
        const log = "dag_id=a/run_id=b:1/attempt=1.log";
        const line = '{"timestamp": "2026-01-02T03:04:05Z", "event": "it waits"}\n';
        /** A folder with that log, last written to a minute ago. */
        const written = (): string => {
            const root = folder({ [log]: line });
            const before = new Date(Date.now() - 60_000);
            utimesSync(join(root, log), before, before);
            return root;
        };
        const left = (root: string) =>
            readdirSync(root, { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));

        it("takes a log along, under the name that it has, and leaves no file", () => {
            const root = written();
            expect(upload(root, true)).to.deep.equal([[log, line, false]]);
            expect(left(root)).to.deep.equal([]);
            expect(upload(root, true)).to.deep.equal([]);
        });

        it("waits for a log that is being written", () => {
            const root = folder({ [log]: line });
            expect(upload(root, true)).to.deep.equal([]);
            expect(left(root)).to.deep.equal([log]);
        });

        it("keeps what could not be taken along, and adds to it what comes later", () => {
            const root = written();
            upload(root, false);
            expect(left(root)).to.deep.equal([join(".uploads", log)]);
            writeFileSync(join(root, log), "more\n");
            const before = new Date(Date.now() - 60_000);
            utimesSync(join(root, log), before, before);
            expect(upload(root, true)).to.deep.equal([[log, `${line}more\n`, false]]);
            expect(left(root)).to.deep.equal([]);
        });

        it("sends CloudWatch events, into the stream that Airflow reads", () => {
            const root = written();
            expect(upload(root, true, true)).to.deep.equal([
                {
                    logGroupName: "group",
                    logStreamName: "dag_id=a/run_id=b_1/attempt=1.log",
                    logEvents: [{ timestamp: Date.UTC(2026, 0, 2, 3, 4, 5), message: line.trimEnd() }],
                },
            ]);
            expect(left(root)).to.deep.equal([]);
        });

        it("says nothing twice", () => {
            const asked = "[uploads.is_new('a', 'b'), uploads.is_new('a', 'b'), uploads.is_new('c', 'b')]";
            expect(evaluate("uploads", asked)).to.deep.equal([true, false, true]);
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
