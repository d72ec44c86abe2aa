import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import {
    isPinned,
    packagesDirectory,
    requirementLines,
    requirementName,
} from "../../../../components/dags/packages/requirementsFile";
import { folder, removeFolders } from "../../../support/folders";
import { skipWithoutPython } from "../../../support/python";

const scriptPath = join(__dirname, "../../../../components/dags/packages/scripts/install_packages.py");

/** A pip that installs one module into the prefix, or fails with the words of the real one; it notes what it was given. */
const pip = `
import json, os, pathlib, sys
arguments = sys.argv[1:]
with open(os.environ["PIP_LOG"], "a") as log: log.write(json.dumps([arguments, os.environ.get("PIP_USER"),
    pathlib.Path(arguments[arguments.index("--constraint") + 1]).read_text()]) + "\\n")
if os.environ.get("PIP_SAYS"): sys.exit(os.environ["PIP_SAYS"])
prefix = pathlib.Path(arguments[arguments.index("--prefix") + 1])
packages = prefix / "lib" / "python3.99" / "site-packages"
(packages / "mine-1.0.dist-info").mkdir(parents=True)
(packages / "mine.py").write_text("VALUE = 1\\n")
`;

interface Install {
    readonly packages: string;
    readonly set?: string;
    readonly index?: string;
    readonly says?: string;
}

function install({ packages, set = "aaaa", index, says = "" }: Install) {
    const stub = folder({ "pip/__init__.py": "", "pip/__main__.py": pip, "log.txt": "" });
    const requirements = join(folder({ "requirements.txt": "mine==1.0\n" }), "requirements.txt");
    const args = [scriptPath, requirements, join(packages, ".packages", set), ...(index === undefined ? [] : [index])];
    const { status, stdout, stderr } = spawnSync("python3", args, {
        encoding: "utf8",
        env: { PATH: process.env.PATH, PYTHONPATH: stub, PIP_LOG: join(stub, "log.txt"), PIP_SAYS: says },
    });
    const calls = readFileSync(join(stub, "log.txt"), "utf8").split("\n").filter(Boolean);
    return { code: status, stdout, stderr, calls: calls.map((line) => JSON.parse(line) as [string[], string, string]) };
}

const sets = (packages: string) => readdirSync(join(packages, ".packages")).sort();

describe("install_packages.py, run by a real Python with a stand-in of pip", function () {
    this.timeout(30_000);

    before(skipWithoutPython);
    after(removeFolders);

    it("installs under the final name, with bytecode, and a path without Python's version", () => {
        const packages = folder();
        const { code, stderr, stdout } = install({ packages });
        expect(code, stderr).to.equal(0);
        expect(stdout).to.contain("1 packages in").and.to.contain("mine-1.0");
        const set = join(packages, ".packages", "aaaa");
        expect(readlinkSync(join(set, "site-packages"))).to.equal("lib/python3.99/site-packages");
        expect(readFileSync(join(set, "site-packages", "mine.py"), "utf8")).to.equal("VALUE = 1\n");
        expect(readdirSync(join(set, "site-packages", "__pycache__"))).to.have.length(1);
        expect(sets(packages)).to.deep.equal(["aaaa"]);
    });

    it("holds pip to what is installed here, away from the user's own packages, and asks nothing", () => {
        const { calls } = install({ packages: folder() });
        expect(calls).to.have.length(1);
        const [args, user, constraints] = calls[0];
        expect(user).to.equal("false");
        expect(args).to.include.members(["install", "--no-input", "--no-cache-dir", "--requirement"]);
        expect(args).to.not.include.members(["--index-url"]);
        expect(constraints.trim() === "" || /^\S+==\S+$/m.test(constraints)).to.equal(true);
    });

    it("asks the index that is set, and trusts it without TLS only where the URL says so", () => {
        const secure = install({ packages: folder(), index: "https://index.example.org/simple/" }).calls[0][0];
        expect(secure.slice(-2)).to.deep.equal(["--index-url", "https://index.example.org/simple/"]);
        const plain = install({ packages: folder(), index: "http://index.local:8000/simple/" }).calls[0][0];
        expect(plain.slice(-2)).to.deep.equal(["--trusted-host", "index.local"]);
    });

    it("does nothing when the set is there", () => {
        const packages = folder();
        install({ packages });
        const { code, calls } = install({ packages });
        expect(code).to.equal(0);
        expect(calls).to.deep.equal([]);
    });

    it("keeps the set before, and removes older ones and what an interrupted installation left", () => {
        const packages = folder({ ".packages/dddd.unfinished/half": "" });
        const age = (set: string, seconds: number) => utimesSync(join(packages, ".packages", set), seconds, seconds);
        install({ packages, set: "aaaa" });
        age("aaaa", 1000);
        install({ packages, set: "bbbb" });
        expect(sets(packages)).to.deep.equal(["aaaa", "bbbb"]);
        age("aaaa", 1000);
        age("bbbb", 2000);
        install({ packages, set: "cccc" });
        expect(sets(packages)).to.deep.equal(["bbbb", "cccc"]);
        age("bbbb", 2000);
        age("cccc", 3000);
        // Back to an earlier one: it is the newest now.
        install({ packages, set: "bbbb" });
        age("cccc", 3000);
        install({ packages, set: "eeee" });
        expect(sets(packages)).to.deep.equal(["bbbb", "eeee"]);
        // In use in the last day, all of them.
        install({ packages, set: "ffff" });
        expect(sets(packages)).to.deep.equal(["bbbb", "eeee", "ffff"]);
    });

    it("starts anew where an installation was interrupted", () => {
        const packages = folder({ ".packages/aaaa.unfinished/lib/half.py": "half" });
        expect(install({ packages }).code).to.equal(0);
        expect(existsSync(join(packages, ".packages", "aaaa", "lib", "half.py"))).to.equal(false);
    });

    it("ends in one message with what pip says, and without another try", () => {
        const packages = folder();
        const says =
            "Collecting mine\nERROR: Cannot install mine because of a conflict.\nThe conflict is caused by:\n    mine 1.0 depends on pendulum==1.0.0\n";
        const { code, stderr } = install({ packages, says });
        expect(code).to.equal(65);
        expect(stderr).to.contain("pythonPackages.requirements: the packages cannot be installed. pip says:");
        expect(stderr).to.contain("mine 1.0 depends on pendulum==1.0.0");
        expect(stderr).to.not.contain("cannot be reached");
        expect(existsSync(join(packages, ".packages", "aaaa"))).to.equal(false);
    });

    it("says which index cannot be reached", () => {
        const says = "ERROR: Could not find a version\nMax retries exceeded: Temporary failure in name resolution";
        expect(install({ packages: folder(), says }).stderr).to.contain("the package index cannot be reached.");
        const index = "https://index.example.org/simple/";
        expect(install({ packages: folder(), says, index }).stderr).to.contain(
            "pythonPackages.indexUrl cannot be reached.",
        );
    });
});

describe("a requirements file", () => {
    after(removeFolders);

    it("is read as pip reads it: comments, continued lines, and the numbers of the lines", () => {
        const text = "# why\n\na==1  # because\nb \\\n  >=2 \\\n  --hash=sha256:0\nc@https://h/x#egg=c\n";
        expect(requirementLines(text)).to.deep.equal([
            { line: 3, text: "a==1" },
            { line: 4, text: "b   >=2   --hash=sha256:0" },
            { line: 7, text: "c@https://h/x#egg=c" },
        ]);
    });

    it("names packages as indexes do", () => {
        expect(requirementName("Apache_Airflow.Core[a,b]>=3")).to.equal("apache-airflow-core");
        expect(requirementName("a")).to.equal("a");
        expect(requirementName("a; python_version<'3'")).to.equal("a");
        expect(requirementName("???")).to.equal(undefined);
        expect(requirementName("https://h/x.whl")).to.equal(undefined);
    });

    it("tells what is pinned", () => {
        const pinned = [
            "a==1.2",
            "a[x] == 1.2",
            "a===1.2",
            "a==1.2; python_version<'3'",
            "a==1 --hash=sha256:0",
            "a (==1.0)",
        ];
        pinned.push("a @ https://h/a-1.whl", `git+https://h/a@${"0".repeat(40)}`);
        for (const text of pinned) {
            expect(isPinned(text), text).to.equal(true);
        }
        for (const text of ["a", "a>=1", "a~=1.2", "a==1.*", "a!=1", "a>=1,<2", "git+https://h/a@main"]) {
            expect(isPinned(text), text).to.equal(false);
        }
    });

    it("has a folder of its own for each content, image and index, whatever ends its lines", () => {
        const path = (text: string) => join(folder({ "r.txt": text }), "r.txt");
        const place = packagesDirectory(path("a==1\n"), "image:1");
        expect(place).to.match(/^\/opt\/airflow\/dags\/\.packages\/[0-9a-f]{10}$/);
        expect(packagesDirectory(path("a==1\r\n\r\n"), "image:1")).to.equal(place);
        expect(packagesDirectory(path("a==2\n"), "image:1")).to.not.equal(place);
        expect(packagesDirectory(path("a==1\n"), "image:2")).to.not.equal(place);
        expect(packagesDirectory(path("a==1\n"), "image:1", "https://i/")).to.not.equal(place);
    });
});
