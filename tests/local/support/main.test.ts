import { expect } from "chai";
import { Interrupted, UserError } from "../../../local/support/errors";
import { failureText } from "../../../local/support/main";

describe("local/support/main", () => {
    it("tells what a person can mend as its message alone, all lines of it", () => {
        expect(failureText(new UserError("There is no kubectl.\n  - Install it."), false)).to.equal(
            "There is no kubectl.\n  - Install it.",
        );
        expect(failureText(new Interrupted(), false)).to.equal("Interrupted.");
    });

    it("tells any other failure without its stack trace, and how to see that", () => {
        expect(failureText(new TypeError("x is not a function\nmore"), false)).to.equal(
            "TypeError: x is not a function\nmore\nDEBUG=1 shows the stack trace.",
        );
        expect(failureText("thrown text", false)).to.equal("thrown text");
    });

    it("shows the stack trace, and those of causes, when asked to", () => {
        const error = new UserError("cannot be reached");
        error.cause = new Error("refused");
        expect(failureText(error, true))
            .to.match(/^UserError: cannot be reached\n {4}at /)
            .and.match(/\nCaused by: Error: refused\n {4}at /);
    });
});
