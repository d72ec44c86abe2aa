import { expect } from "chai";
import { literal } from "../../../components/kubernetes/literal";
import { hostileTexts } from "../../support/hostileTexts";
import { expanded } from "../../support/structure";

describe("a text that Kubernetes hands to a container", () => {
    it("arrives as it was written, with every variable known that it could name", () => {
        const known = new Set(["HOME", "id", "X"]);
        for (const text of [...hostileTexts, "$($(X))", "$$$(X)", "a$(X)$b$", "$(X"]) {
            expect(expanded(literal(text), known), text.slice(0, 40)).to.equal(text);
        }
    });

    it("stays as it is where there is nothing to replace, so that no object changes", () => {
        expect(["", "a", "$HOME", "a$", "100%"].map(literal)).to.deep.equal(["", "a", "$HOME", "a$", "100%"]);
    });
});
