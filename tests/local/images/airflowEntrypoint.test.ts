import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { type ScriptResult, Stubs } from "./stubs";

const script = join(repositoryDirectory, "local/images/airflow/entrypoint.sh");

describe("local/images: Airflow's entrypoint", () => {
    let stubs: Stubs;

    beforeEach(() => {
        stubs = new Stubs().add("sleep").add("airflow", 'echo "umask $(umask)"');
        ids(50000, 0);
    });

    afterEach(() => stubs.remove());

    function ids(user: number, group: number): void {
        stubs.add("id", `case $1 in -u) echo ${user} ;; -g) echo ${group} ;; -un) echo somebody ;; esac`);
    }

    function run(arguments_: readonly string[], environment: Record<string, string> = {}): ScriptResult {
        const result = stubs.run(script, arguments_, environment);
        return { ...result, calls: result.calls.filter((call) => !call.startsWith("id ")) };
    }

    it("runs Airflow's command after the database answered", () => {
        const { code, calls } = run(["scheduler", "--pid", "a b"]);
        expect(code).to.equal(0);
        expect(calls).to.deep.equal(["airflow db check", "airflow scheduler --pid a b"]);
    });

    it("drops a leading airflow", () => {
        expect(run(["airflow", "version"]).calls).to.deep.equal(["airflow db check", "airflow version"]);
    });

    for (const shell of ["bash", "python"]) {
        it(`runs ${shell} itself, after the database answered`, () => {
            stubs.add("bash").add("python");
            expect(run([shell, "-c", "1"]).calls).to.deep.equal(["airflow db check", `${shell} -c 1`]);
        });
    }

    it("checks no database when the count is 0", () => {
        expect(run(["version"], { CONNECTION_CHECK_MAX_COUNT: "0" }).calls).to.deep.equal(["airflow version"]);
    });

    it("asks again until the database answers", () => {
        stubs.add("airflow", `[ "$*" != "db check" ] || [ "$(grep -c "db check" ${stubs.directory}/calls)" = 3 ]`);
        const { code, calls } = run(["version"], { CONNECTION_CHECK_SLEEP_TIME: "7" });
        expect(code).to.equal(0);
        expect(calls).to.deep.equal([
            "airflow db check",
            "sleep 7",
            "airflow db check",
            "sleep 7",
            "airflow db check",
            "airflow version",
        ]);
    });

    it("gives up after 20 checks, 3 seconds apart, and says what the last one said", () => {
        stubs.add("airflow", "echo no route to host; exit 1");
        const { code, stderr, calls } = run(["version"]);
        expect(code).to.equal(1);
        expect(calls.filter((call) => call === "airflow db check")).to.have.length(20);
        expect(calls.filter((call) => call === "sleep 3")).to.have.length(19);
        expect(calls).not.to.include("airflow version");
        expect(stderr).to.contain("20 attempts").and.to.contain("no route to host");
    });

    it("checks as often as it is told", () => {
        stubs.add("airflow", "exit 1");
        const { code, calls } = run(["version"], { CONNECTION_CHECK_MAX_COUNT: "2" });
        expect(code).to.equal(1);
        expect(calls).to.deep.equal(["airflow db check", "sleep 3", "airflow db check"]);
    });

    it("writes files that their group may change", () => {
        expect(run(["version"]).stdout).to.equal("umask 0002\n");
    });

    it("refuses another primary group than 0", () => {
        ids(1000, 1000);
        const { code, stderr, calls } = run(["version"]);
        expect(code).to.equal(1);
        expect(stderr).to.contain("1000:1000");
        expect(calls).to.deep.equal([]);
    });

    it("only warns the user airflow of another group", () => {
        ids(50000, 50000);
        const { code, stderr, calls } = run(["version"], { CONNECTION_CHECK_MAX_COUNT: "0" });
        expect(code).to.equal(0);
        expect(stderr).to.contain("WARNING");
        expect(calls).to.deep.equal(["airflow version"]);
    });

    it("takes any user with the group 0", () => {
        ids(1000, 0);
        expect(run(["version"], { CONNECTION_CHECK_MAX_COUNT: "0" })).to.include({ code: 0, stderr: "" });
    });

    it("hands back how the command ended", () => {
        stubs.add("airflow", '[ "$1" = db ] || exit 5');
        expect(run(["version"]).code).to.equal(5);
    });
});
