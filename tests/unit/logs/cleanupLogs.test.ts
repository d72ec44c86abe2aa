import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { maximumLogBytes } from "../../../components/logs/logCleanup";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { folder, removeFolders } from "../../support/folders";
import { skipWithoutPython } from "../../support/python";

const script = join(__dirname, "../../../components/logs/scripts/cleanup_logs.py");
const hour = 3600;
const day = 24 * hour;

/** Sets the time of the last change of a file or folder, so many seconds ago. */
function age(path: string, seconds: number): void {
    const time = Date.now() / 1000 - seconds;
    utimesSync(path, time, time);
}

/** Writes a file of so many bytes that was last changed so many seconds ago. */
function log(root: string, name: string, seconds: number, bytes = 100): string {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "x".repeat(bytes));
    age(path, seconds);
    return path;
}

function clean(root: string, retentionSeconds: number, maximumBytes = 1e9) {
    const { status, stdout, stderr } = spawnSync("python3", [script], {
        encoding: "utf8",
        env: {
            PATH: process.env.PATH,
            LOGS: root,
            RETENTION_SECONDS: String(retentionSeconds),
            MAXIMUM_BYTES: String(maximumBytes),
        },
    });
    return { code: status, stdout, stderr };
}

describe("cleanup_logs.py", function () {
    before(skipWithoutPython);
    afterEach(removeFolders);
    this.timeout(30_000);

    it("removes what is older than asked for, wherever it lies, and nothing else", () => {
        const root = folder({});
        const old = log(root, "dag_id=a/run_id=1/task_id=t/attempt=1.log", 31 * day);
        const young = log(root, "dag_id=a/run_id=2/task_id=t/attempt=1.log", 29 * day);
        const { code, stdout } = clean(root, 30 * day);
        expect(code).to.equal(0);
        expect([existsSync(old), existsSync(young)]).to.deep.equal([false, true]);
        expect(stdout).to.match(/^Removed 1 files/);
    });

    it("keeps all for a retention of zero, as far as there is room", () => {
        const root = folder({});
        const old = log(root, "a.log", 3650 * day);
        expect(clean(root, 0).code).to.equal(0);
        expect(existsSync(old)).to.equal(true);
    });

    it("removes the oldest until the rest has room, and no more than that", () => {
        const root = folder({});
        // What counts is what the disk holds: whole blocks.
        const files = [5, 4, 3, 2].map((days) => log(root, `${days}.log`, days * day, 8192));
        expect(clean(root, 30 * day, 3 * 8192).code).to.equal(0);
        expect(files.map(existsSync)).to.deep.equal([false, true, true, true]);
        expect(clean(root, 30 * day, 8192).code).to.equal(0);
        expect(files.map(existsSync)).to.deep.equal([false, false, false, true]);
    });

    it("never touches what was written in the last hour, and says when that is too much", () => {
        const root = folder({});
        const files = [log(root, "now.log", 0, 8192), log(root, "then.log", 0.9 * hour, 8192)];
        const { code, stderr } = clean(root, 1, 1);
        expect(code).to.equal(0);
        expect(files.map(existsSync)).to.deep.equal([true, true]);
        expect(stderr).to.contain("was written in the last hour");
    });

    it("removes folders that have been empty for a day, from the inside out, and leaves the volume itself", () => {
        const root = folder({});
        const inner = join(root, "dag_id=a/run_id=1");
        mkdirSync(inner, { recursive: true });
        mkdirSync(join(root, "new"));
        age(inner, 2 * day);
        age(dirname(inner), 2 * day);
        age(root, 2 * day);
        expect(clean(root, 30 * day).stdout).to.contain("1 empty folders");
        expect([existsSync(inner), existsSync(dirname(inner)), existsSync(join(root, "new"))]).to.deep.equal([
            false,
            // It was changed just now: its turn comes a day later.
            true,
            true,
        ]);
        age(dirname(inner), 2 * day);
        clean(root, 30 * day);
        expect([existsSync(dirname(inner)), existsSync(root)]).to.deep.equal([false, true]);
    });

    it("follows no links out of the volume", () => {
        const outside = folder({});
        const kept = log(outside, "kept.log", 365 * day);
        const root = folder({});
        symlinkSync(outside, join(root, "latest"));
        symlinkSync(kept, join(root, "file"));
        expect(clean(root, day, 1).code).to.equal(0);
        expect(existsSync(kept)).to.equal(true);
    });
});

describe("maximumLogBytes", () => {
    it("is what is set, or four fifths of the volume", () => {
        expect(maximumLogBytes(withDefaults({ logs: { maximumSize: "1Gi" } }))).to.equal(2 ** 30);
        expect(maximumLogBytes(withDefaults({ storage: { logsSize: "10Gi" } }))).to.equal(8 * 2 ** 30);
    });
});
