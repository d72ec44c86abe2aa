import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { describeLock, readStackLocks } from "../../../local/pulumi/stackLocks";

describe("The locks of a stack", () => {
    let state: string;

    const lock = (name: string, content: object): void => {
        const folder = join(state, ".pulumi", "locks", "organization", "project", "stack");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
    };
    const locks = () => readStackLocks(`file://${state}`, "project", "stack");
    const own = { pid: process.pid, username: "me", hostname: hostname(), timestamp: new Date().toISOString() };

    beforeEach(() => {
        state = mkdtempSync(join(tmpdir(), "locks "));
    });

    afterEach(() => rmSync(state, { recursive: true, force: true }));

    it("are none without a run", () => {
        expect(locks()).to.deep.equal({ held: [], abandoned: [] });
    });

    it("are abandoned when their run was one of this machine and is no more", () => {
        const dead = { ...own, pid: 2 ** 22 + 1 };
        lock("a", dead);
        expect(locks()).to.deep.equal({ held: [], abandoned: [dead] });
    });

    it("are abandoned when another process has got the number of their run", () => {
        const older = { ...own, timestamp: "2001-01-01T00:00:00Z" };
        lock("a", older);
        expect(locks()).to.deep.equal({ held: [], abandoned: [older] });
    });

    it("are held when their run is alive, or of another machine, or not known", () => {
        const held = [own, { pid: 2 ** 22 + 1, hostname: "elsewhere" }, { hostname: hostname() }];
        for (const [index, content] of held.entries()) {
            lock(String(index), content);
        }
        expect(locks()).to.deep.equal({ held, abandoned: [] });
    });

    it("name who holds them", () => {
        expect(describeLock(own)).to.match(new RegExp(`^me on ${hostname()}, process ${process.pid}, since 20`));
        expect(describeLock({})).to.equal("somebody on an unknown machine, process unknown");
    });

    it("are no matter of ours in another kind of backend", () => {
        expect(readStackLocks("https://api.example.org", "project", "stack").held).to.deep.equal([]);
    });
});
