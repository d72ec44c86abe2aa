import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { withFileLock } from "../../../local/support/fileLock";

describe("local/support: fileLock", () => {
    let directory: string;

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "lock-"));
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    it("lets one in at a time, and the next one after a failure", async () => {
        const file = join(directory, "below", "lock");
        const events: string[] = [];
        const work = (name: string, fails: boolean) =>
            withFileLock(file, "runs a test", async () => {
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
});
