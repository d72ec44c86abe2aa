import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where this machine has the programs of Postgres, server and clients; undefined where it has not. */
export function postgresPrograms(): string | undefined {
    const roots = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
    const folders = [
        ...roots.map((version) => `/usr/lib/postgresql/${version}/bin`),
        ...(process.env.PATH ?? "").split(":"),
    ];
    const needed = ["initdb", "pg_ctl", "postgres", "pg_dump", "pg_restore", "psql"];
    return folders.find((folder) => needed.every((program) => existsSync(join(folder, program))));
}

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === "object" && address !== null ? address.port : 0;
}

/** A Postgres of this machine for a test, with a role that owns the database `airflow` and another one that logs in for it. */
export class TestPostgres {
    /** A password with all that a URL has to encode. */
    private static readonly password = "p%w/:@ d\\x";

    private constructor(
        private readonly programs: string,
        private readonly folder: string,
        private readonly port: number,
    ) {}

    public static async start(programs: string): Promise<TestPostgres> {
        const folder = mkdtempSync(join(tmpdir(), "postgres-"));
        const server = new TestPostgres(programs, folder, await freePort());
        chmodSync(folder, 0o755);
        mkdirSync(join(folder, "data"));
        writeFileSync(join(folder, "password"), "super\n");
        // Postgres refuses to be root's.
        const owner = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        if (owner.length > 0) {
            server.must(["chown", "-R", "65534:65534", folder]);
        }
        const data = join(folder, "data");
        const init = ["-D", data, "-U", "postgres", "--auth=scram-sha-256", `--pwfile=${join(folder, "password")}`];
        server.must([...owner, join(programs, "initdb"), ...init]);
        const options = `-p ${server.port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
        const start = ["-D", data, "-o", options, "-l", join(folder, "log"), "-w", "start"];
        server.must([...owner, join(programs, "pg_ctl"), ...start]);
        server.asRoot("CREATE ROLE airflow NOLOGIN");
        server.asRoot(`CREATE ROLE login LOGIN PASSWORD '${TestPostgres.password}' IN ROLE airflow`);
        server.asRoot("ALTER ROLE login SET role airflow");
        server.asRoot("CREATE DATABASE airflow OWNER airflow");
        return server;
    }

    /** The database as Airflow is told of it. */
    public get url(): string {
        const password = encodeURIComponent(TestPostgres.password);
        return `postgresql+psycopg2://login:${password}@127.0.0.1:${this.port}/airflow?sslmode=prefer`;
    }

    /** What SQL answers, as the one who logs in. */
    public sql(statement: string): string {
        return this.psql("login", TestPostgres.password, "airflow", statement);
    }

    public asRoot(statement: string): string {
        return this.psql("postgres", "super", "postgres", statement);
    }

    /** Runs a file of SQL as the superuser, with variables of psql. */
    public fileAsRoot(file: string, variables: Readonly<Record<string, string>>): void {
        const given = Object.entries(variables).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
        this.run("postgres", "super", "postgres", [...given, "-f", file]);
    }

    public stop(): void {
        const data = join(this.folder, "data");
        const pid = ["sh", "-c", `kill -QUIT "$(head -n 1 '${join(data, "postmaster.pid")}')"`];
        spawnSync(pid[0], pid.slice(1));
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }

    private psql(user: string, password: string, database: string, statement: string): string {
        return this.run(user, password, database, ["-c", statement]);
    }

    private run(user: string, password: string, database: string, args: readonly string[]): string {
        const place = ["-h", "127.0.0.1", "-p", String(this.port), "-U", user, "-d", database];
        const quiet = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
        return this.must([join(this.programs, "psql"), ...place, ...quiet, ...args], { PGPASSWORD: password });
    }

    private must([program, ...args]: readonly string[], env: Record<string, string> = {}): string {
        const { status, stdout, stderr } = spawnSync(program, args, {
            encoding: "utf8",
            env: { PATH: process.env.PATH, ...env },
            // A server that goes on must not hold the pipes of what has started it.
            ...(args.includes("start") && { stdio: "ignore" }),
        });
        if (status !== 0) {
            throw new Error(`${program} ${args.join(" ")}: ${stdout}${stderr}`);
        }
        return (stdout ?? "").trim();
    }
}
