import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { ArgumentsError, problemsMessage } from "../../../components/validation/problems";

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

    it("keeps each in its line, whatever characters it has, and does not show a book", () => {
        const problem = { path: "a\nb\u001b[31m\u202e", value: "\u009b".concat("x".repeat(9_000)), allowed: "\u2028" };
        const message = problemsMessage([problem], "it");
        expect(message.split("\n")).to.have.length(2);
        expect(message).to.contain('a\\u{a}b\\u{1b}[31m\\u{202e} is "\\u{9b}xx').and.contain("more characters");
        expect(message).to.have.length.below(1_000);
    });

    it("comes without a stack, which nobody sees, and which some releases of Node.js take half a minute to format", () => {
        const { message, name, stack } = new ArgumentsError([{ path: "a", allowed: "b" }]);
        expect(stack).to.equal(`${name}: ${message}`);
    });

    it("counts a single problem in the singular", () => {
        const [first] = problemsMessage([{ path: "a", value: 1, allowed: "2" }], "it").split("\n");
        expect(first).to.equal("1 problem in it. Nothing was created.");
    });

    it("shows no value that is not known yet", () => {
        const value = { server: pulumi.output("a"), path: "/b" };
        expect(problemsMessage([{ path: "a", value, allowed: "b" }], "it")).to.match(/^ {2}1\. a; allowed: b$/m);
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
        expect(error).to.be.instanceOf(pulumi.RunError);
        expect(pulumi.RunError.isInstance(error)).to.equal(true);
        expect(error.message).to.match(/^1 problem in the arguments of AirflowKubernetes\. Nothing was created\.\n/);
    });

    it("is an error whose message nobody adds to, as the SDK does at each resource that waits for what failed", () => {
        const error = new ArgumentsError([{ path: "a", allowed: "b" }]);
        const before = error.message;
        error.message = `error serializing property "metadata": ${before}`;
        expect(error.message).to.equal(before);
        expect(String(error)).to.equal(`ArgumentsError: ${before}`);
    });
});
