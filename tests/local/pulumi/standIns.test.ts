import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { type PulumiPrograms, pulumiCli } from "../../../local/pulumi/programs";
import { waitFor } from "../../../local/support/deadline";
import { type CommandResult, capture } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";

interface Resource {
    readonly type: string;
    readonly id: string;
    readonly inputs: Record<string, unknown>;
    readonly outputs: Record<string, unknown>;
}

const secretSignature = "4dabf18193072939515e22adb298388d";

// Built once for all runs on this machine; the first one takes minutes.
describe("local/pulumi: the built CLI with the stand-ins", function () {
    this.timeout(120_000);
    const home = realpathSync(mkdtempSync(join(tmpdir(), "stand-ins-test-")));
    const program = join(home, "program");
    const project = join(home, "project");
    const environment = {
        PULUMI_HOME: join(home, "home"),
        PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "correct horse",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    let programs: PulumiPrograms;

    before(async function () {
        this.timeout(900_000);
        programs = await pulumiCli();
        for (const folder of [program, project, join(home, "state")]) {
            mkdirSync(folder);
        }
        symlinkSync(join(repositoryDirectory, "node_modules"), join(program, "node_modules"));
        writeFileSync(join(program, "package.json"), "{}");
        const plugins = (of: PulumiPrograms["languages"]) => of.map(({ name, path }) => ({ name, path }));
        writeFileSync(
            join(project, "Pulumi.yaml"),
            stringify({
                name: "stand-ins",
                runtime: { name: "nodejs", options: { typescript: false } },
                main: `${program}/`,
                plugins: { languages: plugins(programs.languages), providers: plugins(programs.providers) },
            }),
        );
    });

    after(() => rmSync(home, { recursive: true }));

    function write(...lines: readonly string[]): void {
        const start = ['const pulumi = require("@pulumi/pulumi");', 'const random = require("@pulumi/random");'];
        writeFileSync(join(program, "index.js"), [...start, ...lines].join("\n"));
    }

    async function pulumi(...arguments_: readonly string[]): Promise<CommandResult> {
        return await capture([programs.pulumi, ...arguments_, "--non-interactive"], {
            cwd: project,
            env: { ...process.env, ...environment },
        });
    }

    async function succeed(...arguments_: readonly string[]): Promise<string> {
        const { code, stdout, stderr } = await pulumi(...arguments_);
        expect(code, `${arguments_.join(" ")}:\n${stdout}${stderr}`).to.equal(0);
        return stdout;
    }

    async function outputs(): Promise<Record<string, string>> {
        return JSON.parse(await succeed("stack", "output", "--json", "--show-secrets")) as Record<string, string>;
    }

    async function resources(...arguments_: readonly string[]): Promise<Map<string, Resource>> {
        const text = await succeed("stack", "export", ...arguments_);
        const { deployment } = JSON.parse(text) as { deployment: { resources?: (Resource & { urn: string })[] } };
        const all = deployment.resources ?? [];
        return new Map(all.map((resource) => [resource.urn.split("::").pop() ?? "", resource]));
    }

    const made = [
        'const password = new random.RandomPassword("password", { length: 20, special: false, keepers: { who: "one" } });',
        'const mixed = new random.RandomString("mixed", { length: 9, minSpecial: 3, minNumeric: 2, overrideSpecial: "_" });',
        'const bytes = new random.RandomBytes("bytes", { length: 32 });',
        'const id = new random.RandomId("id", { byteLength: 4, prefix: "x-" });',
        'const uuid = new random.RandomUuid("uuid");',
        "exports.password = password.result; exports.hash = password.bcryptHash; exports.mixed = mixed.result;",
        "exports.base64 = bytes.base64; exports.bytesHex = bytes.hex; exports.idHex = id.hex; exports.idDec = id.dec;",
        "exports.uuid = uuid.result;",
    ];

    describe("values", () => {
        let first: Record<string, string>;

        before(async () => {
            write(...made);
            await succeed("stack", "select", "values", "--create");
            await succeed("up", "--yes", "--skip-preview");
            first = await outputs();
        });

        after(async () => {
            await succeed("destroy", "--yes", "--skip-preview");
            expect([...(await resources()).keys()]).to.deep.equal([]);
        });

        it("are of the length and the characters asked for", () => {
            expect(first.password).to.match(/^[A-Za-z0-9]{20}$/);
            expect(first.hash).to.match(/^\$2a\$10\$[./A-Za-z0-9]{53}$/);
            expect(first.mixed).to.match(/^[A-Za-z0-9_]{9}$/);
            expect(first.mixed?.match(/_/g)?.length).to.be.at.least(3);
            expect(first.mixed?.match(/\d/g)?.length).to.be.at.least(2);
            expect(Buffer.from(first.base64 ?? "", "base64").toString("hex"))
                .to.equal(first.bytesHex)
                .and.have.length(64);
            expect(first.idHex).to.match(/^x-[0-9a-f]{8}$/);
            expect(first.idDec).to.equal(`x-${Number.parseInt(first.idHex?.slice(2) ?? "", 16)}`);
            expect(first.uuid).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        });

        it("are kept by a second run, by a default that is written out, and by a refresh", async () => {
            await succeed("up", "--yes", "--expect-no-changes", "--skip-preview");
            write(...made.map((line) => line.replace("special: false", "special: false, upper: true, minLower: 0")));
            expect(await succeed("preview", "--expect-no-changes")).to.contain("unchanged");
            write(...made);
            await succeed("refresh", "--yes", "--expect-no-changes", "--skip-preview");
            expect(await outputs()).to.deep.equal(first);
        });

        it("are not in the open in what the stack keeps", async () => {
            const kept = await resources();
            const text = JSON.stringify([...kept]);
            for (const name of ["password", "hash", "base64", "bytesHex"]) {
                expect(text).not.to.contain(first[name]);
            }
            for (const [name, output] of [
                ["password", "result"],
                ["password", "bcryptHash"],
                ["bytes", "base64"],
                ["bytes", "hex"],
            ] as const) {
                expect(kept.get(name)?.outputs[output]).to.have.keys(secretSignature, "ciphertext");
            }
            expect(kept.get("id")?.outputs.hex).to.equal(first.idHex);
        });

        it("are made anew when a keeper changes, and no others", async () => {
            write(...made.map((line) => line.replace('who: "one"', 'who: "two"')));
            expect(await succeed("up", "--yes", "--skip-preview")).to.match(/\+-1 replaced/);
            const { password, hash, ...others } = await outputs();
            expect(password)
                .to.match(/^[A-Za-z0-9]{20}$/)
                .and.not.equal(first.password);
            expect(hash).not.to.equal(first.hash);
            expect(first).to.deep.equal({ ...others, password: first.password, hash: first.hash });
        });
    });

    it("a preview does not know what is not made yet, and makes nothing", async () => {
        write(...made, 'exports.uuid.apply((value) => console.log("made", value));');
        await succeed("stack", "select", "preview", "--create");
        const said = await succeed("preview");
        expect(said)
            .to.match(/uuid *: \[unknown\]/)
            .and.contain("+ 6 to create");
        expect(said).not.to.contain("made");
        expect([...(await resources()).keys()]).to.deep.equal([]);
    });

    it("an import takes the value from the id", async () => {
        await succeed("stack", "select", "import", "--create");
        for (const [type, id] of [
            ["randomPassword:RandomPassword", "Sésam, öffne dich"],
            ["randomBytes:RandomBytes", "AAECAw=="],
            ["randomId:RandomId", "x-,AAECAw"],
            ["randomUuid:RandomUuid", "0D5CB2AB-9E0C-4C1A-8D3A-6F6B4B2C7A11"],
        ] as const) {
            const name = type.split(":")[1] ?? "";
            await succeed(
                "import",
                `random:index/${type}`,
                name,
                id,
                "--yes",
                "--generate-code=false",
                "--skip-preview",
            );
        }
        const open = await resources("--show-secrets");
        const plain = (name: string, output: string): unknown => {
            const value = open.get(name)?.outputs[output] as { plaintext: string };
            return JSON.parse(value.plaintext);
        };
        expect(plain("RandomPassword", "result")).to.equal("Sésam, öffne dich");
        expect(open.get("RandomPassword"))
            .to.deep.include({ id: "none" })
            .and.to.have.nested.property("inputs.length", 17);
        expect(plain("RandomBytes", "hex")).to.equal("00010203");
        expect(open.get("RandomId")?.outputs).to.include({ hex: "x-00010203", b64Std: "x-AAECAw==", dec: "x-66051" });
        expect(open.get("RandomUuid")?.id).to.equal("0d5cb2ab-9e0c-4c1a-8d3a-6f6b4b2c7a11");
        // Nobody but the provider can have marked these as secrets.
        expect(JSON.stringify([...(await resources())])).not.to.match(/Sésam|AAECAw==(?!")|\$2a\$/);
        const refused = await pulumi(
            ...["import", "random:index/randomUuid:RandomUuid", "other", "no-uuid", "--yes", "--skip-preview"],
        );
        expect(refused.code).not.to.equal(0);
        expect(refused.stdout + refused.stderr).to.contain('"no-uuid" cannot be imported as a RandomUuid');
    });

    describe("a program", () => {
        before(async () => {
            await succeed("stack", "select", "program", "--create");
        });

        async function fail(...lines: readonly string[]): Promise<string> {
            write(...lines);
            const { code, stdout, stderr } = await pulumi("preview");
            expect(code, stdout + stderr).not.to.equal(0);
            return stdout + stderr;
        }

        it("gets its configuration and is heard on both its outputs", async () => {
            await succeed("config", "set", "plain", "one");
            await succeed("config", "set", "--secret", "hidden", "two");
            write(
                "const config = new pulumi.Config();",
                'console.log("heard", config.require("plain"), pulumi.getStack(), pulumi.getProject(), process.cwd());',
                'console.error("heard too");',
                'exports.hidden = config.requireSecret("hidden");',
            );
            const said = await succeed("preview");
            expect(said).to.contain(`heard one program stand-ins ${program}`).and.contain("heard too");
            expect(said).to.match(/hidden *: \[secret\]/);
        });

        it("says itself what is wrong, once", async () => {
            // Deep enough that the stack trace ends in it: some versions of Node.js take half a minute over the SDK's own frames.
            const deep =
                "const deep = (left) => { if (left === 0) throw new Error('no such thing'); deep(left - 1); };";
            const said = await fail(deep, "deep(20);");
            expect(said).to.contain("no such thing").and.not.contain("exit code");
        });

        it("that ends with an exit code of its own is reported by it", async () => {
            expect(await fail("process.exit(3);")).to.contain("Program exited with non-zero exit code: 3");
        });

        it("is told what it may not ask for", async () => {
            const tooShort = await fail('new random.RandomPassword("p", { length: 2, minUpper: 3 });');
            expect(tooShort).to.contain("must be 3 or more, not 2");
            const nothing = { lower: false, upper: false, numeric: false, special: false };
            const empty = await fail(`new random.RandomString("s", { length: 2, ...${JSON.stringify(nothing)} });`);
            expect(empty).to.contain("one at least of lower, upper, numeric and special must be true");
            const pet = await fail('new random.RandomPet("pet");');
            expect(pet).to.contain(
                "this stand-in for the provider of @pulumi/random makes no RandomPet, only RandomBytes",
            );
        });
    });

    describe("a program that goes on for ever", () => {
        let child: ChildProcess;
        let programPid: number;

        beforeEach(async () => {
            await succeed("stack", "select", "endless", "--create");
            const pidFile = join(home, "pid");
            rmSync(pidFile, { force: true });
            write(
                `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`,
                "setInterval(() => undefined, 1000);",
            );
            child = spawn(programs.pulumi, ["preview", "--non-interactive"], {
                cwd: project,
                env: { ...process.env, ...environment },
                stdio: "ignore",
            });
            const started = async () => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "";
            await waitFor(started, { within: 60_000, what: "the program to start" });
            programPid = Number(readFileSync(pidFile, "utf8"));
        });

        for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
            it(`ends when Pulumi gets a ${signal}`, async () => {
                child.kill(signal);
                await once(child, "exit");
                const gone = async () => !existsSync(`/proc/${programPid}`);
                await waitFor(gone, { within: 30_000, what: `process ${programPid} to end` });
            });
        }
    });
});
