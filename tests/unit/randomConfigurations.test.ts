import { expect } from "chai";
import fc from "fast-check";
import type { Problem } from "../../components";
import { problemsMessage } from "../../components/validation/problems";
import { readArgs } from "../../config";
import { validate } from "../support/exampleDags";
import { asConfig, configurations, randomRun, secretMarks } from "../support/randomConfigurations";

/** What is wrong with what is said of a problem. */
function faultsOf(problem: Problem, values: object): string[] {
    const message = problemsMessage([problem], "a test");
    const control = [...message.replaceAll("\n", "")].find((character) =>
        /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u.test(character),
    );
    const said = `${problem.allowed} ${problem.remedy ?? ""}`;
    return [
        // A key may be empty, and is named as "".
        ...(problem.path === "" && !("" in values) ? ["no path"] : []),
        ...(problem.allowed.trim() === "" ? ["nothing of what is allowed"] : []),
        ...(/undefined|\[object|NaN/.test(said) ? [`no words: ${said}`] : []),
        ...(control === undefined
            ? []
            : [`a character that moves the cursor: U+${control.codePointAt(0)?.toString(16)}`]),
        ...(message.length > 3_000 ? [`${message.length} characters`] : []),
        ...(secretMarks.some((mark) => message.includes(mark)) ? ["a secret"] : []),
    ].map((fault) => `${fault} in: ${message.slice(0, 300)}`);
}

describe("random configurations", function () {
    this.timeout(300_000);

    it("are read without an exception, and every problem names argument, value and what is allowed", () => {
        fc.assert(
            fc.property(configurations, (values) => {
                const { args, problems } = readArgs(asConfig(values));
                // The values are part of the message of a failure: fast-check shows them in its own way only.
                expect(problems.flatMap((problem) => faultsOf(problem, values)).join("\n"), "what is said").to.equal(
                    "",
                );
                if (problems.length === 0) {
                    expect(problemsMessage(validate(args), "arguments"), "said of arguments").to.match(/^0 problems/);
                }
            }),
            randomRun(2_000),
        );
    });
});
