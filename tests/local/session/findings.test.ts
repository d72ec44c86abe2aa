import { expect } from "chai";
import { section, wrongSections } from "../../../local/session/findings";

describe("What is wrong", () => {
    it("is told with what to do, what failed said, and the newest warnings, each under its title", () => {
        expect(
            wrongSections({ wrong: ["a: b"], remedies: ["a: c"], said: ["job:", "line"], recent: ["1 min ago"] }),
        ).to.deep.equal([
            ...["Wrong", "  a: b", "", "To do", "  a: c", ""],
            ...["Said by what failed", "  job:", "  line", "", "Last warnings", "  1 min ago", ""],
        ]);
    });

    it("has no titles without lines", () => {
        expect(wrongSections({ wrong: [], remedies: [], said: [], recent: [] })).to.deep.equal([]);
        expect(section("To know", [])).to.deep.equal([]);
    });
});
