import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters, type Test } from "mocha";
import type { Counts } from "./test";

/** Mocha's spec reporter, which also writes what it counted to `TEST_COUNTS_FILE`. */
class CountingReporter extends reporters.Spec {
    public constructor(runner: Runner, options: MochaOptions) {
        super(runner, options);
        const remarks: string[] = [];
        runner.on("retry", (test: Test, error: unknown) => {
            remarks.push(remark("Failed at first", test, error));
            // The second attempt may find no more than what the first one has left.
            console.log(`Failed at first: ${test.fullTitle()}\n${messageOf(error)}`);
        });
        runner.on("fail", (test: Test, error: unknown) => void remarks.push(remark("Failed", test, error)));
        runner.once("end", () => {
            const file = process.env.TEST_COUNTS_FILE;
            if (file !== undefined) {
                const { passes, failures, pending } = this.stats;
                const counts: Counts = { passed: passes, failed: failures, skipped: pending, remarks };
                writeFileSync(file, JSON.stringify(counts));
            }
        });
    }
}

/** What a test failed with. That of another process is no Error any more, but has a message. */
function messageOf(error: unknown): string {
    const { message = String(error) } = error as { message?: string };
    return message;
}

/** A test, and the first line of what it failed with. */
function remark(how: string, test: Test, error: unknown): string {
    const [first] = messageOf(error).split("\n");
    return `${how}: ${test.fullTitle()}: ${first?.slice(0, 300)}`;
}

export = CountingReporter;
