import type { Context } from "mocha";
import { removeLeftovers } from "../support/leftovers";
import { TestServers } from "../support/testServers";

/** How long all suites may take, in milliseconds: several times what they take on two idle cores. */
const within = 50 * 60_000;

/** Where the processes that run the suites find when nothing more is begun, as `Date.now` tells it. */
const deadlineVariable = "DELIVERIES_DEADLINE";

/** Before all suites: nothing is left of an earlier test run. */
export async function mochaGlobalSetup(): Promise<void> {
    process.env[deadlineVariable] = String(Date.now() + within);
    TestServers.forget();
    await removeLeftovers();
}

/** After all suites: nothing is left of this one. */
export async function mochaGlobalTeardown(): Promise<void> {
    TestServers.forget();
    await removeLeftovers();
}

export const mochaHooks = {
    /** A machine that is too slow ends with what was found, and not with nothing. */
    beforeEach(): void {
        if (Date.now() > Number(process.env[deadlineVariable] ?? Number.POSITIVE_INFINITY)) {
            throw new Error("not tried: the time for all deliveries is over");
        }
    },
    /** What a suite found is shown when it has ended, which may take long; a failure is told at once. */
    afterEach(this: Context): void {
        if (this.currentTest?.state === "failed") {
            console.error(`${this.currentTest.fullTitle()}:\n${this.currentTest.err?.message}`);
        }
    },
};
