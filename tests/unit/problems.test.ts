import { RunError } from "@pulumi/pulumi";
import { expect } from "chai";
import { ArgumentsError, problemsMessage } from "../../components/problems";

describe("problems: what a person reads", () => {
    it("names path, value, what is allowed and what to do, one line each", () => {
        const message = problemsMessage(
            [
                { path: "dags.delivery", value: "ftp", allowed: "volume", remedy: "Ask for another." },
                { path: "admin.password", allowed: "at least 8 characters" },
            ],
            "the configuration of stack s",
        );
        expect(message).to.equal(
            [
                "2 problems in the configuration of stack s. Nothing was created.",
                '  1. dags.delivery is "ftp"; allowed: volume',
                "     Ask for another.",
                "  2. admin.password; allowed: at least 8 characters",
            ].join("\n"),
        );
    });

    it("counts a single problem in the singular", () => {
        const [first] = problemsMessage([{ path: "a", value: 1, allowed: "2" }], "it").split("\n");
        expect(first).to.equal("1 problem in it. Nothing was created.");
    });

    it("shows values as JSON, so that text and numbers differ", () => {
        const shown = (value: unknown) => problemsMessage([{ path: "a", value, allowed: "b" }], "it").split("\n")[1];
        expect(shown("8")).to.equal('  1. a is "8"; allowed: b');
        expect(shown(8)).to.equal("  1. a is 8; allowed: b");
        expect(shown("")).to.equal('  1. a is ""; allowed: b');
        expect(shown(false)).to.equal("  1. a is false; allowed: b");
        expect(shown("two\nlines")).to.equal('  1. a is "two\\nlines"; allowed: b');
    });

    it("is an error that Pulumi prints without a stack trace", () => {
        const error = new ArgumentsError([{ path: "a", allowed: "b" }]);
        expect(error).to.be.instanceOf(RunError);
        expect(RunError.isInstance(error)).to.equal(true);
        expect(error.message).to.match(/^1 problem in the arguments of AirflowKubernetes\. Nothing was created\.\n/);
    });
});
