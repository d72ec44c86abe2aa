import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { folder } from "../../support/folders";
import { root } from "../../support/program";
import { skipWithoutPython } from "../../support/python";

/** Stands for the command `airflow`: tells what it was given. */
const airflow = `#!/usr/bin/env python3
import json, os, stat, sys
path = os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]
with open(path, "a+") as file:
    file.seek(0)
    passwords = json.load(file)
print(json.dumps({
    "args": sys.argv[1:],
    "passwords": passwords,
    "mode": oct(stat.S_IMODE(os.stat(path).st_mode)),
    "left": [name for name in os.environ if name.startswith("AIRFLOW_KUBERNETES_PASSWORD_")],
}))
`;

function run(environment: Record<string, string>) {
    const path = folder({ airflow }, 0o755);
    const { status, stdout, stderr } = spawnSync("python3", ["-m", "airflow_kubernetes.passwords", "api-server"], {
        encoding: "utf8",
        env: {
            PATH: `${path}:${process.env.PATH}`,
            PYTHONPATH: join(root, "components/airflow/python"),
            PYTHONDONTWRITEBYTECODE: "1",
            TMPDIR: path,
            AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: "admin:admin,vera:viewer",
            ...environment,
        },
    });
    return { status, stdout, stderr };
}

describe("passwords of the Simple auth manager", () => {
    before(skipWithoutPython);

    it("are in a file that Airflow can write to and nobody else can read, and no longer in the environment", () => {
        const { stdout } = run({ AIRFLOW_KUBERNETES_PASSWORD_0: "one", AIRFLOW_KUBERNETES_PASSWORD_1: "two" });
        expect(JSON.parse(stdout)).to.deep.equal({
            args: ["api-server"],
            passwords: { admin: "one", vera: "two" },
            mode: "0o600",
            left: [],
        });
    });

    it("have to be there for every user: Airflow would make up and print one", () => {
        const { status, stderr } = run({ AIRFLOW_KUBERNETES_PASSWORD_0: "one", AIRFLOW_KUBERNETES_PASSWORD_1: "" });
        expect(status).to.equal(1);
        expect(stderr.trim()).to.equal("A user of the Simple auth manager has no password.");
    });
});
