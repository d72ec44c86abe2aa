import { join } from "node:path";
import { expect } from "chai";
import { keptLogin, loginOf, loginsFile } from "../../../components/database/logins";
import { postgresPrograms, TestPostgres } from "../../support/postgres";
import { root } from "../../support/program";
import { skip } from "../../support/skip";

describe("logins of the component's own Postgres", () => {
    it("are one for each password, of names that are roles of Postgres as they stand", () => {
        const logins = ["a-password", "another-password"].map(loginOf);
        expect(new Set([...logins, keptLogin]).size).to.equal(3);
        for (const login of logins) {
            expect(login).to.match(/^airflow_[0-9a-f]{8}$/);
        }
        expect(loginOf("a-password")).to.equal(logins[0]);
    });

    it("are told to Postgres with the new password and the old one", () => {
        expect(loginsFile("new-password,old-password")).to.equal(
            `${loginOf("new-password")}\nnew-password\n${loginOf("old-password")}\nold-password\n`,
        );
    });
});

describe("logins that are no longer set, in a Postgres on this machine", function () {
    this.timeout(60_000);

    let postgres: TestPostgres | undefined;

    before(async function () {
        const programs = postgresPrograms();
        if (programs === undefined) {
            skip(this, "there is no Postgres here");
        }
        postgres = await TestPostgres.start(programs);
    });
    after(() => postgres?.stop());

    it("are removed, and roles that somebody else has made beside them stay", () => {
        const [current, old] = ["new-password", "old-password"].map(loginOf);
        const others = ["airflow_reports", "airflow_login_of_ada", "airflow_00c0ffee_2"];
        for (const role of [current, old, keptLogin, ...others]) {
            postgres?.asRoot(`CREATE ROLE ${role} LOGIN IN ROLE airflow`);
        }
        const file = join(root, "components/database/scripts/remove_logins.sql");
        postgres?.fileAsRoot(file, { owner: "airflow", logins: `${current} ` });
        const left = postgres?.asRoot("SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'airflow%'");
        expect(left?.split("\n")).to.have.members([current, ...others]);
    });
});
