import { readFileSync } from "node:fs";
import { expect } from "chai";
import { withTables } from "../../../local/convert/guide";
import { mapping } from "../../../local/convert/mapping";
import { expanded } from "../../../local/convert/parts";
import { guideFile } from "../../../local/development/helmChartGuide";

describe("the guide from the official chart", () => {
    const guide = readFileSync(guideFile, "utf8");

    it("has the converter's own tables (make docs writes them)", () => {
        expect(guide).to.equal(withTables(guide));
    });

    it("names every key that the converter knows", () => {
        for (const key of mapping.flatMap((row) => row.keys)) {
            const names = [key, ...expanded(key).map(({ key }) => key), key.replace(/^<\w+>/, "<pod>")];
            expect(
                names.some((name) => guide.includes(`\`${name}\``)),
                key,
            ).to.equal(true);
        }
    });

    it("says of each key what it is here", () => {
        expect(mapping.filter(({ ours }) => ours === "").map(({ keys }) => keys)).to.deep.equal([]);
    });
});
