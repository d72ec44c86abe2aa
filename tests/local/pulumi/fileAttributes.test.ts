import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chooseEngine, startEngine } from "../../../local/pulumi/engine";
import { removeBrokenAttributes } from "../../../local/pulumi/fileAttributes";
import { projectName } from "../../../local/pulumi/stackFile";
import { capture, findOnPath } from "../../../local/support/execution";

describe("Attributes of state files", () => {
    let state: string;
    let stacks: string;

    beforeEach(() => {
        state = mkdtempSync(join(tmpdir(), "attributes-"));
        stacks = join(state, ".pulumi", "stacks", projectName);
        mkdirSync(stacks, { recursive: true });
    });

    afterEach(() => rmSync(state, { recursive: true, force: true }));

    it("are removed when a killed run has left them cut off, and no others", () => {
        for (const [name, text] of Object.entries({ a: '{"user.content_type":""}', b: "", c: '{"user.' })) {
            writeFileSync(join(stacks, `${name}.json`), "{}");
            writeFileSync(join(stacks, `${name}.json.attrs`), text);
        }
        removeBrokenAttributes(`file://${state}`);
        expect(readdirSync(stacks)).to.have.members(["a.json", "a.json.attrs", "b.json", "c.json"]);
        removeBrokenAttributes("s3://bucket");
    });

    it("hide a state from the CLI until they are removed", async function () {
        this.timeout(900_000);
        const engine = await startEngine(await chooseEngine(undefined), findOnPath("pulumi"));
        writeFileSync(join(state, "Pulumi.yaml"), `name: ${projectName}\nruntime: nodejs\n`);
        const pulumi = async (...args: string[]) =>
            await capture([engine.program, ...args], {
                cwd: state,
                env: {
                    ...process.env,
                    ...engine.env,
                    PULUMI_BACKEND_URL: `file://${state}`,
                    PULUMI_CONFIG_PASSPHRASE: "only for tests",
                },
            });
        expect((await pulumi("stack", "init", "s")).code).to.equal(0);
        writeFileSync(join(stacks, "s.json.attrs"), "");
        expect((await pulumi("stack", "export", "--stack", "s")).stderr).to.contain("EOF");
        removeBrokenAttributes(`file://${state}`);
        expect((await pulumi("stack", "export", "--stack", "s")).code).to.equal(0);
    });
});
