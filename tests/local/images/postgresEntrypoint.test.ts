import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { type ScriptResult, Stubs } from "./stubs";

const script = join(repositoryDirectory, "local/images/postgres/docker-entrypoint.sh");

// Makes what the script needs to find in a database, and notes the password it was given.
const initdb = `
for argument in "$@"; do
    case $argument in
        --pgdata=*) data=\${argument#*=} ;;
        --pwfile=*) password=$(cat "\${argument#*=}") ;;
    esac
done
mkdir "$data/base"
echo 17 >"$data/PG_VERSION"
echo "local all all trust" >"$data/pg_hba.conf"
echo "$password" >"$data/password"
`;

describe("local/images: Postgres' entrypoint", () => {
    let stubs: Stubs;
    let data: string;

    beforeEach(() => {
        stubs = new Stubs().add("postgres").add("pg_ctl").add("psql", "cat").add("initdb", initdb).add("sync");
        stubs.add("id", "echo 999");
        stubs.add("getent");
        data = join(stubs.directory, "data");
    });

    afterEach(() => stubs.remove());

    function run(arguments_: readonly string[], environment: Record<string, string> = {}): ScriptResult {
        const result = stubs.run(script, arguments_, { PGDATA: data, ...environment });
        return { ...result, calls: result.calls.filter((call) => !/^(getent|id|sync) /.test(call)) };
    }

    const password = { POSTGRES_PASSWORD: "secret" };

    it("runs the server when it is given the server's arguments", () => {
        run([], password);
        mkdirSync(data, { recursive: true });
        writeFileSync(join(data, "PG_VERSION"), "17\n");
        expect(run(["-c", "shared_buffers=32MB"]).calls).to.deep.equal(["postgres -c shared_buffers=32MB"]);
    });

    it("runs any other command as it is", () => {
        stubs.add("pg_isready");
        expect(run(["pg_isready", "-q"]).calls).to.deep.equal(["pg_isready -q"]);
        expect(existsSync(data)).to.equal(false);
    });

    it("makes no database for a question", () => {
        expect(run(["--version"]).calls).to.deep.equal(["postgres --version"]);
        expect(run(["postgres", "--help"]).calls).to.deep.equal(["postgres --help"]);
        expect(existsSync(data)).to.equal(false);
    });

    it("refuses to make a database without a password", () => {
        const { code, stderr, calls } = run(["postgres"]);
        expect(code).to.equal(1);
        expect(stderr).to.contain("POSTGRES_PASSWORD");
        expect(calls).to.deep.equal([]);
    });

    it("makes the database, then runs the server", () => {
        const { code, stdout, calls } = run(["postgres", "-c", "jit=off"], {
            ...password,
            POSTGRES_USER: "me",
            POSTGRES_DB: "its",
            POSTGRES_INITDB_ARGS: "--data-checksums --wal-segsize=1",
        });
        expect(code).to.equal(0);
        expect(calls.map((call) => call.split(" ")[0])).to.deep.equal([
            "initdb",
            "pg_ctl",
            "psql",
            "pg_ctl",
            "postgres",
        ]);
        expect(calls[0])
            .to.contain("--username=me")
            .and.to.contain("--auth-host=scram-sha-256")
            .and.to.match(/ --data-checksums --wal-segsize=1$/)
            .and.not.to.contain("secret");
        expect(calls[1], "nobody outside meets a server that is not ready").to.contain("-c listen_addresses=''");
        expect(calls[2]).to.contain("--set=name=its");
        expect(stdout).to.contain('CREATE DATABASE :"name";');
        expect(calls[4]).to.equal("postgres -c jit=off");
        expect(readFileSync(join(data, "password"), "utf8")).to.equal("secret\n");
        expect(readFileSync(join(data, "pg_hba.conf"), "utf8")).to.match(/\nhost all all all scram-sha-256\n$/);
        expect(readdirSync(data).sort()).to.deep.equal(["PG_VERSION", "base", "password", "pg_hba.conf"]);
        expect(statSync(data).mode & 0o777).to.equal(0o700);
    });

    it("gives a user of any number a name as long as the database is made, and only then", () => {
        const told = 'echo "$LD_PRELOAD $(cat "$NSS_WRAPPER_PASSWD")" >"$(dirname "$PGDATA")/told"\n';
        stubs.add("id", "echo 1000650000").add("getent", "exit 2").add("initdb", `${told}unset LD_PRELOAD${initdb}`);
        expect(run(["postgres"], password).code).to.equal(0);
        expect(readFileSync(join(data, "..", "told"), "utf8")).to.match(
            /^libnss_wrapper\.so postgres:x:1000650000:1000650000:/,
        );
    });

    it("names the database after the user, and does not make the one that is there", () => {
        expect(run(["postgres"], { ...password, POSTGRES_USER: "me" }).calls[2]).to.contain("--set=name=me");
        stubs.remove();
        stubs = new Stubs().add("postgres").add("pg_ctl").add("psql").add("initdb", initdb).add("id", "echo 999");
        data = join(stubs.directory, "data");
        expect(run(["postgres"], password).calls.filter((call) => call.startsWith("psql"))).to.deep.equal([]);
    });

    it("reads settings from files", () => {
        const file = join(stubs.directory, "password");
        writeFileSync(file, "from a file\n");
        expect(run(["postgres"], { POSTGRES_PASSWORD_FILE: file }).code).to.equal(0);
        expect(readFileSync(join(data, "password"), "utf8")).to.equal("from a file\n");
    });

    it("refuses a setting given in both ways", () => {
        const { code, stderr } = run(["postgres"], { ...password, POSTGRES_PASSWORD_FILE: "/dev/null" });
        expect(code).to.equal(1);
        expect(stderr).to.contain("both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set");
    });

    it("leaves a database that is there alone, and needs no password for it", () => {
        run(["postgres"], password);
        expect(run(["postgres"]).calls).to.deep.equal(["postgres"]);
    });

    it("refuses a directory that holds something else", () => {
        mkdirSync(data);
        writeFileSync(join(data, "thesis.txt"), "");
        const { code, stderr, calls } = run(["postgres"], password);
        expect(code).to.equal(1);
        expect(stderr).to.contain("is not empty");
        expect(calls).to.deep.equal([]);
        expect(readdirSync(data)).to.deep.equal(["thesis.txt"]);
    });

    it("makes a database in the root of a volume", () => {
        mkdirSync(join(data, "lost+found"), { recursive: true });
        expect(run(["postgres"], password).code).to.equal(0);
        expect(readdirSync(data)).to.include.members(["PG_VERSION", "lost+found"]);
    });

    for (const failing of ["initdb", "pg_ctl"]) {
        it(`starts over after ${failing} was interrupted`, () => {
            stubs.add(failing, failing === "initdb" ? `${initdb}\nkill -9 $PPID` : "kill -9 $PPID");
            expect(run(["postgres"], password).code).not.to.equal(0);
            expect(existsSync(join(data, "PG_VERSION"))).to.equal(false);
            stubs.add("initdb", initdb).add("pg_ctl");
            const { code, calls } = run(["postgres"], { POSTGRES_PASSWORD: "other" });
            expect(code).to.equal(0);
            expect(calls.at(-1)).to.equal("postgres");
            expect(readFileSync(join(data, "password"), "utf8")).to.equal("other\n");
            expect(existsSync(join(data, ".initialising"))).to.equal(false);
        });
    }

    it("starts over when it was interrupted while the finished parts moved", () => {
        mkdirSync(join(data, ".initialising"), { recursive: true });
        writeFileSync(join(data, ".initialising", "PG_VERSION"), "17\n");
        mkdirSync(join(data, "base"));
        expect(run(["postgres"], password).code).to.equal(0);
        expect(readFileSync(join(data, "password"), "utf8")).to.equal("secret\n");
    });

    it("drops the rights of root, and hands the directory over", () => {
        stubs.add("id", "echo 0").add("gosu").add("chown");
        const { code, calls } = run(["postgres", "-c", "jit=off"], password);
        expect(code).to.equal(0);
        expect(calls.at(-1)).to.equal(`gosu postgres ${script} postgres -c jit=off`);
        expect(calls.some((call) => call.startsWith("initdb"))).to.equal(false);
    });
});
