import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { kernelSettings, restoreSettings, settingsToChange } from "../../../local/cluster/machine";

const forwarding = "net/ipv4/ip_forward";

describe("local/cluster: kernel settings", () => {
    let directory: string;
    const set = (values: Readonly<Record<string, string>>) => {
        for (const [name, value] of Object.entries(values)) {
            mkdirSync(dirname(join(directory, name)), { recursive: true });
            writeFileSync(join(directory, name), `${value}\n`);
        }
    };
    const read = (name: string) => readFileSync(join(directory, name), "utf8").trim();

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "settings-"));
        set(kernelSettings);
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("are put back", () => {
        restoreSettings({ [forwarding]: "0", "kernel/panic": "1", "vm/panic_on_oom": "0" }, false, directory);
        expect([forwarding, "kernel/panic", "vm/panic_on_oom"].map(read)).to.deep.equal(["0", "1", "0"]);
    });

    it("stay when somebody else has changed them meanwhile", () => {
        set({ "kernel/panic": "30" });
        restoreSettings({ "kernel/panic": "1" }, false, directory);
        expect(read("kernel/panic")).to.equal("30");
    });

    it("let others go on forwarding, whose are no less put back", () => {
        restoreSettings({ [forwarding]: "0", "kernel/panic": "1" }, true, directory);
        expect([forwarding, "kernel/panic"].map(read)).to.deep.equal(["1", "1"]);
    });

    it("stay when nothing was recorded of them, or they were like this before", () => {
        restoreSettings({ [forwarding]: "1" }, false, directory);
        expect([forwarding, "kernel/panic"].map(read)).to.deep.equal(["1", "10"]);
    });

    it("are named before they are changed", () => {
        expect(settingsToChange(directory)).to.deep.equal([]);
        set({ [forwarding]: "0", "vm/overcommit_memory": "2" });
        expect(settingsToChange(directory)).to.deep.equal(["net.ipv4.ip_forward", "vm.overcommit_memory"]);
    });
});
