import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { withLock } from "../../../local/support/lock";
import { repositoryDirectory } from "../../../local/support/paths";

describe("local/support: lock", () => {
    let directory: string;

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "lock-"));
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    it("lets one in at a time, and the next one after a failure", async () => {
        const file = join(directory, "below", "lock");
        const events: string[] = [];
        const work = (name: string, fails: boolean) =>
            withLock(file, "tests", async () => {
                events.push(`${name} in`);
                await new Promise((resolve) => setTimeout(resolve, 50));
                events.push(`${name} out`);
                if (fails) {
                    throw new Error(name);
                }
                return name;
            }).catch((error: Error) => `failed: ${error.message}`);
        const results = await Promise.all([work("one", true), work("two", false), work("three", true)]);
        expect(results).to.deep.equal(["failed: one", "two", "failed: three"]);
        expect(events).to.have.length(6);
        for (const index of [0, 2, 4]) {
            expect(events[index + 1]).to.equal(events[index].replace("in", "out"));
        }
    });

    it("is given back when its holder is killed, whose pid is told to whoever waits", async () => {
        const file = join(directory, "lock");
        const module = join(repositoryDirectory, "local", "support", "lock");
        const program = `require(${JSON.stringify(module)}).withLock(${JSON.stringify(file)}, "tests", () => { console.log("in"); return new Promise((resolve) => setTimeout(resolve, 60000)); })`;
        const holder = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
            cwd: repositoryDirectory,
            stdio: ["ignore", "pipe", "inherit"],
        });
        await once(holder.stdout, "data");
        expect(readFileSync(file, "utf8")).to.equal(`${holder.pid}\n`);
        const next = withLock(file, "tests", async () => "in");
        holder.kill("SIGKILL");
        expect(await next).to.equal("in");
    });
});
