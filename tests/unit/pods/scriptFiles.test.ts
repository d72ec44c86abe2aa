import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { jobScriptFiles, triedCommand } from "../../../components/pods/scriptFiles";
import { skipWithoutPython } from "../../support/python";

describe("A Job's script", () => {
    let folder: string;

    before(skipWithoutPython);

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "tries-"));
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** Runs a script that ends with these codes, one a try, and hands back how it all ended and how often it was tried. */
    const ends = (...codes: readonly number[]) => {
        const tries = join(folder, "tries");
        const source = [
            "import os, sys",
            "tries, codes = sys.argv[1], sys.argv[2:]",
            "with open(tries, 'a') as file: file.write('x')",
            "sys.exit(int(codes[min(os.path.getsize(tries), len(codes)) - 1]))",
        ].join("\n");
        const files = jobScriptFiles({ "job.py": source });
        const retry = files["retry.py"] ?? "";
        const impatient = retry.replace("PAUSES = (10, 20, 40)", "PAUSES = (0, 0, 0)");
        expect(impatient).to.not.equal(retry);
        for (const [file, text] of Object.entries({ ...files, "retry.py": impatient })) {
            writeFileSync(join(folder, file), text);
        }
        const [, ...words] = triedCommand("job.py", tries, ...codes.map(String)).map(String);
        const local = words.map((word) => word.replace(/^\/scripts\//, `${folder}/`));
        const { status } = spawnSync("python3", local, { encoding: "utf8" });
        return { status, tries: readFileSync(tries, "utf8").length };
    };

    it("runs once when it does well", () => {
        expect(ends(0)).to.deep.equal({ status: 0, tries: 1 });
    });

    it("runs again when it fails, and is done when it then does well", () => {
        expect(ends(1, 1, 0)).to.deep.equal({ status: 0, tries: 3 });
    });

    it("is given up after four tries, with its exit code", () => {
        expect(ends(7)).to.deep.equal({ status: 7, tries: 4 });
    });

    it("ends at once when no other try could help", () => {
        expect(ends(65)).to.deep.equal({ status: 65, tries: 1 });
        expect(ends(1, 65)).to.deep.equal({ status: 65, tries: 2 });
    });

    it("comes with the script that retries it", () => {
        expect(Object.keys(jobScriptFiles({ "migrate.py": "a = 1\n" }))).to.have.members(["migrate.py", "retry.py"]);
    });

    it("gets its arguments as they are, whatever Kubernetes would make of them", () => {
        expect(triedCommand("job.py", "$(PATH)", "a b")).to.deep.equal([
            "python",
            "/scripts/retry.py",
            "/scripts/job.py",
            "$$(PATH)",
            "a b",
        ]);
    });
});
