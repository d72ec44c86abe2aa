import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";

/** A part of mocha that has no types. */
const lookup: string = "mocha/lib/cli/lookup-files.js";

/** The files of a suite, found as mocha finds them. */
async function filesOf(config: string): Promise<string[]> {
    const { lookupFiles } = (await import(lookup)) as { lookupFiles: (pattern: string) => string[] };
    const { spec } = JSON.parse(readFileSync(join(repositoryDirectory, config), "utf8")) as { spec: string[] };
    return spec.flatMap((pattern) => lookupFiles(join(repositoryDirectory, pattern)));
}

describe("The suites of make test", () => {
    it("have every file of tests, and none twice", async () => {
        const configs = readdirSync(repositoryDirectory).filter((name) => name.startsWith(".mocharc."));
        const inSuites = (await Promise.all(configs.map(filesOf))).flat();
        const all = readdirSync(join(repositoryDirectory, "tests"), { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".test.ts"))
            .map((name) => join(repositoryDirectory, "tests", name));
        expect(inSuites.sort()).to.deep.equal(all.sort());
    });
});
