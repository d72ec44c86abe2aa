import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { pythonEnvironment } from "../../../local/development/localPython";
import { folder } from "../../support/folders";
import { requireLocalAirflow } from "../../support/localAirflow";
import { postgresPrograms, TestPostgres } from "../../support/postgres";
import { root } from "../../support/program";
import { skip } from "../../support/skip";

describe("users and roles of the stack, in the tables of an Airflow on this machine", function () {
    this.timeout(300_000);

    let postgres: TestPostgres;

    function python(args: readonly string[], environment: Record<string, string> = {}) {
        const { status, stdout, stderr } = spawnSync("python3", args, {
            encoding: "utf8",
            env: {
                ...pythonEnvironment(),
                AIRFLOW_HOME: folder(),
                AIRFLOW__CORE__AUTH_MANAGER: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
                AIRFLOW__CORE__FERNET_KEY: "",
                AIRFLOW__API__SECRET_KEY: "a key for tests",
                AIRFLOW__FAB__UPDATE_FAB_PERMS: "False",
                ...(postgres && {
                    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: postgres.url,
                    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: postgres.url
                        .replace("psycopg2", "asyncpg")
                        .replace(/\?.*/, ""),
                }),
                ...environment,
            },
        });
        return { code: status, said: stdout + stderr };
    }

    const admin = { ADMIN_USER: "admin", ADMIN_EMAIL: "admin@example.org", ADMIN_PASSWORD: "a password of admin" };
    const robot = { name: "robot", email: "robot@example.org", firstName: "robot", lastName: "", roles: ["team"] };
    const team = [
        ["can_read", "DAG:my_dag"],
        ["can_read", "DAG Runs"],
    ];

    /** Runs the Job's script with users and roles; the password is always the same. */
    function run(given: object | undefined, environment: Record<string, string> = admin) {
        return python([join(root, "components/airflow/scripts/create_admin.py")], {
            ...environment,
            ...(given && { USERS: JSON.stringify(given), USER_PASSWORD_0: "a password of robot" }),
        });
    }

    const users = () => postgres.sql("SELECT username || ' ' || active FROM ab_user ORDER BY 1").split("\n");
    const rolesOf = (name: string) =>
        postgres
            .sql(
                `SELECT r.name FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id JOIN ab_role r ON r.id = ur.role_id
                 WHERE u.username = '${name}' ORDER BY 1`,
            )
            .split("\n");
    const permissions = () =>
        postgres
            .sql(
                `SELECT a.name || ' ' || v.name FROM ab_permission_view_role pr JOIN ab_role r ON r.id = pr.role_id
                 JOIN ab_permission_view pv ON pv.id = pr.permission_view_id JOIN ab_permission a ON a.id = pv.permission_id
                 JOIN ab_view_menu v ON v.id = pv.view_menu_id WHERE r.name = 'team' ORDER BY 1`,
            )
            .split("\n");

    before(async function () {
        await requireLocalAirflow(this);
        const programs = postgresPrograms();
        if (programs === undefined) {
            skip(this, "there is no Postgres here");
        }
        postgres = await TestPostgres.start(programs);
        const { code, said } = python(["-m", "airflow", "db", "migrate"]);
        expect(code, said).to.equal(0);
    });

    after(() => postgres?.stop());

    it("are made, and are then as the stack says", () => {
        const made = run({ users: [robot], roles: { team } });
        expect(made.code, made.said).to.equal(0);
        expect(users()).to.deep.equal(["admin true", "robot true"]);
        expect(rolesOf("robot")).to.deep.equal(["team"]);
        expect(permissions()).to.deep.equal(["can_read DAG Runs", "can_read DAG:my_dag", "can_read Website"]);
        const hash = postgres.sql("SELECT password FROM ab_user WHERE username = 'robot'");
        expect(run({ users: [{ ...robot, roles: ["Op"] }], roles: { team: team.slice(0, 1) } }).code).to.equal(0);
        expect(rolesOf("robot")).to.deep.equal(["Op"]);
        expect(permissions()).to.deep.equal(["can_read DAG:my_dag", "can_read Website"]);
        expect(postgres.sql("SELECT password FROM ab_user WHERE username = 'robot'")).to.equal(hash);
    });

    it("are refused all at once, and nothing is changed", () => {
        const { code, said } = run({
            users: [{ ...robot, name: "admin", roles: ["nobody"] }],
            roles: { team: [["can_fly", "DAGs"]] },
            granted: { "auth.oidc.roles.a": ["ghost"] },
        });
        expect(code).to.equal(65);
        expect(said).to.contain("role team: Airflow has no permission can_fly on DAGs");
        expect(said).to.contain("user admin: somebody else made it in Airflow");
        expect(said).to.contain("user admin: there is no role nobody");
        expect(said).to.contain("auth.oidc.roles.a: there is no role ghost");
        expect(rolesOf("robot")).to.deep.equal(["Op"]);
    });

    it("leave with the stack, and so does the first user that is switched off; both come back", () => {
        expect(run(undefined, {}).code).to.equal(0);
        expect(users()).to.deep.equal(["admin false", "robot false"]);
        expect(postgres.sql("SELECT count(*) FROM ab_role WHERE name = 'team'")).to.equal("0");
        expect(run({ users: [robot], roles: { team } }).code).to.equal(0);
        expect(users()).to.deep.equal(["admin true", "robot true"]);
        expect(rolesOf("robot")).to.deep.equal(["team"]);
    });
});
