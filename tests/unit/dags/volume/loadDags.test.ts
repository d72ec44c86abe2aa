import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    statSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packDags } from "../../../../components/dags/volume/dagsArchive";
import { folder, noise, removeFolders } from "../../../support/folders";
import { skipWithoutPython } from "../../../support/python";

const scriptPath = join(__dirname, "../../../../components/dags/volume/scripts/load_dags.py");

type Files = Record<string, string>;

/** An archive as the Job finds it: a folder with one file for each ConfigMap. */
function delivered(files: Files): { parts: string; digest: string } {
    const { parts, digest } = packDags(folder(files));
    const names = parts.map((part, index) => [`dags.${String(index).padStart(3, "0")}`, Buffer.from(part, "base64")]);
    return { parts: folder(Object.fromEntries(names)), digest };
}

function load(volume: string, files: Files, digest?: string, environment: NodeJS.ProcessEnv = {}) {
    const archive = delivered(files);
    const result = spawnSync("python3", [scriptPath, "archive", archive.parts, volume, digest ?? archive.digest], {
        encoding: "utf8",
        env: { ...process.env, ...environment },
    });
    return { code: result.status, stdout: result.stdout, stderr: result.stderr, digest: archive.digest };
}

/** All files below a folder, by path. */
function tree(root: string, below = ""): Files {
    return Object.assign(
        {},
        ...readdirSync(join(root, below), { withFileTypes: true }).map((entry) => {
            const path = below === "" ? entry.name : `${below}/${entry.name}`;
            return entry.isDirectory() ? tree(root, path) : { [path]: readFileSync(join(root, path), "utf8") };
        }),
    );
}

const first: Files = { "a.py": "version = 1\n", "team/b.py": "version = 1\n" };
const second: Files = { "a.py": "version = 2\n", "team/c.py": "version = 2\n" };

/** Reads all files through the link in a loop, and says what it saw: sets of versions that were there together. */
const reader = `
import json, os, pathlib, sys
link = pathlib.Path(sys.argv[1]) / "current"
seen, rounds = set(), 0
print("ready", flush=True)
while not os.path.exists(sys.argv[2]):
    # Airflow resolves the folder once and then walks it.
    root = link.resolve(strict=True)
    seen.add(" ".join(sorted({path.read_text() for path in root.rglob("*.py")})))
    rounds += 1
print(json.dumps({"seen": sorted(seen), "rounds": rounds}))
`;

async function output(child: ChildProcess): Promise<string> {
    let text = "";
    child.stdout?.on("data", (chunk) => {
        text += chunk;
    });
    await once(child, "close");
    return text;
}

describe("load_dags.py, run by a real Python", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(30_000);

    it("loads onto an empty volume and leaves nothing else there", () => {
        const volume = folder();
        const { code, stdout, digest } = load(volume, first);
        expect(code).to.equal(0);
        expect(stdout).to.equal(`2 files in use at ${volume}/current\n`);
        expect(tree(join(volume, "current"))).to.deep.equal(first);
        expect(readdirSync(volume)).to.have.members([".loads", "current"]);
        expect(readdirSync(join(volume, ".loads"))).to.deep.equal([digest]);
    });

    it("links relative to the volume, which every pod mounts where it likes", () => {
        const volume = folder();
        const { digest } = load(volume, first);
        expect(lstatSync(join(volume, "current")).isSymbolicLink()).to.equal(true);
        expect(readlinkSync(join(volume, "current"))).to.equal(`.loads/${digest}`);
    });

    it("shows a changed load whole: new files are there, removed files are gone", () => {
        const volume = folder();
        load(volume, first);
        expect(load(volume, second).code).to.equal(0);
        expect(tree(join(volume, "current"))).to.deep.equal(second);
        expect(existsSync(join(volume, "current/team/b.py"))).to.equal(false);
    });

    it("keeps the load before, and what was in use in the last day, and removes older ones", () => {
        const volume = folder();
        const one = load(volume, first);
        const two = load(volume, second);
        const three = load(volume, { "a.py": "version = 3\n" });
        const all = [one.digest, two.digest, three.digest];
        expect(readdirSync(join(volume, ".loads"))).to.have.members(all);
        for (const { digest } of [one, two, three]) {
            utimesSync(join(volume, ".loads", digest), 1000, 1000);
        }
        const four = load(volume, { "a.py": "version = 4\n" });
        expect(readdirSync(join(volume, ".loads"))).to.have.members([three.digest, four.digest]);
    });

    it("does its work where an older load cannot be removed, and says so", () => {
        const volume = folder();
        const stuck = join(volume, ".loads", "0".repeat(64));
        mkdirSync(join(stuck, "open"), { recursive: true });
        utimesSync(stuck, 1000, 1000);
        // As on NFS, where a file that a task has open is no longer there, but its folder cannot be removed.
        const site = folder({
            "sitecustomize.py": "import shutil\nshutil.rmtree = lambda path, ignore_errors=False: None\n",
        });
        const { code, stdout } = load(volume, first, undefined, { PYTHONPATH: site });
        expect(code).to.equal(0);
        expect(stdout).to.contain(`${stuck} is in use in part; the next load removes it\n`);
        expect(tree(join(volume, "current"))).to.deep.equal(first);
    });

    it("keeps scripts that can be run, whatever else the mode of a file was", () => {
        const volume = folder();
        const source = folder({ "a.py": "", "run.sh": "#!/bin/sh\n", "own.sh": "" });
        const modes = () =>
            ["a.py", "run.sh", "own.sh"].map((name) => statSync(join(volume, "current", name)).mode & 0o777);
        chmodSync(join(source, "a.py"), 0o600);
        chmodSync(join(source, "run.sh"), 0o777);
        chmodSync(join(source, "own.sh"), 0o700);
        const { parts, digest } = packDags(source);
        const delivery = folder(
            Object.fromEntries(parts.map((part, at) => [`dags.00${at}`, Buffer.from(part, "base64")])),
        );
        const { status } = spawnSync("python3", [scriptPath, "archive", delivery, volume, digest]);
        expect(status).to.equal(0);
        expect(modes()).to.deep.equal([0o644, 0o755, 0o755]);
    });

    it("goes back to an earlier load", () => {
        const volume = folder();
        load(volume, first);
        load(volume, second);
        expect(load(volume, first).code).to.equal(0);
        expect(tree(join(volume, "current"))).to.deep.equal(first);
    });

    it("changes nothing when it runs again, as a Job does after a failure", () => {
        const volume = folder();
        const one = load(volume, first);
        const two = load(volume, second);
        const before = lstatSync(join(volume, "current")).ino;
        const again = load(volume, second);
        expect(again).to.deep.equal(two);
        expect(lstatSync(join(volume, "current")).ino).to.equal(before);
        expect(readdirSync(join(volume, ".loads"))).to.have.members([one.digest, two.digest]);
    });

    it("refuses an archive with another digest and touches nothing", () => {
        const volume = folder();
        load(volume, first);
        const before = readlinkSync(join(volume, "current"));
        const { code, stderr } = load(volume, second, "0".repeat(64));
        expect(code).to.equal(1);
        expect(stderr).to.equal("The archive of DAGs is not the one that was sent. Run the update again.\n");
        expect(readlinkSync(join(volume, "current"))).to.equal(before);
        expect(readdirSync(join(volume, ".loads"))).to.have.lengthOf(1);
        expect(tree(join(volume, "current"))).to.deep.equal(first);
    });

    it("takes up where an interrupted load stopped", () => {
        const volume = folder();
        const { digest } = delivered(first);
        mkdirSync(join(volume, ".loads", `${digest}.unfinished`, "team"), { recursive: true });
        writeFileSync(join(volume, ".loads", `${digest}.unfinished`, "half.py"), "half");
        symlinkSync("nowhere", join(volume, `.current.${digest}`));
        expect(load(volume, first).code).to.equal(0);
        expect(tree(join(volume, "current"))).to.deep.equal(first);
        expect(readdirSync(join(volume, ".loads"))).to.deep.equal([digest]);
        expect(readdirSync(volume)).to.have.members([".loads", "current"]);
    });

    it("removes what an interrupted load of other files left", () => {
        const volume = folder();
        mkdirSync(join(volume, ".loads", `${"0".repeat(64)}.unfinished`), { recursive: true });
        const { digest } = load(volume, first);
        expect(readdirSync(join(volume, ".loads"))).to.deep.equal([digest]);
    });

    it("puts an archive of several parts together", () => {
        const volume = folder();
        const files = { "a.py": "", "data.txt": noise(1_200_000).toString("base64") };
        expect(readdirSync(delivered(files).parts)).to.have.members(["dags.000", "dags.001"]);
        expect(load(volume, files).code).to.equal(0);
        expect(tree(join(volume, "current"))).to.deep.equal(files);
    });

    it("never shows a reader a missing, a part of a, or a mixed load", async () => {
        const volume = folder();
        const stop = join(folder(), "stop");
        const versions = Array.from({ length: 5 }, (_, version) =>
            Object.fromEntries(Array.from({ length: 20 }, (_, file) => [`f${file}.py`, `${version}`])),
        );
        load(volume, versions[0]);
        const child = spawn("python3", ["-c", reader, volume, stop], { stdio: ["ignore", "pipe", "pipe"] });
        const errors: string[] = [];
        child.stderr.on("data", (chunk) => errors.push(String(chunk)));
        const result = output(child);
        await once(child.stdout, "data");
        for (const files of versions.slice(1)) {
            const archive = delivered(files);
            const loader = spawn("python3", [scriptPath, "archive", archive.parts, volume, archive.digest], {
                stdio: "ignore",
            });
            const [code] = await once(loader, "close");
            expect(code).to.equal(0);
        }
        writeFileSync(stop, "");
        const lines = (await result).trim().split("\n");
        expect(errors.join("")).to.equal("");
        const { seen, rounds } = JSON.parse(lines.at(-1) ?? "{}") as { seen: string[]; rounds: number };
        expect(rounds).to.be.greaterThan(versions.length);
        // Each round saw one version only.
        expect(versions.map((_, version) => String(version))).to.include.members(seen);
        expect(seen.length).to.be.greaterThan(1);
    });
});
