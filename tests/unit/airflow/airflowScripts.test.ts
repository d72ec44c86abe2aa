import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, removeFolders } from "../../support/folders";
import { skipWithoutPython } from "../../support/python";

/*
 * The scripts of the Jobs and probes, run by a real Python against stand-ins of the libraries that only Airflow's image has.
 * What the stand-ins cannot show (SQL, Fernet, Airflow's own code) is shown by the tests on a cluster.
 */

const directory = join(__dirname, "../../../components/airflow/scripts");

/** Rows by a word of the statement that asks for them. */
interface Database {
    readonly refusal?: string;
    readonly asyncRefusal?: boolean;
    readonly mayCreate?: boolean;
    readonly tables?: string[];
    readonly rows?: Record<string, unknown[][]>;
}

const standIns = {
    "psycopg2.py": `
import json, os
database = json.loads(os.environ["STUB_DATABASE"])
class OperationalError(Exception): pass
class ProgrammingError(Exception): pass
class Context:
    def __enter__(self): return self
    def __exit__(self, *error): return False
class Cursor(Context):
    def execute(self, sql, values=()):
        with open(os.environ["STUB_LOG"], "a") as log: log.write("sql " + sql.split()[0] + " " + json.dumps(values) + "\\n")
        if "may_create" in sql: self.rows = [["ada", "history", database.get("mayCreate", True)]]
        elif "to_regclass" in sql: self.rows = [[values[0] if values[0] in database.get("tables", []) else None]]
        else: self.rows = next((rows for word, rows in database.get("rows", {}).items() if word in sql), [])
    def fetchone(self): return self.rows[0]
    def fetchall(self): return self.rows
class Connection(Context):
    def cursor(self): return Cursor()
    def close(self): pass
def connect(*args, **options):
    if database.get("refusal"): raise OperationalError(database["refusal"])
    return Connection()
`,
    // Without these, packages of this machine of the same name would come first.
    "cryptography/__init__.py": "",
    "sqlalchemy/__init__.py": "",
    "sqlalchemy/ext/__init__.py": "",
    "sqlalchemy/ext/asyncio.py": `
import json, os
class Connection:
    async def __aenter__(self):
        if json.loads(os.environ["STUB_DATABASE"]).get("asyncRefusal"): raise TypeError("connect() got an unexpected argument")
    async def __aexit__(self, *error): return False
class Engine:
    def connect(self): return Connection()
    async def dispose(self): pass
def create_async_engine(url):
    assert url.startswith("postgresql+asyncpg://"), url
    return Engine()
`,
    "airflow/__init__.py": "",
    "airflow/__main__.py": `
import json, os, sys
def main():
    with open(os.environ["STUB_LOG"], "a") as log: log.write(json.dumps({"argv": sys.argv, "last": sys.path[-1]}) + "\\n")
`,
    "airflow/providers/__init__.py": "",
    "airflow/providers/fab/__init__.py": "",
    "airflow/providers/fab/auth_manager/__init__.py": "",
    "airflow/providers/fab/auth_manager/cli_commands/__init__.py": "",
    "cryptography/fernet.py": `
class InvalidToken(Exception): pass
class Fernet:
    def __init__(self, key):
        if len(key) != 44: raise ValueError("not a key")
        self.key = key
class MultiFernet:
    def __init__(self, fernets):
        if not fernets: raise ValueError("no keys")
        self.keys = [fernet.key for fernet in fernets]
    def encrypt(self, data): return (self.keys[0] + ":").encode() + data
    def decrypt(self, token):
        if token.decode().split(":")[0] not in self.keys: raise InvalidToken()
`,
    "sqlalchemy/engine.py": `
from urllib.parse import parse_qsl, urlsplit, unquote
class Url:
    def __init__(self, text):
        parts = urlsplit(text)
        self.host, self.port, self.username = parts.hostname, parts.port, parts.username
        self.password, self.database = unquote(parts.password), parts.path[1:]
        self.query = dict(parse_qsl(parts.query))
make_url = Url
`,
    "airflow/providers/fab/auth_manager/cli_commands/utils.py": `
import os
class User: id = 7
class Manager:
    def sync_roles(self): self.note("roles")
    def find_role(self, name): return name
    def find_user(self, username): return User() if username in os.environ["STUB_USERS"].split(",") else None
    def note(self, *words):
        with open(os.environ["STUB_LOG"], "a") as log: log.write(" ".join(map(str, words)) + "\\n")
        return os.environ["STUB_WORKS"] == "yes"
    def add_user(self, user, first, last, email, role, password): return self.note("add", user, email, role, len(password))
    def reset_password(self, id, password): return self.note("reset", id, len(password))
class Builder:
    sm = Manager()
    def add_permissions(self, update_perms): self.sm.note("permissions", update_perms)
    def __enter__(self): return self
    def __exit__(self, *error): return False
get_application_builder = Builder
`,
    "bin/airflow": '#!/bin/sh\necho "airflow $*" >> "$STUB_LOG"\nexit "$STUB_AIRFLOW_CODE"\n',
};

/** What an image says of a Python package that it has. */
function packages(versions: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(versions).map(([name, version]) => [
            `${name.replaceAll("-", "_")}-${version}.dist-info/METADATA`,
            `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n`,
        ]),
    );
}

const core = "apache-airflow-core";
const provider = "apache-airflow-providers-cncf-kubernetes";
const image = { [core]: "3.3.2", [provider]: "10.21.0" };

function run(script: string, environment: Record<string, string>, args: string[] = [], versions: object = image) {
    const path = folder({ ...standIns, ...packages({ ...versions }) });
    chmodSync(join(path, "bin/airflow"), 0o755);
    const log = join(path, "log");
    const { status, stdout, stderr } = spawnSync("python3", [join(directory, script), ...args], {
        encoding: "utf8",
        env: {
            PATH: `${join(path, "bin")}:${process.env.PATH}`,
            PYTHONPATH: path,
            PYTHONDONTWRITEBYTECODE: "1",
            STUB_LOG: log,
            TERMINATION_MESSAGE: join(path, "termination-message"),
            ...environment,
        },
    });
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    const said = join(path, "termination-message");
    const remark = existsSync(said) ? readFileSync(said, "utf8") : undefined;
    return { code: status, stdout, stderr, lines, remark };
}

const secret = "s3cr3t-pass";
const newKey = `${"n".repeat(43)}=`;
const oldKey = `${"o".repeat(43)}=`;

/** Version of Airflow that was asked for, and versions of the provider that the executor is for. */
const versions = ["3.3.2", "10.21.0", "10.26.0"];

function migrate(database: Database, fernetKey = newKey, airflowCode = "0", held: object = image) {
    const environment = {
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://airflow:${secret}@db.example:5432/airflow`,
        AIRFLOW__CORE__FERNET_KEY: fernetKey,
        STUB_DATABASE: JSON.stringify(database),
        STUB_AIRFLOW_CODE: airflowCode,
    };
    return run("migrate.py", environment, versions, held);
}

function migrateExternal(database: Database) {
    const rest = `ada:${secret}@db.example:6432/history`;
    const environment = {
        EXTERNAL_DATABASE: "True",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://${rest}?sslmode=require`,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: `postgresql+asyncpg://${rest}?ssl=require`,
        AIRFLOW__CORE__FERNET_KEY: newKey,
        STUB_DATABASE: JSON.stringify(database),
        STUB_AIRFLOW_CODE: "0",
    };
    return run("migrate.py", environment, versions);
}

describe("the scripts that run in Airflow's image", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(30_000);

    it("are Python", () => {
        const scripts = readdirSync(directory).filter((name) => name.endsWith(".py"));
        expect(scripts).to.have.members(["create_admin.py", "job_heartbeat.py", "migrate.py"]);
        for (const name of scripts) {
            const check = ["-c", "import ast, sys; ast.parse(sys.stdin.read())"];
            const input = readFileSync(join(directory, name), "utf8");
            expect(spawnSync("python3", check, { input, encoding: "utf8" }).stderr, name).to.equal("");
        }
    });

    describe("migrate.py", () => {
        const airflowCalls = (lines: string[]) => lines.filter((line) => line.startsWith("airflow "));

        it("migrates an empty database and leaves its mark", () => {
            const { code, lines } = migrate({});
            expect(code).to.equal(0);
            expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
            expect(lines.at(-1)).to.equal(`sql INSERT ["${newKey}:airflow-kubernetes"]`);
        });

        it("refuses an image with another Airflow than was asked for, before it asks the database", () => {
            const { code, stderr, lines } = migrate({}, newKey, "0", { ...image, [core]: "3.3.1" });
            expect(code).to.equal(65);
            expect(stderr).to.contain('airflow.version is "3.3.2", and the image holds Airflow 3.3.1.');
            expect(stderr).to.contain('Set airflow.version to "3.3.1"');
            expect(lines).to.deep.equal([]);
        });

        it("takes an image with a build of that Airflow, and says nothing", () => {
            const { code, remark } = migrate({}, newKey, "0", { [core]: "3.3.2+ours", [provider]: "10.25.3" });
            expect(code).to.equal(0);
            expect(remark).to.equal(undefined);
        });

        for (const other of ["10.20.9", "10.26.0"]) {
            it(`says with the provider ${other} that its own executor runs tasks, and goes on`, () => {
                const { code, stderr, remark, lines } = migrate({}, newKey, "0", { ...image, [provider]: other });
                expect(code).to.equal(0);
                expect(remark).to.match(
                    /kubernetes 10\.2\d\.\d, which .* 10\.21\.0 or newer, below 10\.26\.0\. The provider's own/,
                );
                expect(stderr).to.contain(remark);
                expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
            });
        }

        it("refuses an image that can start no pod", () => {
            const { code, stderr } = migrate({}, newKey, "0", { [core]: "3.3.2" });
            expect(code).to.equal(65);
            expect(stderr).to.contain(`The image has no Python package ${provider}.`);
        });

        it("encrypts everything again when it is given two keys, after the migration", () => {
            const { code, lines } = migrate({}, `${newKey},${oldKey}`);
            expect(code).to.equal(0);
            expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate", "airflow rotate-fernet-key"]);
        });

        it("refuses another password in words, without another try, and shows no password", () => {
            const { code, stdout, stderr, lines } = migrate({
                refusal: 'password authentication failed for user "airflow"',
            });
            expect(code).to.equal(65);
            expect(stderr).to.contain("MIGRATION REFUSED");
            expect(stderr).to.contain("The database at db.example refuses the password of user airflow.");
            expect(stderr).to.contain("databasePassword");
            expect(stdout + stderr).to.not.contain(secret);
            expect(airflowCalls(lines)).to.deep.equal([]);
        });

        it("migrates a database that exists", () => {
            const { code, lines } = migrateExternal({});
            expect(code).to.equal(0);
            expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
        });

        const refusals: Record<string, [Database, RegExp]> = {
            "another password": [
                { refusal: 'FATAL: password authentication failed for user "ada"' },
                /password of database\.external\.user "ada"\.\n.*databasePassword/,
            ],
            "a database that is none": [
                { refusal: 'FATAL: database "history" does not exist' },
                /database\.external\.name is "history"/,
            ],
            "a server without encryption": [
                { refusal: "server does not support SSL, but SSL was required" },
                /database\.external\.sslMode, which is require/,
            ],
            "a server that wants encryption": [
                { refusal: 'FATAL: no pg_hba.conf entry for host "10.0.0.1", user "ada", no encryption' },
                /database\.external\.sslMode/,
            ],
            "a user without rights": [{ mayCreate: false }, /ALTER DATABASE "history" OWNER TO "ada"/],
            "a server that the second driver cannot speak to": [{ asyncRefusal: true }, /not asyncpg: TypeError/],
        };
        for (const [what, [database, says]] of Object.entries(refusals)) {
            it(`refuses ${what} of a database that exists, with the setting, and without another try`, () => {
                const { code, stdout, stderr, lines } = migrateExternal(database);
                expect(code).to.equal(65);
                expect(stderr).to.match(says);
                expect(stdout + stderr).to.not.contain(secret);
                expect(airflowCalls(lines)).to.deep.equal([]);
            });
        }

        it("refuses another fernet key before it changes anything, and names what does not open", () => {
            const { code, stdout, stderr, lines } = migrate({
                tables: ["airflow_kubernetes.encryption_check", "public.connection", "public.variable"],
                rows: {
                    encryption_check: [[`${newKey}:mark`]],
                    "conn_id, password": [
                        ["warehouse", `${oldKey}:x`],
                        ["opens", `${newKey}:x`],
                    ],
                    "conn_id, extra": [["warehouse", `${oldKey}:x`]],
                    "FROM variable": [["token", `${oldKey}:x`]],
                },
            });
            expect(code).to.equal(65);
            expect(stderr.match(/^ {2}- .*/gm)).to.deep.equal(["  - connection warehouse", "  - variable token"]);
            expect(stderr).to.contain("set it to NEW,OLD");
            expect(stdout + stderr)
                .to.not.contain(oldKey)
                .and.to.not.contain(newKey);
            expect(airflowCalls(lines)).to.deep.equal([]);
        });

        it("goes on with the old key beside the new one", () => {
            const database = { tables: ["public.variable"], rows: { "FROM variable": [["token", `${oldKey}:x`]] } };
            expect(migrate(database, `${newKey}, ${oldKey}`).code).to.equal(0);
        });

        it("refuses what is no fernet key", () => {
            for (const key of ["", ",", "short", `${newKey},short`]) {
                const { code, stderr } = migrate({}, key);
                expect(code, key).to.equal(65);
                expect(stderr).to.contain("fernetKey is not a fernet key");
            }
        });

        it("fails so that it is tried again when Airflow's migration fails, and leaves no mark", () => {
            const { code, stderr, lines } = migrate({}, newKey, "3");
            expect(code).to.equal(1);
            expect(stderr).to.contain("airflow db migrate ended with code 3");
            expect(lines.filter((line) => line.startsWith("sql INSERT"))).to.deep.equal([]);
        });
    });

    describe("create_admin.py", () => {
        const create = (users: string, works = "yes") =>
            run("create_admin.py", {
                ADMIN_USER: "ada",
                ADMIN_EMAIL: "ada@example.org",
                ADMIN_PASSWORD: secret,
                STUB_USERS: users,
                STUB_WORKS: works,
            });

        it("writes permissions and roles, and makes the user, with the role Admin", () => {
            const { code, lines, stdout } = create("");
            expect(code).to.equal(0);
            expect(lines.slice(0, 2)).to.deep.equal(["permissions True", "roles"]);
            expect(lines.slice(2)).to.deep.equal([`add ada ada@example.org Admin ${secret.length}`]);
            expect(stdout).to.equal('User "ada" made, with the role Admin.\n');
        });

        it("gives a user that exists the password, and makes no second one", () => {
            const { code, lines } = create("bob,ada");
            expect(code).to.equal(0);
            expect(lines.slice(2)).to.deep.equal([`reset 7 ${secret.length}`]);
        });

        it("fails when Airflow refuses, and never prints the password", () => {
            for (const users of ["", "ada"]) {
                const { code, stdout, stderr } = create(users, "no");
                expect(code).to.equal(1);
                expect(stderr).to.contain('ser "ada" could not be');
                expect(stdout + stderr).to.not.contain(secret);
            }
            expect(create("").stdout + create("ada").stdout).to.not.contain(secret);
        });
    });

    describe("guarded.py", () => {
        it("starts the triggerer, with the DAGs after all other modules", () => {
            const { code, lines } = run(
                "../python/airflow_kubernetes/guarded.py",
                { AIRFLOW__CORE__DAGS_FOLDER: "/the/dags" },
                ["triggerer"],
            );
            expect(code).to.equal(0);
            expect(JSON.parse(lines[0]).last).to.deep.equal("/the/dags");
        });

        it("starts it where no folder of DAGs is known", () => {
            const { code, lines } = run("../python/airflow_kubernetes/guarded.py", {}, ["triggerer"]);
            expect(code).to.equal(0);
            expect(JSON.parse(lines[0]).argv.slice(1)).to.deep.equal(["triggerer"]);
        });
    });

    describe("job_heartbeat.py", () => {
        const ask = (database: Database) =>
            run(
                "job_heartbeat.py",
                {
                    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://airflow:${secret}@db.example/airflow`,
                    STUB_DATABASE: JSON.stringify(database),
                },
                ["TriggererJob"],
            );

        it("is well with a young heartbeat of this process on this host", () => {
            const { code, lines } = ask({ rows: { "FROM job": [[1]] } });
            expect(code).to.equal(0);
            expect(lines).to.have.lengthOf(1);
            expect(lines[0]).to.match(/^sql SELECT \["TriggererJob", ".+"\]$/);
        });

        it("is not well without one", () => {
            expect(ask({ rows: { "FROM job": [[0]] } }).code).to.equal(1);
        });

        it("does not blame the process for a database that is away", () => {
            const { code, stdout } = ask({ refusal: "connection refused" });
            expect(code).to.equal(0);
            expect(stdout).to.equal("database: connection refused\n");
        });
    });
});
