import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensureBuilt } from "../../../local/support/buildCache";

describe("local/support: buildCache", () => {
    let cache: string;
    const key = (digit: number) => String(digit).repeat(16);

    beforeEach(() => {
        cache = mkdtempSync(join(tmpdir(), "build-cache-"));
    });

    afterEach(() => rmSync(cache, { recursive: true }));

    function build(digit: number, content = "built"): Promise<string> {
        const fill = async (directory: string) => writeFileSync(join(directory, "program"), content);
        return ensureBuilt({ name: "thing", key: key(digit), title: "Building a thing", fill, cache });
    }

    const kept = () => readdirSync(cache).filter((entry) => entry !== "thing.lock");

    it("builds once, also when asked twice at the same time", async () => {
        const [one, two] = await Promise.all([build(1, "one"), build(1, "two")]);
        expect(one).to.equal(two);
        const content = readFileSync(join(one, "program"), "utf8");
        expect(content).to.be.oneOf(["one", "two"]);
        expect(readFileSync(join(await build(1, "three"), "program"), "utf8")).to.equal(content);
    });

    it("leaves nothing of a build that fails, and builds again", async () => {
        const failing = { name: "thing", key: key(1), title: "Building a thing", cache };
        const fill = async (directory: string) => {
            writeFileSync(join(directory, "half"), "");
            throw new Error("no space");
        };
        const error = await ensureBuilt({ ...failing, fill }).catch((caught: Error) => caught.message);
        expect(error).to.equal("no space");
        expect(kept()).to.deep.equal([]);
        expect(readdirSync(await build(1))).to.deep.equal(["program"]);
    });

    it("removes what killed builds have left and all but the two builds used last, of the same name only", async () => {
        const others = [`thing-else-${key(1)}`, `thing-else-${key(1)}.0123abcd.tmp`, "thing-notes"];
        for (const name of [...others, `thing-${key(9)}.0123abcd.tmp`]) {
            mkdirSync(join(cache, name));
        }
        for (const digit of [1, 2]) {
            utimesSync(await build(digit), digit, digit);
        }
        await build(1); // used again
        await build(3);
        expect(kept()).to.have.members([...others, `thing-${key(1)}`, `thing-${key(3)}`]);
    });
});
