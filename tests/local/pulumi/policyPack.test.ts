import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { chooseEngine, type StartedEngine, startEngine } from "../../../local/pulumi/engine";
import { projectText, stackFileName } from "../../../local/pulumi/projectFolder";
import { withoutTypeCheck } from "../../../local/pulumi/typeCheckMemory";
import { setting } from "../../../local/session/options";
import { type CommandResult, capture, findOnPath } from "../../../local/support/execution";
import { foreignVariables } from "../../../local/support/makeSettings";
import { repositoryDirectory } from "../../../local/support/paths";
import { hostedValues, project, type StackValues, stackValues } from "../../support/program";

// The CLI runs the pack in a process of its own and hands it what the program registers; no cluster is asked.
describe("local/pulumi: the policy pack, by the real CLI", function () {
    this.timeout(300_000);
    const home = realpathSync(mkdtempSync(join(tmpdir(), "policy-pack-test-")));
    let engine: StartedEngine;

    before(async function () {
        this.timeout(900_000);
        engine = await startEngine(await chooseEngine(setting(process.env, "ENGINE")), findOnPath("pulumi"));
        mkdirSync(join(home, "state"));
        const text = readFileSync(join(repositoryDirectory, "Pulumi.yaml"), "utf8");
        writeFileSync(join(home, "Pulumi.yaml"), projectText(text, repositoryDirectory, engine.plugins));
    });

    after(() => rmSync(home, { recursive: true }));

    async function pulumi(...args: readonly string[]): Promise<CommandResult> {
        const foreign = foreignVariables();
        const inherited = Object.entries(process.env).filter(([name]) => !foreign.includes(name));
        const env = {
            ...Object.fromEntries(inherited),
            ...engine.env,
            ...withoutTypeCheck,
            KUBECONFIG: join(home, "none"),
            PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "only for tests",
        };
        return await capture([engine.program, ...args, "--non-interactive", "--color=never"], { cwd: home, env });
    }

    /** A preview of a stack with these values, and secrets besides. */
    async function preview(
        stack: string,
        values: StackValues,
        secrets: Readonly<Record<string, string>> = {},
        flags: readonly string[] = [],
    ): Promise<CommandResult> {
        const own = Object.entries(values).map(([key, value]) => [`${project}:${key}`, value]);
        const config = { "kubernetes:context": "nowhere", ...Object.fromEntries(own) };
        writeFileSync(join(home, stackFileName(stack)), stringify({ config }));
        await pulumi("stack", "select", stack, "--create");
        for (const [key, value] of Object.entries(secrets)) {
            await pulumi("config", "set", "--stack", stack, "--secret", key, value);
        }
        return await pulumi(
            "preview",
            "--stack",
            stack,
            "--policy-pack",
            join(repositoryDirectory, "policies"),
            ...flags,
        );
    }

    it("passes the stack minikube", async () => {
        const { code, stdout, stderr } = await preview("minikube", stackValues("minikube"));
        expect(code, stdout + stderr).to.equal(0);
        expect(stdout).to.match(/✅ airflow-kubernetes@v0\.1\.0/);
    });

    it("passes the stack hosted with its keys, and asks for them without", async () => {
        const without = await preview("hosted", hostedValues());
        expect(without.code).to.not.equal(0);
        expect(without.stdout)
            .to.match(/\[mandatory\].*keys-stay/)
            .and.contain("make pin-keys STACK=hosted");
        const keys = { fernetKey: `${"f".repeat(43)}=`, databasePassword: "database-secret" };
        const { code, stdout, stderr } = await preview("hosted", hostedValues(), keys);
        expect(code, stdout + stderr).to.equal(0);
        expect(stdout).to.match(/✅ airflow-kubernetes@v0\.1\.0/);
    });

    it("takes the settings that the guide shows", async () => {
        const guide = readFileSync(join(repositoryDirectory, "docs", "policies.md"), "utf8");
        const [, settings] = /^```json$([\s\S]*?)^```$/m.exec(guide) ?? [];
        const file = join(home, "policies.json");
        writeFileSync(file, settings ?? "");
        const { code, stdout, stderr } = await preview("try", hostedValues(), {}, ["--policy-pack-config", file]);
        expect(code, stdout + stderr).to.equal(0);
    });

    it("ends a preview that breaks rules, and names what broke them", async () => {
        const sidecar = { name: "sidecar", image: "registry.example.org/tool:latest" };
        const { code, stdout } = await preview("minikube", {
            ...stackValues("minikube"),
            networkPolicies: { enabled: false },
            scheduler: { podTemplate: { spec: { containers: [sidecar] } } },
        });
        expect(code).to.not.equal(0);
        for (const rule of ["images-have-a-version", "containers-have-limits", "pods-have-network-policies"]) {
            expect(stdout).to.contain(rule);
        }
        expect(stdout).to.contain("registry.example.org/tool:latest");
    });
});
