import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { neededUrns } from "../../../local/engine/deployment/dependencyGraph";
import { StackLock } from "../../../local/engine/state/stackLock";
import { StackStore } from "../../../local/engine/state/stackStore";
import { configMap } from "./support/programs";
import { TestStack } from "./support/testStack";

const password = "sesame-open-yourself";

describe("the state of a stack", () => {
    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.start();
    });
    afterEach(() => stack.stop());

    function files(): string[] {
        const directory = join(stack.stateDirectory, "stacks/demo");
        return readdirSync(directory).map((name) => join(directory, name));
    }

    const program = (): object => {
        const made = new random.RandomPassword("made", { length: 24 });
        const given = pulumi.secret(password);
        new k8s.core.v1.Secret("secret", { metadata: { name: "secret" }, stringData: { made: made.result, given } });
        configMap("open", { text: "plain text" });
        return { made: made.result, given };
    };

    it("is for its owner alone and holds no secret in plain text, in the middle of a run neither", async () => {
        const seen: string[] = [];
        stack.cluster.after = () => {
            files().forEach((file) => void seen.push(readFileSync(file, "utf8")));
        };
        const run = await stack.up(program);
        files().forEach((file) => void seen.push(readFileSync(file, "utf8")));
        const made = stack.cluster.find("Secret", "secret")?.stringData as { made: string };
        expect(made.made).to.have.length(24);
        for (const text of [...seen, run.output]) {
            expect(text).not.to.include(password);
            expect(text).not.to.include(made.made);
            expect(text).not.to.include(Buffer.from(password).toString("base64"));
        }
        expect(seen.some((text) => text.includes("plain text"))).to.equal(true);
        expect(files().map((file) => statSync(file).mode & 0o777)).to.deep.equal([0o600]);
    });

    it("opens with its passphrase only", async () => {
        await stack.up(program);
        const message = await StackStore.open(stack.stateDirectory, "demo", "test", () => "another").catch(
            (error: Error) => error.message,
        );
        expect(message).to.include("the passphrase is not the one that the secrets were encrypted with");
    });

    it("is not written by a run that changes nothing", async () => {
        await stack.up(program);
        const [file = ""] = files();
        const before = readFileSync(file, "utf8");
        await stack.up(program);
        expect(readFileSync(file, "utf8")).to.equal(before);
    });

    it("is readable wherever a process that writes it was cut off", async () => {
        await stack.up(program);
        const store = await stack.store();
        const [first] = store.state.resources;
        if (first === undefined) {
            throw new Error("no resource");
        }
        for (const created of ["1", "2", "3"]) {
            store.record({ put: [{ ...first, created }] });
        }
        const journal = files().find((file) => file.endsWith(".journal")) ?? "";
        const length = statSync(journal).size;
        const found = new Set<string>();
        for (let size = length; size >= 0; size -= 97) {
            truncateSync(journal, size);
            const { state } = await stack.store();
            found.add(state.resources[0]?.created.length === 1 ? state.resources[0].created : "0");
            expect(state.resources).to.have.length(store.state.resources.length);
        }
        expect([...found]).to.deep.equal(["3", "2", "1", "0"]);
    });

    it("takes no account of a journal that a finished run has left", async () => {
        await stack.up(program);
        const [file = ""] = files();
        const stale = [{ generation: 0 }, { remove: (await stack.store()).state.resources.map(({ key }) => key) }];
        writeFileSync(`${file}.journal`, stale.map((line) => `${JSON.stringify(line)}\n`).join(""));
        expect((await stack.resources()).length).to.equal(3);
    });

    it("refuses names that would lead out of its folder", async () => {
        const message = await StackStore.open(stack.stateDirectory, "demo", "../other", () => "x").catch(
            (error: Error) => error.message,
        );
        expect(message).to.include("can't be the name of a project or stack");
    });

    it("refers to nothing that is not in it", async () => {
        await stack.up(program);
        const { resources } = (await stack.store()).state;
        const urns = new Set(resources.map((resource) => resource.urn));
        expect(resources.flatMap(neededUrns).filter((urn) => !urns.has(urn))).to.deep.equal([]);
    });

    describe("is locked", () => {
        it("for a second run while one works on it", async () => {
            const lock = StackLock.take(stack.stateDirectory, "demo", "test");
            const message = await stack.up(program).catch((error: Error) => error.message);
            expect(message).to.match(/^Another run \(process \d+\) works on stack test of demo\./);
            lock.release();
            expect((await stack.up(program)).code).to.equal(0);
        });

        it("no longer by a process that is gone, or whose number another one has now", async () => {
            const file = join(stack.stateDirectory, "stacks/demo/test.json.lock");
            await stack.up(program);
            for (const holder of [{ pid: 999_999_999, started: "1" }, { pid: process.pid, started: "1" }, "{"]) {
                writeFileSync(file, JSON.stringify(holder));
                expect((await stack.up(program)).code).to.equal(0);
            }
        });
    });
});
