import { expect } from "chai";
import { logLine } from "../../../local/airflow/airflowApi";
import { mochaCounts, sum, verdict } from "../../../local/development/test";

describe("The count of a test run", () => {
    it("sums over suites", () => {
        const all = sum([
            { passed: 2, failed: 0, skipped: 0 },
            { passed: 3, failed: 1, skipped: 2 },
        ]);
        expect(verdict(all)).to.equal("5 passed, 1 failed, 2 skipped");
        expect(verdict(sum([]))).to.equal("0 passed, 0 failed");
    });

    it("counts a suite that broke off, ran nothing, or failed unseen, as a failure", () => {
        expect(mochaCounts(undefined, 1).failed).to.equal(1);
        expect(mochaCounts({ passed: 0, failed: 0, skipped: 4 }, 0).failed).to.equal(1);
        expect(mochaCounts({ passed: 0, failed: 0, skipped: 0 }, 0, true).failed).to.equal(0);
        expect(mochaCounts(undefined, 1, true).failed).to.equal(1);
        expect(mochaCounts({ passed: 4, failed: 0, skipped: 0 }, 7).failed).to.equal(1);
        expect(mochaCounts({ passed: 4, failed: 2, skipped: 0 }, 2)).to.deep.equal({
            passed: 4,
            failed: 2,
            skipped: 0,
        });
        expect(mochaCounts({ passed: 4, failed: 0, skipped: 0 }, 0).failed).to.equal(0);
    });
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
