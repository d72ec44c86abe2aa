import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { shellWord } from "../../../local/images/debianRoot";

describe("local/images/debianRoot", () => {
    for (const text of ["it's", "''", "a 'b' \"c\" $d `e` \\ !f", "line 1\nline 2\n", ""]) {
        it(`hands ${JSON.stringify(text)} to a shell as it is`, () => {
            const printed = execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" });
            expect(printed).to.equal(text);
        });
    }
});
