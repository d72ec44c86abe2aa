import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { lockHolder, tryLock } from "../../../local/cluster/lock";
import {
    endProcesses,
    fingerprint,
    isAlive,
    type ProcessRecord,
    parseStat,
    processRecord,
} from "../../../local/cluster/processes";

function started(program: string, ...arguments_: string[]): ProcessRecord {
    const child = spawn(program, arguments_, { stdio: "ignore" });
    const record = child.pid === undefined ? undefined : processRecord(child.pid);
    if (record === undefined) {
        throw new Error(`${program} does not run`);
    }
    return record;
}

describe("local/cluster: processes", () => {
    it("reads the start time behind a name with blanks and brackets", () => {
        const rest = `S ${Array.from({ length: 18 }, (_, index) => index + 4).join(" ")} 4711 0 0`;
        expect(parseStat(`12 (a ) (b) ${rest}`)).to.deep.equal({ state: "S", startTime: "4711" });
    });

    it("tells a process from a later one with its pid", async () => {
        const record = started("sleep", "60");
        const later = { ...record, startTime: `${Number(record.startTime) + 1}` };
        expect(isAlive(record)).to.equal(true);
        expect(isAlive(later)).to.equal(false);
        await endProcesses([later], 100);
        expect(isAlive(record), "the process that only has the same pid").to.equal(true);
        await endProcesses([record], 2000);
        expect(isAlive(record)).to.equal(false);
        expect(isAlive(undefined)).to.equal(false);
    });

    it("kills what does not listen", async () => {
        const record = started("bash", "-c", "trap '' TERM; while :; do sleep 0.1; done");
        await endProcesses([record], 200);
        expect(isAlive(record)).to.equal(false);
    });

    it("starts a part again when its command or its configuration changed, not when it enters another namespace", () => {
        const part = { name: "x", command: ["x", "--a"], configuration: ["text"] };
        expect(fingerprint({ ...part, mountNamespaceOf: 7 })).to.equal(fingerprint(part));
        expect(fingerprint({ ...part, command: ["x", "--b"] })).not.to.equal(fingerprint(part));
        expect(fingerprint({ ...part, configuration: ["other"] })).not.to.equal(fingerprint(part));
    });
});

describe("local/cluster: lock", () => {
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "lock-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("is held by one process at a time and taken over from one that is gone", async () => {
        const path = join(directory, "lock");
        const holder = started("sleep", "60");
        const own = processRecord(process.pid) as ProcessRecord;
        expect(tryLock(path, holder)).to.equal(true);
        expect(tryLock(path, own)).to.equal(false);
        expect(lockHolder(path)?.pid).to.equal(holder.pid);
        await endProcesses([holder], 2000);
        expect(lockHolder(path)).to.equal(undefined);
        expect(tryLock(path, own)).to.equal(true);
    });

    it("takes over a file that says nothing", () => {
        const path = join(directory, "lock");
        writeFileSync(path, "");
        expect(tryLock(path, processRecord(process.pid) as ProcessRecord)).to.equal(true);
    });
});
