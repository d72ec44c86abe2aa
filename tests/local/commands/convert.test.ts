import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { folder, removeFolders } from "../../support/folders";
import { stackOfText, valuesPath } from "../convert/valuesFiles";

/** Runs the program that make runs. */
function run(variables: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", join(repositoryDirectory, "local/commands/convert.ts")],
        { cwd: repositoryDirectory, encoding: "utf8", env: { PATH: process.env.PATH, ...variables } },
    );
    return { status, stdout, stderr };
}

describe("make convert", () => {
    after(removeFolders);

    it("writes a stack file, and tells of each key, without a secret", () => {
        const out = join(folder({}), "Pulumi.forecasts.yaml");
        const { status, stdout, stderr } = run({ VALUES: valuesPath("weather"), OUT: out });
        expect(status, stderr).to.equal(0);
        expect(stdout).to.contain("  - dags.gitSync.repo -> dags.git.repository\n");
        expect(stdout).to.contain("pulumi config set --secret databasePassword --stack forecasts ");
        expect(stdout + readFileSync(out, "utf8")).to.not.contain("rain-and-wind");
        expect(stackOfText(readFileSync(out, "utf8")).hosting).to.equal("readWriteMany");
    });

    it("writes over nothing unless it is told to", () => {
        const out = join(folder({ "Pulumi.a.yaml": "mine" }), "Pulumi.a.yaml");
        const variables = { VALUES: valuesPath("orders"), OUT: out };
        const refused = run(variables);
        expect(refused.status).to.equal(1);
        expect(refused.stderr).to.contain("is there already");
        expect(readFileSync(out, "utf8")).to.equal("mine");
        expect(run({ ...variables, YES: "1" }).status).to.equal(0);
        expect(readFileSync(out, "utf8")).to.contain("airflow-kubernetes:airflow");
    });

    it("says what it needs, and what is wrong with what it was given", () => {
        const directory = folder({});
        const out = join(directory, "Pulumi.a.yaml");
        const broken = join(directory, "values.yaml");
        writeFileSync(broken, "a: [");
        for (const [variables, said] of [
            [{}, "make convert VALUES=values.yaml OUT=Pulumi.prod.yaml"],
            [{ VALUES: valuesPath("orders"), OUT: join(directory, "stack.yaml") }, "is no stack file"],
            [{ VALUES: join(directory, "none.yaml"), OUT: out }, "There is no"],
            [{ VALUES: broken, OUT: out }, "no valid YAML"],
        ] as const) {
            const { status, stderr } = run(variables);
            expect([status, stderr.includes(said)], stderr).to.deep.equal([1, true]);
        }
        expect(existsSync(out)).to.equal(false);
    });
});
