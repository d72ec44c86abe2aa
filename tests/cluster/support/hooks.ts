import type { Context } from "mocha";
import { deadlineVariable } from "../../../local/development/suitesDeadline";
import { skip } from "../../support/skip";
import { removeLeftovers } from "./leftovers";
import { TestServers } from "./testServers";

/** Before all suites: nothing is left of an earlier test run. */
export async function mochaGlobalSetup(): Promise<void> {
    TestServers.forget();
    await removeLeftovers();
}

/** After all suites: nothing is left of this one. */
export async function mochaGlobalTeardown(): Promise<void> {
    TestServers.forget();
    await removeLeftovers();
}

export const mochaHooks = {
    /** A machine that is too slow ends with what was found, and not with nothing. What has failed once is found out. */
    beforeEach(this: Context): void {
        const isFirst = (this.currentTest as unknown as { currentRetry(): number }).currentRetry() === 0;
        if (isFirst && Date.now() > Number(process.env[deadlineVariable] ?? Number.POSITIVE_INFINITY)) {
            skip(this, "this machine is too slow for all in the time of make test; make test-cluster has no limit");
        }
    },
    /** What a suite found is shown when it has ended, which may take long; a failure is told at once. */
    afterEach(this: Context): void {
        if (this.currentTest?.state === "failed") {
            console.error(`${this.currentTest.fullTitle()}:\n${this.currentTest.err?.message}`);
        }
    },
};
