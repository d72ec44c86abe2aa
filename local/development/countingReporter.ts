import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters } from "mocha";

/** Mocha's spec reporter, which also writes how many tests passed, failed and were skipped to `TEST_COUNTS_FILE`. */
class CountingReporter extends reporters.Spec {
    public constructor(runner: Runner, options: MochaOptions) {
        super(runner, options);
        runner.once("end", () => {
            const file = process.env.TEST_COUNTS_FILE;
            if (file !== undefined) {
                const { passes, failures, pending } = this.stats;
                writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
            }
        });
    }
}

export = CountingReporter;
