import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { TestStack } from "./support/testStack";

const source = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
if (config.get("broken") === "true") {
    throw new Error("2 problems:\\n  one thing\\n  another thing");
}
const password = new random.RandomPassword("password", { length: 20 });
const settings = new k8s.core.v1.ConfigMap("settings", { data: { size: String(config.requireNumber("size")) } });
new k8s.core.v1.Secret("secret", { stringData: { password: password.result, given: config.requireSecret("given") } });
pulumi.log.info(\`dry run: \${pulumi.runtime.isDryRun()}\`);
console.log("printed by the program");
export const name = settings.metadata.name;
export const secretPassword = password.result;
export const nested = { plain: 1, secret: config.requireSecret("given") };
`;

describe("the command line of local/engine", function () {
    this.timeout(60_000);
    let stack: TestStack;
    before(async () => {
        stack = await TestStack.start();
        symlinkSync(join(repositoryDirectory, "node_modules"), join(stack.directory, "node_modules"));
        cpSync(join(repositoryDirectory, "tsconfig.json"), join(stack.directory, "tsconfig.json"));
        stack.write("package.json", '{ "name": "demo", "main": "index.ts" }');
        stack.write("index.ts", source);
        stack.write("Pulumi.yaml", "name: demo\nruntime: nodejs\nconfig:\n  size: { type: integer, default: 3 }\n");
        stack.write("kubeconfig-none", "");
    });
    after(() => stack.stop());

    function engine(command: string, more: string[] = [], input = "", env: { [name: string]: string } = {}) {
        const args = ["--import", "tsx", "local/engine/cli.ts", ...command.split(" "), "--stack", "test"];
        const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--cwd", stack.directory, ...more], {
            cwd: repositoryDirectory,
            encoding: "utf8",
            input,
            env: {
                ...process.env,
                AIRFLOW_KUBERNETES_STATE: stack.stateDirectory,
                PULUMI_NODEJS_TRANSPILE_ONLY: "true",
                ...env,
            },
        });
        return { code: status, stdout, stderr, last: stdout.trimEnd().split("\n").at(-1) ?? "" };
    }

    // The API of the fake cluster lives in this process, which stands still while a command runs: no cluster, then.
    const offline = { KUBECONFIG: "/nowhere" };

    it("takes a secret from stdin into the stack file", () => {
        const set = engine("config set", ["--secret", "--path", "demo:given"], "sesame-open\n");
        expect(set.code, set.stderr).to.equal(0);
        expect(set.stdout).to.equal("");
        const text = readFileSync(join(stack.directory, "Pulumi.test.yaml"), "utf8");
        expect(text)
            .to.match(/encryptionsalt: v1:/)
            .and.to.match(/demo:given:\n\s+secure: v1:/);
    });

    it("previews with no cluster, the program told that it is a dry run", () => {
        const run = engine("preview", [], "", offline);
        expect(run.code, run.stdout + run.stderr).to.equal(0);
        expect(run.stdout).to.match(/^This is local\/engine, the project's own small engine/);
        expect(run.stdout).to.include("dry run: true").and.to.include("printed by the program");
        expect(run.last).to.match(/^Resources: 3 to create, \d+s$/);
        expect(run.stdout).not.to.include("sesame");
    });

    it("shows the message of a program that throws, whole, once and without its stack", () => {
        stack.write("Pulumi.broken.yaml", "config:\n  demo:broken: true\n");
        const run = engine("preview", ["--config-file", join(stack.directory, "Pulumi.broken.yaml")], "", offline);
        expect(run.code).to.equal(1);
        expect(run.stdout).to.include("Failed:\n  2 problems:\n    one thing\n    another thing\nResources: none");
        expect(run.stdout).not.to.include("index.ts");
    });

    it("wants a yes where it can't ask, and a stack that is named", () => {
        for (const command of ["up", "destroy", "refresh"]) {
            const run = engine(command, [], "", offline);
            expect(run.code).to.equal(1);
            expect(run.stderr).to.include("--yes is needed where nobody can be asked");
        }
        const run = engine("conquer");
        expect(run.code).to.equal(1);
        expect(run.stderr).to.include("usage:");
    });

    it("renders manifests that only their owner can read", () => {
        const out = join(stack.directory, "rendered");
        const run = engine("render", ["--out", out], "", offline);
        expect(run.code, run.stdout + run.stderr).to.equal(0);
        expect(run.last).to.include("Wrote 2 manifests").and.to.include("Secrets in them are plain text");
        const files = readdirSync(join(out, "1-manifest"));
        expect(files.map((file) => file.replace(/-[0-9a-f]{8}\.yaml$/, "-*"))).to.deep.equal([
            "v1-configmap-default-settings-*",
            "v1-secret-default-secret-*",
        ]);
        expect(readFileSync(join(out, "1-manifest", files[1] ?? ""), "utf8")).to.include("given: sesame-open");
        expect(statSync(join(out, "1-manifest")).mode & 0o777).to.equal(0o700);
        expect(statSync(join(out, "1-manifest", files[0] ?? "")).mode & 0o777).to.equal(0o600);
        mkdirSync(join(out, "1-manifest"), { recursive: true });
        engine("render", ["--out", out], "", offline);
        expect(readdirSync(join(out, "1-manifest"))).to.have.length(2);
    });

    it("prints the outputs and nothing else, secrets only when asked", async () => {
        const put = {
            name: "first",
            secretPassword: {
                "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                value: "sesame-open",
            },
        };
        await stack.up(() => put);
        const store = await stack.store();
        const root = store.state.resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
        expect(root).not.to.equal(undefined);
        const masked = engine("stack output", ["--json"]);
        expect(JSON.parse(masked.stdout)).to.deep.equal({ name: "first", secretPassword: "[secret]" });
        expect(engine("stack output name").stdout).to.equal("first\n");
        const open = JSON.parse(await stack.printed("output", { showSecrets: true })) as { secretPassword: string };
        expect(open.secretPassword).to.equal("sesame-open");
        const exported = await stack.printed("export");
        expect(exported).not.to.include("sesame-open");
        const { deployment } = JSON.parse(exported) as { deployment: { resources: { urn: string }[] } };
        expect(deployment.resources[0]?.urn).to.equal("urn:pulumi:test::demo::pulumi:pulumi:Stack::demo-test");
        expect(await stack.printed("export", { showSecrets: true })).to.include('"plaintext": "\\"sesame-open\\""');
    });
});
