import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { isLockedByTheDead } from "../../../local/pulumi/staleLocks";

describe("A stack that a killed run of the real CLI left locked", () => {
    let state: string;

    const lock = (name: string, content: object): void => {
        const folder = join(state, ".pulumi", "locks", "organization", "project", "stack");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
    };
    const isDead = (): boolean => isLockedByTheDead(`file://${state}`, "project", "stack", (pid) => pid === 1);

    beforeEach(() => {
        state = mkdtempSync(join(tmpdir(), "locks "));
    });

    afterEach(() => rmSync(state, { recursive: true, force: true }));

    it("may be unlocked when the run was one of this machine and is no more", () => {
        expect(isDead()).to.equal(false);
        lock("a", { pid: 2, username: "me", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" });
        expect(isDead()).to.equal(true);
    });

    it("is let alone when a run is alive, or of another machine, or not known", () => {
        lock("a", { pid: 2, hostname: hostname() });
        for (const other of [
            { pid: 1, hostname: hostname() },
            { pid: 2, hostname: "elsewhere" },
            { hostname: hostname() },
        ]) {
            lock("b", other);
            expect(isDead(), JSON.stringify(other)).to.equal(false);
        }
    });

    it("is no matter of ours in another kind of backend", () => {
        expect(isLockedByTheDead("https://api.example.org", "project", "stack")).to.equal(false);
        expect(isLockedByTheDead("file://~", "project", "stack")).to.equal(false);
    });
});
