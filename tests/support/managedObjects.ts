import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "./program";

/** A run of the Job's script, and what somebody did before it. */
export interface Step {
    /** What the Secret holds; nothing is mounted where it is left out. */
    readonly given?: {
        readonly connection?: Readonly<Record<string, string>>;
        readonly variable?: Readonly<Record<string, string>>;
        readonly pool?: Readonly<Record<string, object>>;
    };
    /** SQL that changes Airflow's tables before. */
    readonly before?: readonly string[];
    /** A fernet key in place of the one of before. */
    readonly fernetKey?: string;
}

/** What a run of the script has said and left. */
export interface Left {
    readonly code: number;
    readonly printed: string;
    readonly connections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly variables: Readonly<Record<string, readonly unknown[]>>;
    readonly pools: Readonly<Record<string, readonly unknown[]>>;
    /** Kind and name of what is remembered. */
    readonly remembered: readonly string[];
    /** Everything in the tables as it lies there. */
    readonly raw: string;
}

/**
 * Runs the script step by step on tables that Airflow's own models have made, in SQLite: a second file stands for the schema,
 * and a cursor of Python's for that of psycopg2. Standard input: the script, and the steps of each test,
 * which begins with empty tables.
 */
const driver = `
import contextlib, io, json, os, sqlite3, sys, tempfile, traceback

folder = tempfile.mkdtemp()
tables, memory = os.path.join(folder, "airflow.db"), os.path.join(folder, "memory.db")
for name in [name for name in os.environ if name.startswith("AIRFLOW__")]:
    del os.environ[name]
os.environ.update(
    AIRFLOW_HOME=folder,
    AIRFLOW_CONFIG="/dev/null",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:///" + tables,
    AIRFLOW__CORE__FERNET_KEY="",
)
given = json.load(sys.stdin)

from sqlalchemy import event
from sqlalchemy.engine import Engine


@event.listens_for(Engine, "connect")
def attach(connection, _record):
    connection.execute(f"ATTACH DATABASE '{memory}' AS airflow_kubernetes")


import psycopg2


class Asked:
    """What psycopg2 hands back: the script asks it two things before it imports Airflow."""

    def __enter__(self): return self
    def __exit__(self, *error): return False
    def cursor(self): return self
    def close(self): pass
    def execute(self, statement):
        with contextlib.closing(sqlite3.connect(memory)) as opened:
            if "to_regclass" in statement:
                statement = "SELECT name FROM sqlite_master WHERE name = 'managed'"
            self.row = opened.execute(statement.replace("airflow_kubernetes.", "")).fetchone() or (None,)
    def fetchone(self): return self.row


psycopg2.connect = lambda url: Asked()

from airflow import settings
from airflow.models.base import Base
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.models.pool import Pool
from airflow.models.team import Team
from airflow.models.variable import Variable
from airflow.utils.session import create_session

models = (Team, Connection, Variable, Pool)
Base.metadata.create_all(settings.engine, tables=[model.__table__ for model in models])


def empty():
    with contextlib.closing(sqlite3.connect(memory)) as opened, opened:
        opened.execute("DROP TABLE IF EXISTS managed")
    with contextlib.closing(sqlite3.connect(tables)) as opened, opened:
        opened.execute("DROP TRIGGER IF EXISTS refuses")
        for model in models:
            opened.execute(f"DELETE FROM {model.__tablename__}")
    with create_session() as session:
        session.add(Pool(pool="default_pool", slots=128, description="Default pool", include_deferred=False))


def run(objects):
    sys.argv = ["script"]
    if objects is not None:
        path = os.path.join(folder, "objects.json")
        with open(path, "w") as file:
            json.dump(objects, file)
        sys.argv.append(path)
    printed, code = io.StringIO(), 0
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            # As a file, by whose name the script tells its own lines from those of Airflow.
            exec(compile(given["script"], sys.argv[0], "exec"), {"__name__": "__main__", "__file__": sys.argv[0]})
        except SystemExit as end:
            code = end.code or 0
    return code, printed.getvalue()


def left():
    fields = ("conn_type", "host", "schema", "login", "password", "port", "extra", "description")
    with create_session() as session:
        connections = {row.conn_id: {name: getattr(row, name) for name in fields} for row in session.query(Connection)}
        variables = {row.key: [row.val, row.description] for row in session.query(Variable)}
        pools = {row.pool: [row.slots, row.description, row.include_deferred] for row in session.query(Pool)}
    with contextlib.closing(sqlite3.connect(tables)) as opened:
        raw = [opened.execute(f"SELECT * FROM {model.__tablename__}").fetchall() for model in models]
    with contextlib.closing(sqlite3.connect(memory)) as opened:
        known = opened.execute("SELECT name FROM sqlite_master WHERE name = 'managed'").fetchone()
        remembered = opened.execute("SELECT kind || ' ' || name FROM managed").fetchall() if known else []
    return {
        "connections": connections,
        "variables": variables,
        "pools": pools,
        "remembered": [name for (name,) in remembered],
        "raw": str(raw),
    }


def take(step):
    os.environ["AIRFLOW__CORE__FERNET_KEY"] = step.get("fernetKey", "${`${"k".repeat(43)}=`}")
    get_fernet.cache_clear()
    with contextlib.closing(sqlite3.connect(tables)) as opened, opened:
        for statement in step.get("before", []):
            opened.execute(statement)
    code, printed = run(step.get("given"))
    return {"code": code, "printed": printed, **left()}


told = []
for steps in given["tests"]:
    empty()
    told.append([take(step) for step in steps])
print("LEFT" + json.dumps(told))
`;

/** Runs Python with Airflow: arguments of `python`, and standard input; hands back what it printed. */
export type PythonWithAirflow = (args: readonly string[], input: string) => Promise<string>;

const mark = "Managed by Pulumi (airflow-kubernetes)";
const secret = "s3cr3t-pass";

/** What the Job of connections, variables and pools does to Airflow's tables. */
export function managedObjectsCases(python: PythonWithAirflow): void {
    const path = join(root, "components/airflow/scripts/manage_objects.py");

    const tests: (readonly Step[])[] = [];
    let left: Left[][] = [];

    /** A test of what its steps have left. Importing Airflow takes seconds, so the steps of all run in one Python. */
    function leave(title: string, steps: readonly Step[], look: (left: readonly Left[]) => void): void {
        const index = tests.push(steps) - 1;
        it(title, () => look(left[index]));
    }

    before("run the script", async () => {
        const stdout = await python(["-c", driver], JSON.stringify({ script: readFileSync(path, "utf8"), tests }));
        left = JSON.parse(stdout.slice(stdout.lastIndexOf("LEFT") + 4)) as Left[][];
    });

    {
        const extra = { private_key: `${secret}-key`, depth: 1 };
        const given = {
            connection: {
                uri: `my-type://ada:${encodeURIComponent(`${secret}/@`)}@db.example:5432/sales?sslmode=require`,
                json: JSON.stringify({
                    conn_type: "http",
                    host: "api",
                    password: secret,
                    extra,
                    description: "An API",
                }),
                bare: "aws://",
            },
            variable: { region: secret, empty: "", json: '{"a": [1]}' },
            pool: { slow: { slots: 3 }, any: { slots: -1, description: "All of them", includeDeferred: true } },
        };
        leave(
            "are written as Airflow reads them, encrypted, and say who manages them; once more changes nothing",
            [{ given }, { given }],
            ([first, second]) => {
                expect(first.code, first.printed).to.equal(0);
                const nothing = { host: null, schema: null, login: null, password: null, port: null, extra: null };
                expect(first.connections.uri).to.deep.equal({
                    conn_type: "my_type",
                    host: "db.example",
                    schema: "sales",
                    login: "ada",
                    password: `${secret}/@`,
                    port: 5432,
                    extra: '{"sslmode": "require"}',
                    description: mark,
                });
                const { extra: kept, ...json } = first.connections.json;
                expect(JSON.parse(String(kept))).to.deep.equal(extra);
                expect({ ...json, extra: null }).to.deep.equal({
                    ...nothing,
                    conn_type: "http",
                    host: "api",
                    password: secret,
                    description: `${mark}: An API`,
                });
                expect(first.connections.bare).to.include({ conn_type: "aws", password: null, description: mark });
                expect(first.variables).to.deep.equal({
                    region: [secret, mark],
                    empty: ["", mark],
                    json: ['{"a": [1]}', mark],
                });
                expect(first.pools).to.deep.equal({
                    default_pool: [128, "Default pool", false],
                    slow: [3, mark, false],
                    any: [-1, `${mark}: All of them`, true],
                });
                expect(first.raw + first.printed).to.not.contain(secret);
                // Encrypting makes another text each time: what is right already was left alone.
                expect(second.raw).to.equal(first.raw);
                expect(second.printed).to.not.match(/ (made|changed|removed)$/m);
            },
        );
    }

    leave(
        "are changed in place, put back where a person changed them, made again where one removed them",
        [
            {
                given: {
                    connection: { a: `http://ada:${secret}@old`, b: "http://b" },
                    variable: { v: "1", w: "1" },
                    pool: { p: { slots: 1, includeDeferred: true } },
                },
            },
            {
                given: {
                    connection: { a: "http://new", b: "http://b" },
                    variable: { v: "2", w: "1" },
                    pool: { p: { slots: 2 } },
                },
            },
            {
                before: [
                    "UPDATE connection SET host = 'hers', description = 'hers' WHERE conn_id = 'a'",
                    "DELETE FROM variable WHERE \"key\" = 'w'",
                    "UPDATE slot_pool SET slots = 99",
                ],
                given: {
                    connection: { a: "http://new", b: "http://b" },
                    variable: { v: "2", w: "1" },
                    pool: { p: { slots: 2 } },
                },
            },
        ],
        ([, changed, putBack]) => {
            // Without a password now.
            expect(changed.connections.a).to.include({ host: "new", login: null, password: null });
            expect(changed.variables).to.deep.equal({ v: ["2", mark], w: ["1", mark] });
            expect(changed.pools.p).to.deep.equal([2, mark, false]);
            expect(changed.printed.match(/^\w+ \w+ (made|changed|removed)$/gm)).to.have.members([
                "connection a changed",
                "variable v changed",
                "pool p changed",
            ]);
            expect(putBack.code, putBack.printed).to.equal(0);
            expect(putBack.connections.a).to.include({ host: "new", description: mark });
            expect(putBack.variables.w).to.deep.equal(["1", mark]);
            expect(putBack.pools).to.deep.equal({ default_pool: [99, "Default pool", false], p: [2, mark, false] });
        },
    );

    {
        const hers = [
            "INSERT INTO variable (\"key\", val, is_encrypted) VALUES ('hers', 'x', 0)",
            "INSERT INTO slot_pool (pool, slots, include_deferred) VALUES ('hers', 5, 0)",
            "INSERT INTO connection (conn_id, conn_type, is_encrypted, is_extra_encrypted) VALUES ('hers', 'ftp', 0, 0)",
        ];
        leave(
            "are removed when they leave the stack, the last one too, and nothing else is",
            [
                {
                    before: hers,
                    given: {
                        connection: { a: "http://a", b: "http://b" },
                        variable: { v: "1" },
                        pool: { p: { slots: 1 } },
                    },
                },
                { given: { connection: { b: "http://b" } } },
                {},
                {},
            ],
            ([, some, none, still]) => {
                expect(Object.keys(some.connections)).to.have.members(["hers", "b"]);
                expect(some.remembered).to.deep.equal(["connection b"]);
                for (const left of [none, still]) {
                    expect(left.code, left.printed).to.equal(0);
                    expect(Object.keys(left.connections)).to.deep.equal(["hers"]);
                    expect(left.variables).to.deep.equal({ hers: ["x", null] });
                    expect(left.pools).to.deep.equal({
                        default_pool: [128, "Default pool", false],
                        hers: [5, null, false],
                    });
                    expect(left.remembered).to.deep.equal([]);
                }
                expect(still.printed).to.contain("none was made before");
            },
        );
    }

    {
        const hers = [
            "INSERT INTO variable (\"key\", val, is_encrypted) VALUES ('v', 'hers', 0)",
            "INSERT INTO slot_pool (pool, slots, include_deferred) VALUES ('p', 5, 0)",
            "INSERT INTO connection (conn_id, conn_type, is_encrypted, is_extra_encrypted) VALUES ('c', 'ftp', 0, 0)",
        ];
        const before = { connection: { old: `http://a:${secret}@a` } };
        const given = {
            connection: { c: `http://a:${secret}@c`, new: "http://new" },
            variable: { v: secret },
            pool: { p: { slots: 1 } },
        };
        leave(
            "are refused, all of them, where a person made one of that name: all are named, and nothing is changed",
            [
                { given: before },
                { before: hers, given },
                {
                    before: [
                        "DELETE FROM variable",
                        "DELETE FROM slot_pool WHERE pool = 'p'",
                        "DELETE FROM connection WHERE conn_id = 'c'",
                    ],
                    given,
                },
            ],
            ([first, refused, removed]) => {
                expect(refused.code).to.equal(65);
                expect(refused.printed.match(/^ {2}- .*$/gm)).to.deep.equal([
                    "  - connection c",
                    "  - pool p",
                    "  - variable v",
                ]);
                expect(refused.printed).to.contain("Admin > Connections, Admin > Variables, Admin > Pools");
                expect(refused.printed).to.contain("Nothing was changed.").and.to.not.contain(secret);
                expect(refused.connections).to.have.keys("old", "c");
                expect(refused.connections.old).to.deep.equal(first.connections.old);
                expect(refused.variables).to.deep.equal({ v: ["hers", null] });
                expect(refused.remembered).to.deep.equal(["connection old"]);
                expect(removed.code, removed.printed).to.equal(0);
                expect(removed.connections).to.have.keys("c", "new");
            },
        );
    }

    leave(
        "are a person's once one was removed and made again by a person: refused, and not removed",
        [
            { given: { variable: { a: "1", b: "1" } } },
            {
                before: [
                    "DELETE FROM variable WHERE \"key\" = 'a'",
                    "INSERT INTO variable (\"key\", val, is_encrypted) VALUES ('a', 'hers', 0)",
                ],
                given: { variable: { a: "2", b: "1" } },
            },
            { given: { variable: { b: "1" } } },
        ],
        ([, refused, left]) => {
            expect(refused.code).to.equal(65);
            expect(refused.printed).to.contain("  - variable a\n");
            expect(left.code, left.printed).to.equal(0);
            expect(left.variables).to.deep.equal({ a: ["hers", null], b: ["1", mark] });
            expect(left.remembered).to.deep.equal(["variable b"]);
        },
    );

    leave(
        "change the default pool, and give it back as it was, whatever it was",
        [
            {
                before: ["UPDATE slot_pool SET slots = 40"],
                given: { pool: { default_pool: { slots: 7, includeDeferred: true } } },
            },
            { given: { pool: { default_pool: { slots: 8 } } } },
            {},
        ],
        ([first, second, back]) => {
            expect(first.pools).to.deep.equal({ default_pool: [7, mark, true] });
            expect(second.pools).to.deep.equal({ default_pool: [8, mark, false] });
            expect(back.code, back.printed).to.equal(0);
            expect(back.printed).to.contain("pool default_pool given back");
            expect(back.pools).to.deep.equal({ default_pool: [40, "Default pool", false] });
            expect(back.remembered).to.deep.equal([]);
        },
    );

    {
        const connection = {
            port: `postgres://ada:pw@host:${secret}/x`,
            json: `{"conn_type": "http", "${secret}": 1}`,
            extra: JSON.stringify({ conn_type: "http", extra: secret }),
            number: JSON.stringify({ conn_type: "http", password: 7 }),
            untyped: JSON.stringify({ host: secret }),
            long: `http://${secret.repeat(60)}`,
            range: JSON.stringify({ conn_type: "http", port: 70_000 }),
            twice: `http://a://b://${secret}`,
        };
        leave(
            "are refused where Airflow cannot read one, without a word of the value, and nothing is changed",
            [
                {
                    given: { connection: { ...connection, good: "http://good" }, variable: { v: "1" } },
                },
            ],
            ([left]) => {
                expect(left.code).to.equal(65);
                expect(left.printed.match(/^ {2}- connection \w+/gm)).to.have.members(
                    Object.keys(connection).map((id) => `  - connection ${id}`),
                );
                expect(left.printed).to.contain("Nothing was changed.").and.to.not.contain(secret);
                expect(left.connections).to.deep.equal({});
                expect(left.variables).to.deep.equal({});
                expect(left.remembered).to.deep.equal([]);
            },
        );
    }

    leave(
        "are left as they are when the database refuses one, which is no reason to show it",
        [
            { given: { variable: { a: secret } } },
            {
                before: ["CREATE TRIGGER refuses BEFORE INSERT ON slot_pool BEGIN SELECT RAISE(ABORT, 'no'); END"],
                given: { variable: { a: `${secret}-2`, b: secret }, pool: { p: { slots: 1 } } },
            },
        ],
        ([, left]) => {
            expect(left.code).to.equal(1);
            expect(left.printed)
                .to.match(/line \d+ in manage\b/)
                .and.to.match(/IntegrityError$/m)
                .and.to.not.contain(secret);
            expect(left.variables).to.deep.equal({ a: [secret, mark] });
            expect(left.remembered).to.deep.equal(["variable a"]);
        },
    );

    {
        const old = `${"k".repeat(43)}=`;
        const next = `${"n".repeat(43)}=`;
        leave(
            "are read and written while there are two keys, and with the new one alone afterwards",
            [
                { given: { variable: { a: secret } } },
                { fernetKey: `${next},${old}`, given: { variable: { a: secret, b: secret } } },
                {
                    fernetKey: next,
                    before: ["DELETE FROM variable WHERE \"key\" = 'a'"],
                    given: { variable: { a: secret, b: secret } },
                },
            ],
            ([first, rotating, rotated]) => {
                expect(first.code, first.printed).to.equal(0);
                expect(rotating.variables).to.deep.equal({ a: [secret, mark], b: [secret, mark] });
                expect(rotated.code, rotated.printed).to.equal(0);
                expect(rotated.variables).to.deep.equal({ a: [secret, mark], b: [secret, mark] });
            },
        );
    }
}
