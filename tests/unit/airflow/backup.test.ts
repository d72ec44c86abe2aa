import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, removeFolders } from "../../support/folders";
import { postgresPrograms, TestPostgres } from "../../support/postgres";
import { skipWithoutPython } from "../../support/python";
import { skip } from "../../support/skip";

const scripts = join(__dirname, "../../../components/airflow/scripts");

/** Tables as Airflow has them, as far as the scripts look at them; and a type, a function and a view, which others may have made. */
const tables = `
    CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('abc123');
    CREATE TYPE mood AS ENUM ('good');
    CREATE TABLE dag_run (id serial PRIMARY KEY, dag_id text, mood mood);
    CREATE TABLE task_instance (id serial, run int REFERENCES dag_run);
    INSERT INTO dag_run (dag_id) VALUES ('first'), ('second'); INSERT INTO task_instance (run) VALUES (1);
    CREATE TABLE connection (conn_id text, password text, extra text, is_encrypted bool, is_extra_encrypted bool);
    CREATE TABLE variable (key text, val text, is_encrypted bool);
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE VIEW seen AS SELECT * FROM dag_run`;

/** The folders of a pod, and its containers. */
class Pod {
    public readonly directory = folder();
    public readonly notes = folder();

    public constructor(private readonly environment: Record<string, string | undefined>) {}

    public script(file: string, ...args: readonly string[]): SpawnSyncReturns<string> {
        const [program] = file.endsWith(".py") ? ["python3"] : ["bash"];
        return spawnSync(program, [join(scripts, file), ...args], { encoding: "utf8", env: this.env });
    }

    public get env(): Record<string, string | undefined> {
        return {
            PATH: process.env.PATH,
            DIRECTORY: this.directory,
            NOTES: this.notes,
            TERMINATION_MESSAGE: join(this.notes, "said"),
            AIRFLOW_VERSION: "3.3.2",
            HOSTNAME: "pod",
            RETENTION_DAYS: "14",
            WAIT_SECONDS: "2",
            LOCK_TIMEOUT: "1s",
            ...this.environment,
        };
    }

    /** Names of the files that are there, hidden ones too. */
    public get files(): string[] {
        return readdirSync(this.directory).sort();
    }

    public add(...names: readonly string[]): void {
        for (const name of names) {
            writeFileSync(join(this.directory, name), name);
        }
    }
}

describe("backups of a real Postgres", function () {
    this.timeout(60_000);
    let server: TestPostgres;
    let pod: Pod;

    before(async function () {
        skipWithoutPython.call(this);
        const programs = postgresPrograms();
        if (programs === undefined) {
            skip(this, "there is no Postgres here (apt-get install postgresql)");
        }
        server = await TestPostgres.start(programs);
    });

    after(() => server?.stop());

    beforeEach(() => {
        server.sql("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public");
        server.sql(tables);
        pod = new Pod({ AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: server.url, BACKUP: "latest" });
    });

    afterEach(removeFolders);

    const backUp = () => {
        for (const made of [pod.script("dump.sh"), pod.script("backups.py", "keep")]) {
            expect(made.status, made.stderr).to.equal(0);
        }
        return join(pod.directory, pod.files[0]);
    };
    const examine = () => {
        const fetched = pod.script("backups.py", "fetch");
        return fetched.status === 0 ? pod.script("examine.sh") : fetched;
    };
    const restore = () => {
        const examined = examine();
        return examined.status === 0 ? pod.script("load.sh") : examined;
    };

    it("are named by time, version and revision, also of a database with many tables", () => {
        // Their list is longer than what a pipe holds.
        server.sql(
            "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE more_%s (i int)', i); END LOOP; END $$",
        );
        const file = backUp();
        expect(pod.files).to.have.length(1);
        expect(pod.files[0]).to.match(/^airflow-\d{8}T\d{6}Z-3\.3\.2-abc123\.dump$/);
        expect(readFileSync(join(pod.notes, "said"), "utf8")).to.equal(pod.files[0]);
        expect(existsSync(file)).to.equal(true);
    });

    it("come back after the schema is gone, with all that belongs to it", () => {
        backUp();
        server.sql("DROP SCHEMA public CASCADE");
        const { status, stderr } = restore();
        expect(status, stderr).to.equal(0);
        expect(server.sql("SELECT string_agg(dag_id, ' ' ORDER BY id) FROM seen")).to.equal("first second");
        expect(server.sql("SELECT one() + (SELECT count(*) FROM task_instance)")).to.equal("2");
    });

    it("take the place of what is there, also of tables that a newer Airflow has made", () => {
        backUp();
        server.sql("INSERT INTO dag_run (dag_id) VALUES ('later'); CREATE TABLE newer (run int REFERENCES dag_run)");
        const { status, stderr } = restore();
        expect(status, stderr).to.equal(0);
        expect(server.sql("SELECT count(*) FROM dag_run")).to.equal("2");
        expect(server.sql("SELECT to_regclass('newer') IS NULL")).to.equal("t");
    });

    it("are refused when they are damaged, before anything is changed", () => {
        const file = backUp();
        const whole = readFileSync(file);
        for (const damaged of [whole.subarray(0, whole.length - 200), whole.subarray(0, 100), Buffer.from("no dump")]) {
            writeFileSync(file, damaged);
            const { status, stderr } = examine();
            expect(status).to.not.equal(0);
            expect(stderr).to.contain("RESTORE REFUSED").and.to.contain("Nothing was changed.");
        }
    });

    it("leave the database as it was when they break off on the way", () => {
        const file = backUp();
        expect(examine().status).to.equal(0);
        const whole = readFileSync(file);
        whole.fill("x", whole.length - 300, whole.length - 100);
        writeFileSync(file, whole);
        server.sql("INSERT INTO dag_run (dag_id) VALUES ('later')");
        const { status, stderr } = pod.script("load.sh");
        expect(status).to.not.equal(0);
        expect(stderr).to.contain("RESTORE FAILED").and.to.contain("as it was before");
        expect(server.sql("SELECT count(*) FROM dag_run")).to.equal("3");
    });

    it("leave it as it was while somebody uses it, and say so", async () => {
        backUp();
        const url = server.url.replace("+psycopg2", "");
        const busy = spawn("psql", [
            "-X",
            "-q",
            url,
            "-c",
            "BEGIN",
            "-c",
            "SELECT 'locked' FROM dag_run",
            "-c",
            "SELECT pg_sleep(60)",
        ]);
        await new Promise((resolve) => busy.stdout.once("data", resolve));
        const { status, stderr } = restore();
        busy.kill("SIGKILL");
        expect(status).to.not.equal(0);
        expect(stderr).to.contain("stop Airflow's processes, the scheduler first");
        expect(server.sql("SELECT count(*) FROM dag_run")).to.equal("2");
    });

    it("fail in plain words where there is no Airflow or no way in, and touch no other backup", () => {
        backUp();
        const before = pod.files;
        server.sql("DROP SCHEMA public CASCADE");
        const empty = pod.script("dump.sh");
        expect(empty.status).to.not.equal(0);
        expect(empty.stderr).to.contain("BACKUP FAILED\nThe database holds no Airflow");
        expect(pod.files).to.deep.equal(before);
        const stranger = new Pod({
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: server.url.replace(/:[^:@]*@/, ":wrong@"),
        }).script("dump.sh");
        expect(stranger.status).to.not.equal(0);
        expect(stranger.stderr).to.contain("password authentication failed").and.to.not.contain("wrong");
    });
});

describe("backups.py", function () {
    this.timeout(20_000);
    before(skipWithoutPython);
    afterEach(removeFolders);

    /** The name of a backup of so many days ago. */
    const begun = Date.now();
    const name = (days: number) => {
        const time = new Date(begun - days * 86_400_000).toISOString();
        return `airflow-${time.slice(0, 19).replace(/[-:]/g, "")}Z-3.3.2-abc123.dump`;
    };
    const keep = (pod: Pod, kept: string) => {
        const part = join(pod.directory, `.${kept}.pod.part`);
        writeFileSync(part, "dumped");
        writeFileSync(join(pod.notes, "backup-name"), `${kept}\n`);
        writeFileSync(join(pod.notes, "backup-part"), `${part}\n`);
        return pod.script("backups.py", "keep");
    };

    it("removes what is too old, but never the newest, and nothing that it has not named", () => {
        const pod = new Pod({});
        pod.add(name(20), name(15), name(13), "before-the-upgrade.dump", "notes.txt");
        const now = name(0);
        expect(keep(pod, now).status).to.equal(0);
        expect(pod.files).to.have.members([name(13), now, "before-the-upgrade.dump", "notes.txt"]);
        const late = new Pod({ RETENTION_DAYS: "1" });
        late.add(name(30));
        // A clock that was wrong: what was made just now has the oldest name.
        expect(keep(late, name(40)).status).to.equal(0);
        expect(late.files).to.deep.equal([name(30)]);
        const all = new Pod({ RETENTION_DAYS: "0" });
        all.add(name(3000));
        keep(all, now);
        expect(all.files).to.have.members([name(3000), now]);
    });

    it("lists the newest first, and finds a backup by its name or as the latest", () => {
        const pod = new Pod({ BACKUP: "latest" });
        pod.add(name(2), name(1), ".hidden.dump.part");
        const listed = pod.script("backups.py", "list").stdout.trim().split("\n");
        expect(listed.map((line) => line.split("\t")[0])).to.deep.equal([name(1), name(2)]);
        expect(pod.script("backups.py", "fetch").status).to.equal(0);
        expect(readFileSync(join(pod.notes, "backup-path"), "utf8")).to.equal(`${join(pod.directory, name(1))}\n`);
    });

    for (const asked of ["", "airflow.dump", "../notes.txt", ".hidden.dump.part"]) {
        it(`refuses to restore "${asked}", and says which backups there are`, () => {
            const pod = new Pod({ BACKUP: asked });
            pod.add(name(1), ".hidden.dump.part");
            const { status, stderr } = pod.script("backups.py", "fetch");
            expect(status).to.equal(65);
            expect(stderr)
                .to.contain("RESTORE REFUSED")
                .and.to.contain(`These are there:\n${name(1)}`);
        });
    }

    it("hands a file out as it is, and takes one in whole or not at all", () => {
        const pod = new Pod({ BYTES: "6" });
        const put = (file: string, input: string) =>
            spawnSync("python3", [join(scripts, "backups.py"), "put", file], { encoding: "utf8", env: pod.env, input });
        expect(put("mine.dump", "six...").status).to.equal(0);
        expect(pod.script("backups.py", "get", "mine.dump").stdout).to.equal("six...");
        expect(put("mine.dump", "six...").stderr).to.contain("There is a backup mine.dump");
        expect(put("other.dump", "four").stderr).to.contain("Of 6 bytes 4 arrived.");
        expect(put("../other.dump", "six...").stderr).to.contain("is no name of a backup");
        expect(pod.files).to.deep.equal(["mine.dump"]);
    });
});

describe("check_backup.py", function () {
    this.timeout(20_000);
    afterEach(removeFolders);
    before(function () {
        skipWithoutPython.call(this);
        if (spawnSync("python3", ["-c", "import cryptography"]).status !== 0) {
            skip(this, "Python has no package cryptography here");
        }
    });

    const keys = () => {
        const made = spawnSync("python3", [
            "-c",
            "from cryptography.fernet import Fernet as F; a, b = F.generate_key(), F.generate_key(); " +
                "print(a.decode(), b.decode(), F(a).encrypt(b'secret').decode())",
        ]);
        return made.stdout.toString().trim().split(" ");
    };
    const check = (key: string, token: string, revision = "abc123") => {
        const migrations = folder({ "0001_first.py": 'revision = "abc123"\ndown_revision = None\n' });
        const pod = new Pod({ AIRFLOW__CORE__FERNET_KEY: key, MIGRATIONS: migrations });
        mkdirSync(pod.notes, { recursive: true });
        const copy = (table: string, columns: string, ...rows: readonly string[]) =>
            writeFileSync(
                join(pod.notes, `${table}.copy`),
                `SET x = y;\nCOPY public.${table} (${columns}) FROM stdin;\n${rows.join("\n")}\n\\.\n\nSELECT 1;\n`,
            );
        copy("alembic_version", "version_num", revision);
        copy(
            "connection",
            'id, conn_id, password, extra, is_encrypted, is_extra_encrypted, "team"',
            `1\twith\\ttab\t${token}\t\\N\tt\tt\t\\N`,
            "2\topen\tplain\t{}\tf\tf\t\\N",
        );
        copy("variable", "key, val, is_encrypted", `region\t${token}\tt`);
        // In place of the package that an image has.
        const packages = folder({
            "apache_airflow_core-3.3.2.dist-info/METADATA": "Name: apache-airflow-core\nVersion: 3.3.2\n",
        });
        return spawnSync("python3", [join(scripts, "check_backup.py")], {
            encoding: "utf8",
            env: { ...pod.env, PYTHONPATH: packages },
        });
    };

    it("lets pass what one of the keys opens", () => {
        const [key, other, token] = keys();
        for (const given of [key, `${other},${key}`]) {
            const { status, stderr } = check(given, token);
            expect(status, stderr).to.equal(0);
        }
    });

    it("refuses what was encrypted with another key, and names it, but no value", () => {
        const [, other, token] = keys();
        const { status, stderr } = check(other, token);
        expect(status).to.equal(65);
        expect(stderr)
            .to.contain("  - connection with\ttab\n  - variable region\n")
            .and.to.contain("Nothing was changed.")
            .and.to.not.contain(token);
    });

    it("refuses the backup of a newer Airflow", () => {
        const [key, , token] = keys();
        const { status, stderr } = check(key, token, "fff999");
        expect(status).to.equal(65);
        expect(stderr).to.contain("revision fff999, which Airflow 3.3.2 does not know");
    });
});
