import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readProject } from "../../../local/engine/configuration/project";
import { SecretCipher } from "../../../local/engine/configuration/secretCipher";
import { stackConfig } from "../../../local/engine/configuration/stackConfig";
import { readStackFile, setConfig } from "../../../local/engine/configuration/stackFile";

describe("the configuration of a stack", () => {
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "engine-config-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const passphrase = (): string => "password";
    const write = (name: string, text: string): string => {
        writeFileSync(join(directory, name), text);
        return join(directory, name);
    };

    describe("secrets", () => {
        // From pkg/secrets/passphrase/manager_test.go of pulumi/pulumi: what the CLI itself wrote with "password".
        const salt = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==";

        it("open what the Pulumi CLI has written, with its passphrase only", async () => {
            expect((await SecretCipher.open("password", salt)).salt).to.equal(salt);
            const message = await SecretCipher.open("password123", salt).catch((error: Error) => error.message);
            expect(message).to.include("the passphrase is not the one");
        });

        it("come back as they were, and are never the same twice", async () => {
            const cipher = await SecretCipher.create("password");
            const texts = [cipher.encrypt("schön"), cipher.encrypt("schön")];
            expect(texts[0])
                .to.match(/^v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/)
                .and.not.to.equal(texts[1]);
            const again = await SecretCipher.open("password", cipher.salt);
            expect(texts.map((text) => again.decrypt(text))).to.deep.equal(["schön", "schön"]);
        });

        it("are refused when they were tampered with", async () => {
            const cipher = await SecretCipher.create("password");
            const text = cipher.encrypt("value").replace(/.(.{4})$/, (_whole, end: string) => `_${end}`);
            expect(() => cipher.decrypt(text)).to.throw();
        });

        it("are written into a stack file at a path, and leave the rest of it as it was", async () => {
            const file = write(
                "Pulumi.test.yaml",
                "config:\n  # why this is so\n  demo:size: 3\n  demo:nested:\n    open: text\n",
            );
            await setConfig(file, ["demo:nested", "inner", "key"], "hidden", "password");
            await setConfig(file, ["demo:password"], "secret too", "password");
            const text = readFileSync(file, "utf8");
            expect(text).to.include("# why this is so").and.include("encryptionsalt: v1:");
            expect(text).not.to.include("hidden").and.not.to.include("secret too");
            const values = await readStackFile(file, "demo", passphrase);
            expect(values["demo:nested"]).to.deep.include({
                secret: true,
                text: '{"open":"text","inner":{"key":"hidden"}}',
            });
            expect(values["demo:password"]).to.deep.include({ secret: true, text: "secret too" });
            expect(values["demo:size"]).to.deep.include({ secret: false, text: "3" });
        });

        it("are written into a stack file that is not there yet", async () => {
            const file = join(directory, "Pulumi.new.yaml");
            await setConfig(file, ["demo:password"], "value", "password");
            expect((await readStackFile(file, "demo", passphrase))["demo:password"]?.text).to.equal("value");
        });

        it("ask for a passphrase only when there are any", async () => {
            const file = write("Pulumi.test.yaml", "config:\n  size: 3\n  kubernetes:context: mine\n");
            const values = await readStackFile(file, "demo", () => {
                throw new Error("asked");
            });
            expect(Object.keys(values)).to.deep.equal(["demo:size", "kubernetes:context"]);
        });
    });

    describe("declared in Pulumi.yaml", () => {
        const project = (): ReturnType<typeof readProject> => {
            write(
                "Pulumi.yaml",
                [
                    "name: demo",
                    "runtime: { name: nodejs }",
                    "config:",
                    "  size: { type: integer, default: 3 }",
                    "  flag: { type: boolean, default: false }",
                    "  list: { type: array, items: { type: string }, default: [a] }",
                    "  tree: { type: object, default: { a: 1 } }",
                    "  needed: { type: string }",
                    "  hidden: { type: string, secret: true, default: x }",
                    "  kubernetes:context: { value: here }",
                ].join("\n"),
            );
            return readProject(directory);
        };
        const given = async (text: string): Promise<ReturnType<typeof stackConfig>> => {
            const file = write("Pulumi.test.yaml", text);
            return stackConfig(project(), "test", await readStackFile(file, "demo", passphrase));
        };

        it("has defaults for what the stack leaves out", async () => {
            const config = await given("config: { needed: yes please }");
            expect(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value.text]))).to.deep.equal({
                "demo:size": "3",
                "demo:flag": "false",
                "demo:list": '["a"]',
                "demo:tree": '{"a":1}',
                "demo:needed": "yes please",
                "demo:hidden": "x",
                "kubernetes:context": "here",
            });
            expect(config["demo:hidden"]?.secret).to.equal(true);
        });

        it("names every missing and ill-typed value in one error", async () => {
            const message = await given("config: { size: many, flag: 1, list: a, tree: [], hidden: open }").catch(
                (error: Error) => error.message,
            );
            expect(String(message).split("\n")).to.deep.equal([
                "Stack 'test' is missing configuration value 'demo:needed'",
                "'demo:size' must be of type integer, the stack file has \"many\"",
                "'demo:flag' must be of type boolean, the stack file has 1",
                "'demo:list' must be of type array, the stack file has \"a\"",
                "'demo:tree' must be of type object, the stack file has []",
                "'demo:hidden' is declared secret, but its value in the stack file is not encrypted",
            ]);
        });

        it("is for nodejs programs", () => {
            write("Pulumi.yaml", "name: demo\nruntime: python\n");
            expect(() => readProject(directory)).to.throw("runs nodejs programs only, not python");
            expect(() => readProject(join(directory, "none"))).to.throw("There is no Pulumi.yaml in");
        });
    });
});
