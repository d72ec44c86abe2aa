import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { logKeeperPart } from "../../../local/cluster/controlPlane";
import {
    endProcesses,
    fingerprint,
    isAlive,
    type ProcessRecord,
    parseStat,
    processRecord,
} from "../../../local/cluster/processes";
import { waitUntil } from "../../../local/support/progress";

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
        const ofAnotherBoot = { ...record, bootId: "of another boot" };
        expect(isAlive(ofAnotherBoot)).to.equal(false);
        await endProcesses([later, ofAnotherBoot], 100);
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

describe("local/cluster: logs of the parts", () => {
    it("are cut when they grow too long, while they are written to", async () => {
        const directory = mkdtempSync(join(tmpdir(), "logs-"));
        const [long, short] = [join(directory, "long.log"), join(directory, "short.log")];
        writeFileSync(short, "kept\n");
        const writer = started("sh", "-c", `while :; do echo line >> ${long}; sleep 0.01; done`);
        const [program = "", ...arguments_] = logKeeperPart(directory, 100, 0.1).command;
        const keeper = started(program, ...arguments_);
        try {
            await waitUntil(
                async () => existsSync(`${long}.1`) && statSync(long).size < statSync(`${long}.1`).size,
                10_000,
                () => "the log was not cut",
            );
            expect(readFileSync(`${long}.1`, "utf8")).to.match(/^(line\n)+$/);
            expect(readFileSync(short, "utf8")).to.equal("kept\n");
        } finally {
            await endProcesses([writer, keeper], 2000);
            rmSync(directory, { recursive: true });
        }
    });
});
