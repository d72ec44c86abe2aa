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
    /** How often it is refused; without it, always. */
    readonly refusals?: number;
    readonly asyncRefusal?: boolean;
    readonly mayCreate?: boolean;
    readonly tables?: string[];
    readonly rows?: Record<string, unknown[][]>;
    /** How long another migration holds the lock. */
    readonly busySeconds?: number;
}

const standIns = {
    "psycopg2.py": `
import json, os, time
database = json.loads(os.environ["STUB_DATABASE"])
busy_until = time.monotonic() + database.get("busySeconds", 0)
class OperationalError(Exception): pass
class ProgrammingError(Exception): pass
class Context:
    def __enter__(self): return self
    def __exit__(self, *error): return False
class Cursor(Context):
    def execute(self, sql, values=()):
        with open(os.environ["STUB_LOG"], "a") as log: log.write("sql " + sql.split()[0] + " " + json.dumps(values) + "\\n")
        if "may_create" in sql: self.rows = [["ada", "history", database.get("mayCreate", True)]]
        elif "advisory" in sql: self.rows = [[time.monotonic() > busy_until]]
        elif "to_regclass" in sql: self.rows = [[values[0] if values[0] in database.get("tables", []) else None]]
        else: self.rows = next((rows for word, rows in database.get("rows", {}).items() if word in sql), [])
    def fetchone(self): return self.rows[0] if self.rows else None
    def fetchall(self): return self.rows
class Connection(Context):
    def cursor(self): return Cursor()
    def close(self): pass
attempts = 0
def connect(*args, **options):
    global attempts
    attempts += 1
    if database.get("refusal") and attempts <= database.get("refusals", attempts): raise OperationalError(database["refusal"])
    return Connection()
`,
    // Without these, packages of this machine of the same name would come first.
    "cryptography/__init__.py": "",
    "werkzeug/__init__.py": "",
    "werkzeug/security.py": `
def generate_password_hash(password): return f"hash of {password}"
def check_password_hash(hash, password): return hash == generate_password_hash(password)
`,
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
    "airflow/models/__init__.py": "",
    "airflow/models/trigger.py": `
import os
class Trigger:
    def __init__(self, kwargs): self.encrypted_kwargs = kwargs
    def rotate_fernet_key(self):
        with open(os.environ["STUB_LOG"], "a") as log: log.write(f"rotated {self.encrypted_kwargs}\\n")
`,
    "airflow/__main__.py": `
import json, os, sys
def main():
    with open(os.environ["STUB_LOG"], "a") as log: log.write(json.dumps({"argv": sys.argv, "last": sys.path[-1]}) + "\\n")
    if "rotate-fernet-key" in sys.argv:
        from airflow.models.trigger import Trigger
        for kwargs in ("{}", "gAAAA"):
            Trigger(kwargs).rotate_fernet_key()
        sys.exit(int(os.environ["STUB_AIRFLOW_CODE"]))
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
    def encrypt(self, data): return (self.key + ":").encode() + data
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
class User:
    id, active = 7, True
    def __init__(self, name): self.name = name
class Manager:
    def sync_roles(self): self.note("roles")
    def find_role(self, name): return name
    def find_user(self, username): return User(username) if username in os.environ["STUB_USERS"].split(",") else None
    def note(self, *words):
        with open(os.environ["STUB_LOG"], "a") as log: log.write(" ".join(map(str, words)) + "\\n")
        return os.environ["STUB_WORKS"] == "yes"
    def add_user(self, user, first, last, email, role, password): return self.note("add", user, email, role, len(password))
    def update_user(self, user): self.note("update", user.name, "active" if user.active else "inactive")
    def reset_password(self, id, password): return self.note("reset", id, len(password))
class Builder:
    sm = Manager()
    def add_permissions(self, update_perms): self.sm.note("permissions", update_perms)
    def __enter__(self):
        path = os.environ.get("AIRFLOW__FAB__CONFIG_FILE")
        if path: exec(compile(open(path).read(), path, "exec"), {})
        return self
    def __exit__(self, *error): return False
get_application_builder = Builder
`,
    "bin/airflow":
        '#!/bin/sh\necho "airflow $*" >> "$STUB_LOG"\nprintf "%s" "$STUB_AIRFLOW_SAYS"\nexit "$STUB_AIRFLOW_CODE"\n',
    // Revisions of the schema that the image knows.
    "airflow/migrations/versions/0001_first.py": 'revision = "aaaa00000001"\ndown_revision = None\n',
    "airflow/migrations/versions/0002_last.py": 'revision = "aaaa00000002"\ndown_revision = "aaaa00000001"\n',
    "airflow/providers/fab/migrations/versions/0001.py":
        'revision: str = "ffff00000001"\ndown_revision: str | None = None\n',
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
const fab = "apache-airflow-providers-fab";
const image = { [core]: "3.3.2", [provider]: "10.21.0", [fab]: "3.9.0" };

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
const database = { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql+psycopg2://airflow@db.example:5432/airflow" };
const withoutSql = (lines: string[]) => lines.filter((line) => !line.startsWith("sql "));
const newKey = `${"n".repeat(43)}=`;
const oldKey = `${"o".repeat(43)}=`;

/** The image, the version of Airflow that was asked for, and versions of the provider that the executor is for. */
const versions = ["apache/airflow:3.3.2", "3.3.2", "10.21.0", "10.26.0"];

function migrate(
    database: Database,
    fernetKey = newKey,
    airflowCode = "0",
    held: object = image,
    more: object = {},
    args = ["migrate", ...versions],
) {
    const environment = {
        STUB_AIRFLOW_SAYS: "",
        ...more,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://airflow:${secret}@db.example:5432/airflow`,
        AIRFLOW__CORE__FERNET_KEY: fernetKey,
        STUB_DATABASE: JSON.stringify(database),
        STUB_AIRFLOW_CODE: airflowCode,
    };
    return run("migrate.py", environment, args, held);
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
        STUB_AIRFLOW_SAYS: "",
    };
    return run("migrate.py", environment, ["migrate", ...versions]);
}

describe("the scripts that run in Airflow's image", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(30_000);

    it("refuse an image that cannot take logs where they are to go, before the database is touched", () => {
        const logs = (base: string, held: object) =>
            migrate({}, newKey, "0", { ...image, ...held }, { AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: base });
        const places = {
            "s3://bucket/a": "apache-airflow-providers-amazon",
            "cloudwatch://arn:aws:logs:eu-west-1:1:log-group:a": "apache-airflow-providers-amazon",
            "gs://bucket/a": "apache-airflow-providers-google",
            "wasb://a": "apache-airflow-providers-microsoft-azure",
        };
        for (const [base, name] of Object.entries(places)) {
            const refused = logs(base, {});
            expect([refused.code, refused.lines], base).to.deep.equal([65, []]);
            expect(refused.stderr).to.contain(`logs.remote needs the Python package ${name}`);
            expect(logs(base, { [name]: "1.0" }).code, base).to.equal(0);
        }
    });

    it("are Python", () => {
        const scripts = readdirSync(directory).filter((name) => name.endsWith(".py"));
        expect(scripts).to.have.members([
            "backups.py",
            "check_backup.py",
            "check_local_settings.py",
            "clean_database.py",
            "create_admin.py",
            "finish_restore.py",
            "manage_objects.py",
            "migrate.py",
            "rotate_fernet_key.py",
            "serve_metrics.py",
            "sign_in.py",
        ]);
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
            const { code, remark } = migrate({}, newKey, "0", {
                ...image,
                [core]: "3.3.2+ours",
                [provider]: "10.25.3",
            });
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

        it("encrypts nothing with the first of two keys, which no process knows yet", () => {
            const { code, lines } = migrate({}, `${newKey},${oldKey}`);
            expect(code).to.equal(0);
            expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
            expect(lines.at(-1)).to.equal(`sql INSERT ["${oldKey}:airflow-kubernetes"]`);
        });

        it("refuses a key that does not open the arguments of a trigger, and passes by those that are not encrypted", () => {
            const trigger = (kwargs: string) =>
                migrate({ tables: ["public.trigger"], rows: { "FROM trigger": [[7, kwargs]] } });
            const closed = trigger(`gAAAA${oldKey}:x`);
            expect(closed.code).to.equal(65);
            expect(closed.stderr).to.contain("  - trigger 7");
            expect(trigger('{"moment": 1}').code).to.equal(0);
        });

        it("refuses another password in words, without another try, and shows no password", () => {
            const { code, stdout, stderr, lines } = migrate({
                refusal: 'password authentication failed for user "airflow"',
            });
            expect(code).to.equal(65);
            expect(stderr).to.contain("MIGRATION REFUSED");
            expect(stderr).to.contain("The database at db.example refuses the password of user airflow.");
            expect(stderr).to.contain("the Secret of database.passwordSecret may have changed");
            expect(stderr).to.contain("kubectl rollout restart --namespace example statefulset/airflow-postgres");
            // The logins are made anew at each start, so no volume has to go for a password.
            expect(stderr).to.not.contain("volume");
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
                /password of database\.external\.user "ada"\.\n.*database\.password/,
            ],
            "a database that is none": [
                { refusal: 'FATAL: database "history" does not exist' },
                /database\.external\.name is "history"/,
            ],
            "a server without encryption": [
                { refusal: "server does not support SSL, but SSL was required" },
                /database\.external\.sslMode, which is require/,
            ],
            "a certificate that is not trusted": [
                { refusal: "SSL error: certificate verify failed" },
                /database\.external\.parameters\.sslrootcert/,
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

        for (const refusal of [
            "SSL SYSCALL error: EOF detected",
            "SSL SYSCALL error: Connection reset by peer",
            "SSL connection has been closed unexpectedly",
            "SSL error: unexpected eof while reading",
            "could not send SSL negotiation packet: Connection reset by peer",
        ]) {
            it(`tries again after a connection to a database that exists was lost: ${refusal}`, () => {
                const { code, stdout, stderr, lines } = migrateExternal({ refusal, refusals: 1 });
                expect(code, stderr).to.equal(0);
                expect(stdout).to.contain(`Waiting for the database: ${refusal}`);
                expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
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
                expect(stderr).to.contain("airflow.fernetKey is not a fernet key");
            }
        });

        it("waits for the end of another migration, such as one whose update was interrupted", () => {
            const { code, stdout, lines } = migrate({ busySeconds: 3 });
            expect(code).to.equal(0);
            expect(stdout.match(/Waiting for the end of another migration/g)).to.have.length(1);
            expect(airflowCalls(lines)).to.deep.equal(["airflow db migrate"]);
        });

        it("keeps which Airflow and image the schema is of, before it migrates", () => {
            const { lines } = migrate({}, newKey, "3");
            expect(lines.filter((line) => line.startsWith("sql INSERT"))).to.deep.equal([
                'sql INSERT ["3.3.2", "apache/airflow:3.3.2"]',
            ]);
        });

        const newer: Database = {
            tables: ["public.alembic_version", "public.alembic_version_fab", "airflow_kubernetes.migration"],
            rows: {
                "FROM alembic_version_fab": [["ffff00000001"]],
                "FROM alembic_version": [["bbbb00000003"]],
                "FROM airflow_kubernetes.migration": [["3.4.0", "example.org/airflow:3.4.0"]],
            },
        };
        const known: Database = { ...newer, rows: { ...newer.rows, "FROM alembic_version": [["aaaa00000002"]] } };
        /** Only reads, and the lock that others wait for. */
        const unchanged = (lines: string[]) => lines.filter((line) => !/^(sql SELECT .*|)$/.test(line));

        it("refuses a database with the schema of a newer Airflow, with the way back, before anything is changed", () => {
            const { code, stderr, lines } = migrate(newer);
            expect(code).to.equal(65);
            expect(stderr).to.contain(
                "MIGRATION REFUSED\nThe database has the schema of Airflow 3.4.0, which Airflow 3.3.2",
            );
            expect(stderr).to.contain('To go back, set airflow.downgradeFrom to "example.org/airflow:3.4.0"');
            expect(stderr).to.contain('To stay, set airflow.version to "3.4.0" again.');
            expect(unchanged(lines)).to.deep.equal([]);
        });

        it("refuses it likewise where nobody has kept which Airflow it is of", () => {
            const { code, stderr } = migrate({ ...newer, tables: ["public.alembic_version"] });
            expect(code).to.equal(65);
            expect(stderr).to.contain("the schema of a newer Airflow (revision bbbb00000003)");
            expect(stderr).to.contain("set airflow.downgradeFrom to the image that ran before");
        });

        it("migrates one with a schema that it knows", () => {
            expect(migrate(known).code).to.equal(0);
        });

        /** Runs `plan`, and hands back what it has written, too. */
        const plan = (database: Database, held: object = image) => {
            const file = join(folder({}), "downgrade.json");
            const made = migrate(database, newKey, "0", held, {}, ["plan", file, ...versions]);
            return { ...made, written: existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined };
        };

        it("plans which revisions a newer image has to go back to, and changes nothing", () => {
            const { code, written, lines } = plan(newer);
            expect([code, written]).to.deep.equal([0, { alembic_version: "aaaa00000002" }]);
            expect(unchanged(lines)).to.deep.equal([]);
            expect(plan(known).written).to.deep.equal({});
            expect(plan({}).written).to.deep.equal({});
        });

        it("refuses in the plan all that it would refuse later", () => {
            const { code, stderr, written } = plan(newer, { ...image, [core]: "3.3.1" });
            expect([code, written]).to.deep.equal([65, undefined]);
            expect(stderr).to.contain("the image holds Airflow 3.3.1");
        });

        /** Runs `downgrade` in the newer image. */
        const downgrade = (backTo: object, database: Database, airflowCode = "0", says = "") => {
            const file = join(folder({ "downgrade.json": JSON.stringify(backTo) }), "downgrade.json");
            const more = { STUB_AIRFLOW_SAYS: says };
            return migrate(database, newKey, airflowCode, image, more, ["downgrade", file, "apache/airflow:3.3.2"]);
        };

        it("goes back to them, each by the command that it belongs to", () => {
            const { code, lines } = downgrade(
                { alembic_version: "aaaa00000001", alembic_version_fab: "ffff00000001" },
                known,
            );
            expect(code).to.equal(0);
            expect(airflowCalls(lines)).to.deep.equal([
                "airflow db downgrade --to-revision aaaa00000001 --yes",
                "airflow fab-db downgrade --to-revision ffff00000001 --yes",
            ]);
        });

        it("does not look at the database when there is nothing to go back from", () => {
            const { code, lines } = downgrade({}, newer);
            expect([code, lines]).to.deep.equal([0, []]);
        });

        it("refuses an image that does not know the schema either, or not the one to go back to", () => {
            for (const [backTo, database] of [
                [{ alembic_version: "aaaa00000001" }, newer],
                [{ alembic_version: "eeee00000001" }, known],
            ] as const) {
                const { code, stderr, lines } = downgrade(backTo, database);
                expect(code).to.equal(65);
                expect(stderr).to.contain(
                    'airflow.downgradeFrom is "apache/airflow:3.3.2" with Airflow 3.3.2, which does not know',
                );
                expect(stderr).to.contain('Nothing was changed. Set it to "example.org/airflow:3.4.0"');
                expect(airflowCalls(lines)).to.deep.equal([]);
            }
        });

        const answer = [
            "  File x, line 1",
            "sqlalchemy.exc.NotSupportedError: (psycopg2.errors.FeatureNotSupported) cannot alter type of a column used by a view",
            'DETAIL:  rule _RETURN on view report depends on column "interval"',
            "",
            "[SQL: ALTER TABLE a]",
            "",
        ].join("\n");

        it("brings the database forward again when a step back fails, and says what the database answered", () => {
            const { code, stderr, lines } = downgrade({ alembic_version: "aaaa00000001" }, known, "1", answer);
            expect(code).to.not.equal(0);
            expect(airflowCalls(lines)).to.deep.equal([
                "airflow db downgrade --to-revision aaaa00000001 --yes",
                "airflow db migrate",
            ]);
            expect(stderr).to.contain("cannot alter type of a column used by a view");
        });

        it("says in plain words what the database refuses, without another try, and that the version before goes on", () => {
            const { code, stderr } = migrate({}, newKey, "1", image, { STUB_AIRFLOW_SAYS: answer });
            expect(code).to.equal(65);
            expect(stderr).to.contain(
                [
                    "MIGRATION FAILED",
                    "The database refuses a step of it:",
                    "  cannot alter type of a column used by a view",
                    '  DETAIL:  rule _RETURN on view report depends on column "interval"',
                    "Airflow's processes were not changed: those of before go on.",
                ].join("\n"),
            );
            expect(stderr).to.not.contain("[SQL");
        });

        it("tries again when the database only went away, or had another deadlock", () => {
            const says = "sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock detected\n\n";
            expect(migrate({}, newKey, "1", image, { STUB_AIRFLOW_SAYS: says }).code).to.equal(1);
        });

        it("fails so that it is tried again when Airflow's migration fails, and leaves no mark", () => {
            const { code, stderr, lines } = migrate({}, newKey, "3");
            expect(code).to.equal(1);
            expect(stderr).to.contain("airflow db migrate ended with code 3");
            expect(lines.filter((line) => line.startsWith("sql INSERT") && line.includes(newKey))).to.deep.equal([]);
        });
    });

    describe("rotate_fernet_key.py", () => {
        const rotate = (keys: string, airflowCode = "0") =>
            run("rotate_fernet_key.py", {
                ...database,
                AIRFLOW__CORE__FERNET_KEY: keys,
                STUB_DATABASE: "{}",
                STUB_AIRFLOW_CODE: airflowCode,
            });

        it("has nothing to do with one key", () => {
            expect(rotate(newKey)).to.include({ code: 0, stderr: "" }).and.to.deep.include({ lines: [] });
        });

        it("encrypts everything again with the first of two keys, and leaves a mark of it", () => {
            const { code, lines } = rotate(`${newKey},${oldKey}`);
            expect(code).to.equal(0);
            expect(JSON.parse(lines[0] ?? "").argv).to.deep.equal(["airflow", "rotate-fernet-key"]);
            expect(lines[1]).to.equal("rotated gAAAA");
            // The stand-in of Fernet says which key a text is encrypted with.
            expect(lines.at(-1)).to.equal(`sql INSERT ["${newKey}:airflow-kubernetes"]`);
        });

        it("fails so that it is tried again, and leaves the mark as it is", () => {
            const { code, lines } = rotate(`${newKey},${oldKey}`, "3");
            expect(code).to.equal(3);
            expect(lines.filter((line) => line.startsWith("sql "))).to.deep.equal([]);
        });
    });

    describe("create_admin.py", () => {
        const create = (users: string, works = "yes", before?: [string, string]) =>
            run("create_admin.py", {
                ...database,
                STUB_DATABASE: JSON.stringify({ rows: { "SELECT name": before === undefined ? [] : [before] } }),
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
            expect(withoutSql(lines).slice(2)).to.deep.equal([`add ada ada@example.org Admin ${secret.length}`]);
            expect(lines.at(-1)).to.equal(`sql INSERT ["ada", "hash of ${secret}"]`);
            expect(stdout).to.equal('User "ada" made, with the role Admin.\n');
        });

        it("gives a user that exists the password, and makes no second one", () => {
            const { code, lines } = create("bob,ada");
            expect(code).to.equal(0);
            expect(withoutSql(lines).slice(2)).to.deep.equal([`reset 7 ${secret.length}`]);
        });

        it("leaves a user alone that is set as the last time, and one that was removed since", () => {
            for (const users of ["ada", ""]) {
                const { code, lines } = create(users, "yes", ["ada", `hash of ${secret}`]);
                expect(code).to.equal(0);
                expect(withoutSql(lines)).to.deep.equal(["permissions True", "roles"]);
            }
        });

        it("sets the password when it is another than the last time", () => {
            const { lines } = create("ada", "yes", ["ada", "hash of another"]);
            expect(withoutSql(lines).slice(2)).to.deep.equal([`reset 7 ${secret.length}`]);
            expect(lines.at(-1)).to.equal(`sql INSERT ["ada", "hash of ${secret}"]`);
        });

        it("makes the user of another name, and shuts out the one before", () => {
            const { code, lines, stdout } = create("bob", "yes", ["bob", `hash of ${secret}`]);
            expect(code).to.equal(0);
            expect(withoutSql(lines).slice(2)).to.deep.equal([
                `add ada ada@example.org Admin ${secret.length}`,
                "update bob inactive",
            ]);
            expect(stdout).to.contain('User "bob", the first user before, can no longer log in.');
        });

        it("shuts out the first user that is switched off, and forgets it", () => {
            const { code, lines, stdout } = run("create_admin.py", {
                ...database,
                STUB_DATABASE: JSON.stringify({ rows: { "SELECT name": [["bob", "hash of another"]] } }),
                STUB_USERS: "bob",
                STUB_WORKS: "yes",
            });
            expect(code).to.equal(0);
            expect(withoutSql(lines).slice(2)).to.deep.equal(["update bob inactive"]);
            expect(lines.filter((line) => line.startsWith("sql INSERT"))).to.deep.equal([]);
            expect(stdout).to.contain('User "bob", the first user before, can no longer log in.');
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

    describe("create_admin.py with a webserver_config.py", () => {
        const create = (text: string) => {
            const path = join(folder({ "webserver_config.py": text }), "webserver_config.py");
            return run("create_admin.py", {
                ...database,
                STUB_DATABASE: "{}",
                ADMIN_USER: "ada",
                ADMIN_EMAIL: "ada@example.org",
                ADMIN_PASSWORD: secret,
                AIRFLOW__FAB__CONFIG_FILE: path,
                STUB_USERS: "",
                STUB_WORKS: "yes",
            });
        };

        it("goes on with one that can be read", () => {
            expect(create("AUTH_ROLE_PUBLIC = 'Viewer'\n").code).to.equal(0);
        });

        const faults: Record<string, [string, string]> = {
            "no Python": [
                "import os\nAUTH_TYPE = =\n",
                "apiServer.webserverConfig, line 2: SyntaxError: invalid syntax",
            ],
            "a variable that is missing": [
                "import os\n\nSECRET = os.environ['OAUTH_SECRET']\n",
                "apiServer.webserverConfig, line 3: KeyError: 'OAUTH_SECRET'",
            ],
        };
        for (const [what, [text, sentence]] of Object.entries(faults)) {
            it(`refuses ${what} in one sentence, before it makes anybody`, () => {
                const { code, stderr, lines } = create(text);
                expect(code).to.equal(65);
                expect(stderr.trim().split("\n")).to.deep.equal(["WEBSERVER CONFIG REFUSED", sentence]);
                expect(lines).to.deep.equal([]);
            });
        }
    });

    describe("check_local_settings.py", () => {
        /** Stands for Airflow, which imports the settings as it is imported itself. */
        const airflow = { "airflow/__init__.py": "import airflow_local_settings\n" };
        const check = (text: string) => {
            const path = folder({ "config/airflow_local_settings.py": text, ...airflow });
            const { status, stdout, stderr } = spawnSync(
                "python3",
                [join(directory, "check_local_settings.py"), join(path, "config/airflow_local_settings.py")],
                { encoding: "utf8", env: { PATH: process.env.PATH, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" } },
            );
            return { code: status, stdout, said: stderr.trim().split("\n") };
        };

        it("takes what can be imported", () => {
            const { code, stdout } = check("def task_policy(task):\n    pass\n");
            expect(code).to.equal(0);
            expect(stdout).to.equal("airflow.localSettings can be imported.\n");
        });

        const faults: Record<string, [string, string]> = {
            "no Python": ["def task_policy(task)\n    pass\n", "line 1: SyntaxError: expected ':'"],
            "a module that is missing": [
                "\nimport no_such_module\n",
                "line 2: ModuleNotFoundError: No module named 'no_such_module'",
            ],
            "a name that is missing": ["a = 1\nb = c\n", "line 2: NameError: name 'c' is not defined"],
        };
        for (const [what, [text, sentence]] of Object.entries(faults)) {
            it(`refuses ${what} in one sentence`, () => {
                const { code, said } = check(text);
                expect(code).to.equal(65);
                expect(said).to.deep.equal(["LOCAL SETTINGS REFUSED", `airflow.localSettings, ${sentence}`]);
            });
        }
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

    describe("heartbeat.py", () => {
        const ask = (database: Database) =>
            run(
                "../python/airflow_kubernetes/heartbeat.py",
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
