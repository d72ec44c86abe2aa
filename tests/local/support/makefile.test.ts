import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { satisfies } from "semver";
import { findOnPath } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";
import { folder, removeFolders } from "../../support/folders";

const text = (name: string) => readFileSync(join(repositoryDirectory, name), "utf8");
const { engines } = JSON.parse(text("package.json")) as { engines: { node: string } };

/** Runs `make output` where no packages are installed yet, with the Node of this version, or none. */
function make(version: string | undefined): { status: number | null; stderr: string } {
    const checkout = folder({ Makefile: text("Makefile"), "package-lock.json": "{}" });
    const node = [
        "#!/bin/bash",
        `[ "$1" = --version ] && echo v${version} && exit`,
        `exec "${process.execPath}" -e "Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); $2"`,
    ].join("\n");
    const npm = "#!/bin/bash\necho npm was called >&2; exit 7";
    const programs = folder({ npm, ...(version === undefined ? {} : { node }) }, 0o755);
    // Nothing else on the PATH: this machine has a Node, too.
    const { status, stderr } = spawnSync(findOnPath("make") ?? "make", ["output"], {
        cwd: checkout,
        encoding: "utf8",
        env: { PATH: programs },
    });
    return { status, stderr };
}

describe("Makefile", () => {
    after(removeFolders);

    for (const version of ["18.20.8", "20.18.3", "21.7.3", "22.11.0"]) {
        it(`refuses Node ${version} in one sentence, as package.json does`, () => {
            expect(satisfies(version, engines.node)).to.equal(false);
            const { status, stderr } = make(version);
            expect(status).not.to.equal(0);
            expect(stderr.split("\n")[0]).to.equal(
                `Node.js 20.19 or a later 20, or 22.12 or later, is needed, and this machine has v${version}: https://nodejs.org`,
            );
            expect(stderr).not.to.include("npm was called");
        });
    }

    for (const version of ["20.19.0", "20.20.2", "22.12.0", "24.1.0"]) {
        it(`takes Node ${version}, as package.json does`, () => {
            expect(satisfies(version, engines.node)).to.equal(true);
            expect(make(version).stderr).to.include("npm was called");
        });
    }

    it("says so when there is no Node", () => {
        expect(make(undefined).stderr.split("\n")[0]).to.match(/this machine has none: https:\/\/nodejs\.org$/);
    });

    it("is one with .nvmrc", () => {
        expect(satisfies(`${text(".nvmrc").trim()}.12.0`, engines.node)).to.equal(true);
    });
});
