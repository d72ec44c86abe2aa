import { spawn, spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { folder, removeFolders } from "../../support/folders";
import { skipWithoutPython } from "../../support/python";

const script = join(__dirname, "../../../components/airflow/scripts/serve_metrics.py");

/** A stand-in for the driver: rows by a word of the statement, a refusal, and statements that fail. */
const driver = `
import json, os
database = json.loads(os.environ["STUB_DATABASE"])
class Error(Exception): pass
class OperationalError(Error): pass
class Cursor:
    def __enter__(self): return self
    def __exit__(self, *error): return False
    def execute(self, sql):
        if any(word in sql for word in database.get("failing", [])): raise OperationalError("no such relation")
        self.rows = next((rows for word, rows in database.get("rows", {}).items() if word in sql), [] if "FROM job" in sql else [[0]])
    def fetchall(self): return self.rows
class Connection:
    def cursor(self): return Cursor()
    def commit(self): pass
    def close(self): pass
def connect(url, **options):
    if database.get("refusal"): raise OperationalError(database["refusal"])
    return Connection()
`;

interface Database {
    readonly refusal?: string;
    readonly failing?: readonly string[];
    readonly rows?: Record<string, unknown[][]>;
}

const plan = {
    processes: { SchedulerJob: "scheduler", TriggererJob: "triggerer" },
    constants: { airflow_database_disk_bytes: 1024 },
    volumes: {} as Record<string, string>,
    delivery: "image",
    link: "",
};

function environment(database: Database) {
    return {
        PATH: process.env.PATH,
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONPATH: `${folder({ "psycopg2.py": driver })}:${dirname(script)}`,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql+psycopg2://a:b@c/d",
        STUB_DATABASE: JSON.stringify(database),
    };
}

/** What is served, by name and labels. */
function samples(database: Database, told: typeof plan = plan): Record<string, string> {
    const program = "import json, sys, serve_metrics as s; print(s.text(s.look(json.loads(sys.argv[1]))), end='')";
    const { status, stdout, stderr } = spawnSync("python3", ["-c", program, JSON.stringify(told)], {
        encoding: "utf8",
        env: environment(database),
    });
    expect(status, stderr).to.equal(0);
    const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]));
}

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
}

describe("serve_metrics.py", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(60_000);

    it("says what the database says, and that a process which was never heard of is infinitely late", () => {
        const rows = {
            pg_stat_activity: [[12]],
            max_connections: [[100]],
            import_error: [[2]],
            "FROM job": [["SchedulerJob", 7.5]],
        };
        expect(samples({ rows })).to.include({
            airflow_database_up: "1.0",
            airflow_database_connections: "12.0",
            airflow_database_max_connections: "100.0",
            airflow_import_errors: "2.0",
            airflow_database_disk_bytes: "1024.0",
            'airflow_heartbeat_age_seconds{process="scheduler"}': "7.5",
            'airflow_heartbeat_age_seconds{process="triggerer"}': "+Inf",
        });
    });

    it("says that a database is away, and goes on with what it does not need it for", () => {
        const found = samples({ refusal: "connection refused" }, { ...plan, volumes: { logs: folder() } });
        expect(found).to.include({ airflow_database_up: "0.0", airflow_database_disk_bytes: "1024.0" });
        expect(Object.keys(found)).to.include('airflow_volume_size_bytes{volume="logs"}');
        expect(Object.keys(found).filter((name) => name.includes("heartbeat"))).to.deep.equal([]);
    });

    it("leaves out what the database does not know yet", () => {
        const found = samples({ failing: ["import_error", "task_instance"] });
        expect(Object.keys(found)).to.not.include("airflow_import_errors");
        expect(found).to.include({ airflow_database_up: "1.0", airflow_dags: "0.0" });
    });

    it("says how full volumes are, and nothing of one that is not there", () => {
        const logs = folder();
        const found = samples({}, { ...plan, volumes: { logs, dags: join(logs, "missing") } });
        const size = Number(found['airflow_volume_size_bytes{volume="logs"}']);
        expect(size).to.be.greaterThan(0);
        expect(Number(found['airflow_volume_available_bytes{volume="logs"}'])).to.be.at.most(size);
        expect(Object.keys(found).filter((name) => name.includes('dags"}'))).to.deep.equal([]);
    });

    it("says since when the DAGs of today are there, and when their commit was made", () => {
        const root = folder({ "worktree/a.py": "" });
        const git = (...args: string[]) =>
            spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-C", join(root, "worktree"), ...args], {
                env: { PATH: process.env.PATH, GIT_COMMITTER_DATE: "1700000000 +0000", HOME: root },
            }).status;
        symlinkSync("worktree", join(root, "current"));
        const link = join(root, "current");
        const before = samples({}, { ...plan, delivery: "gitSync", link });
        expect(Number(before.airflow_dags_changed_timestamp_seconds)).to.be.greaterThan(Date.now() / 1000 - 60);
        expect(before).to.include({ 'airflow_dags_delivery_info{delivery="gitSync"}': "1.0" });
        expect(Object.keys(before)).to.not.include("airflow_dags_commit_timestamp_seconds");
        if (git("init", "--quiet") === 0) {
            git("add", ".");
            git("commit", "--quiet", "--message", "one");
            const after = samples({}, { ...plan, delivery: "gitSync", link });
            expect(Number(after.airflow_dags_commit_timestamp_seconds)).to.equal(1_700_000_000);
        }
        const missing = samples({}, { ...plan, delivery: "gitSync", link: join(root, "missing") });
        expect(Object.keys(missing)).to.not.include("airflow_dags_changed_timestamp_seconds");
    });

    it("answers probes and Prometheus over HTTP", async () => {
        const port = await freePort();
        const server = spawn("python3", [script, String(port), JSON.stringify(plan)], { env: environment({}) });
        try {
            const get = async (path: string): Promise<Response> => {
                for (let tries = 0; ; tries += 1) {
                    try {
                        return await fetch(`http://127.0.0.1:${port}${path}`);
                    } catch (error) {
                        if (tries > 200) {
                            throw error;
                        }
                        await new Promise((resolve) => setTimeout(resolve, 100));
                    }
                }
            };
            expect((await get("/")).status).to.equal(200);
            expect((await get("/etc/passwd")).status).to.equal(404);
            const metrics = await get("/metrics");
            expect(metrics.headers.get("content-type")).to.match(/^text\/plain; version=0\.0\.4/);
            expect(await metrics.text()).to.match(/^# TYPE airflow_database_up gauge\nairflow_database_up 1\.0$/m);
        } finally {
            server.kill();
        }
    });
});
