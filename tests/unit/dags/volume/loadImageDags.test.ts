import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { copyContainer } from "../../../../components/dags/volume/dagsCopy";
import { folder, removeFolders } from "../../../support/folders";
import { skipWithoutPython } from "../../../support/python";

const components = join(__dirname, "../../../../components/dags");
const place = "/dags in the image me/dags:1";

/** Runs the container that copies, on this machine: its command with another folder to copy to. */
function copied(imagePath: string): string {
    const copy = folder();
    const [shell, ...args] = copyContainer("me/dags:1", imagePath).command as string[];
    const { status, stderr } = spawnSync(shell, [...args.slice(0, -1), copy], { encoding: "utf8" });
    expect(status, stderr).to.equal(0);
    return copy;
}

function load(copy: string, volume: string) {
    const args = [join(components, "volume/scripts/load_dags.py"), "image", copy, volume, place];
    const { status, stdout, stderr } = spawnSync("python3", args, { encoding: "utf8" });
    return { code: status, stdout, stderr };
}

/** What makes root a user like any other, who may not read all files; nothing for another user. */
const unprivileged =
    process.getuid?.() === 0
        ? ["setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]
        : [];

function check(path: string) {
    const [program, ...args] = [...unprivileged, "python3", join(components, "image/scripts/check_dags.py"), path];
    const { status, stdout, stderr } = spawnSync(program, args, {
        encoding: "utf8",
        env: { ...process.env, IMAGE: "me/airflow:1" },
    });
    return { code: status, stdout, stderr };
}

describe("DAGs out of an image, copied by a shell and loaded by a real Python", function () {
    this.timeout(30_000);

    before(skipWithoutPython);
    after(removeFolders);

    const files = { "a.py": "a = 1\n", "team/b.py": "", ".env": "PASSWORD=1", ".airflowignore": "x", "team/x.pyc": "" };

    it("are switched to in one step, without hidden files and bytecode", () => {
        const volume = folder();
        const { code, stdout, stderr } = load(copied(folder(files)), volume);
        expect(code, stderr).to.equal(0);
        expect(stdout).to.contain("3 files in use");
        expect(readdirSync(join(volume, "current"))).to.have.members([".airflowignore", "a.py", "team"]);
        expect(readdirSync(join(volume, "current", "team"))).to.deep.equal(["b.py"]);
    });

    it("count by their contents: the same ones are the same load", () => {
        const volume = folder();
        load(copied(folder(files)), volume);
        const first = readlinkSync(join(volume, "current"));
        load(copied(folder(files)), volume);
        expect(readlinkSync(join(volume, "current"))).to.equal(first);
        load(copied(folder({ ...files, "a.py": "a = 2\n" })), volume);
        expect(readlinkSync(join(volume, "current"))).to.not.equal(first);
        expect(readFileSync(join(volume, "current", "a.py"), "utf8")).to.equal("a = 2\n");
        load(copied(folder({ "a.py": "a = 2\n" })), volume);
        expect(readdirSync(join(volume, "current"))).to.deep.equal(["a.py"]);
    });

    it("keep what links lead to inside, and refuse what they lead to outside", () => {
        const source = folder({ "a.py": "a = 1\n" });
        mkdirSync(join(source, "team"));
        symlinkSync("../a.py", join(source, "team", "c.py"));
        const volume = folder();
        expect(load(copied(source), volume).code).to.equal(0);
        expect(readFileSync(join(volume, "current", "team", "c.py"), "utf8")).to.equal("a = 1\n");
        symlinkSync("/etc/passwd", join(source, "team", "evil.py"));
        const { code, stderr } = load(copied(source), volume);
        expect(code).to.equal(65);
        expect(stderr).to.contain(
            `dags.volume.imagePath: in the folder ${place}, team/evil.py is a link that leads out.`,
        );
    });

    it("end the update in one sentence when they are not there, and change nothing", () => {
        const volume = folder();
        load(copied(folder(files)), volume);
        const before = readlinkSync(join(volume, "current"));
        const missing = load(copied("/no/such/folder"), volume);
        expect(missing.code).to.equal(65);
        expect(missing.stderr).to.contain(
            `dags.volume.imagePath: there is no folder ${place} that the user 50000 may read.`,
        );
        const empty = load(copied(folder({ "readme.md": "" })), volume);
        expect(empty.code).to.equal(65);
        expect(empty.stderr).to.contain(`dags.volume.imagePath: there is no Python file in the folder ${place}.`);
        expect(readlinkSync(join(volume, "current"))).to.equal(before);
    });
});

describe("check_dags.py", () => {
    before(skipWithoutPython);

    after(removeFolders);

    it("counts the Python files of a folder", () => {
        const { code, stdout } = check(folder({ "a.py": "", "team/b.py": "", "c.txt": "" }));
        expect(code).to.equal(0);
        expect(stdout).to.match(/^2 Python files in .* of me\/airflow:1$/m);
    });

    it("names the key and the image when there is nothing", () => {
        const missing = check("/no/such/folder");
        expect(missing.code).to.equal(65);
        expect(missing.stderr).to.contain(
            "dags.image.path: there is no folder /no/such/folder in the image me/airflow:1 (airflow.image).",
        );
        const empty = check(folder({ "a.txt": "" }));
        expect(empty.code).to.equal(65);
        expect(empty.stderr).to.contain("dags.image.path: there is no Python file in the folder");
    });

    it("names a file that the user of Airflow may not read", () => {
        const path = folder({ "a.py": "" });
        chmodSync(join(path, "a.py"), 0);
        expect(check(path).stderr).to.contain("may not read");
    });
});
