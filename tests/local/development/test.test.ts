import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { logLine } from "../../../local/airflow/airflowApi";
import { mochaCounts, sum, verdict } from "../../../local/development/test";
import { capture } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";

/** Tests of each kind that a run can have. */
const someTests = `describe("a suite", () => {
    let asked = 0;
    it("passes", () => {});
    it("passes in the end", () => {
        asked += 1;
        if (asked === 1) {
            throw new Error("too early");
        }
    });
    it("never passes", () => {
        throw new Error("the first line\\nthe second");
    });
    it("is for later");
});
`;

describe("The count of a test run", () => {
    const counts = { passed: 4, failed: 0, skipped: 0, remarks: [] };

    it("sums over suites", () => {
        const all = sum([
            { passed: 2, failed: 0, skipped: 0, remarks: ["Failed at first: one"] },
            { passed: 3, failed: 1, skipped: 2, remarks: ["Failed: two"] },
        ]);
        expect(verdict(all)).to.equal("5 passed, 1 failed, 2 skipped");
        expect(all.remarks).to.deep.equal(["Failed at first: one", "Failed: two"]);
        expect(verdict(sum([]))).to.equal("0 passed, 0 failed");
    });

    it("counts a suite that broke off, ran nothing, or failed unseen, as a failure, and names it", () => {
        expect(mochaCounts("soak", undefined, 1)).to.deep.equal({
            ...counts,
            passed: 0,
            failed: 1,
            remarks: ["Failed: soak broke off"],
        });
        expect(mochaCounts("soak", undefined, 1, true).failed).to.equal(1);
        const empty = { ...counts, passed: 0, skipped: 4 };
        expect(mochaCounts("soak", empty, 0)).to.deep.equal({
            ...empty,
            failed: 1,
            remarks: ["Failed: soak ran no test"],
        });
        expect(mochaCounts("soak", empty, 0, true)).to.deep.equal(empty);
        expect(mochaCounts("soak", counts, 7)).to.deep.equal({
            ...counts,
            failed: 1,
            remarks: ["Failed: soak ended with exit code 7 beside its tests"],
        });
        const failed = { ...counts, failed: 2, remarks: ["Failed: a", "Failed: b"] };
        expect(mochaCounts("soak", failed, 2)).to.deep.equal(failed);
        expect(mochaCounts("soak", counts, 0)).to.deep.equal(counts);
    });
});

describe("The reporter that counts", () => {
    for (const way of ["one after the other", "side by side"]) {
        it(`names what failed, at last or only at first: tests ${way}`, async () => {
            const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-reporter-"));
            try {
                const file = join(folder, "counts.json");
                writeFileSync(join(folder, "some.test.js"), someTests);
                const answer = await capture(
                    [
                        join(repositoryDirectory, "node_modules/.bin/mocha"),
                        ...["--no-config", "--node-option", "import=tsx", "--retries", "1"],
                        ...["--reporter", join(repositoryDirectory, "local/development/countingReporter.ts")],
                        ...(way === "side by side" ? ["--parallel", "--jobs", "2"] : []),
                        join(folder, "some.test.js"),
                    ],
                    { cwd: repositoryDirectory, env: { ...process.env, TEST_COUNTS_FILE: file } },
                );
                expect(answer.code, answer.stdout + answer.stderr).to.equal(1);
                expect(JSON.parse(readFileSync(file, "utf8"))).to.deep.equal({
                    passed: 2,
                    failed: 1,
                    skipped: 1,
                    remarks: [
                        "Failed at first: a suite passes in the end: too early",
                        "Failed at first: a suite never passes: the first line",
                        "Failed: a suite never passes: the first line",
                    ],
                });
            } finally {
                rmSync(folder, { recursive: true, force: true });
            }
        });
    }
});

describe("What is printed", () => {
    it("shows a log entry as one line", () => {
        expect(logLine("plain")).to.equal("plain");
        const raised = { event: "Task failed", level: "error", error_detail: [{ exc_type: "A", exc_value: "why" }] };
        expect(logLine(raised)).to.equal("ERROR Task failed\nA: why");
        expect(logLine({ event: "hello", timestamp: "2026-01-02T03:04:05.678Z", level: "info" })).to.equal(
            "03:04:05 hello",
        );
        expect(logLine({ event: "oh", level: "error" })).to.equal("ERROR oh");
        expect(logLine({})).to.equal("");
    });
});
