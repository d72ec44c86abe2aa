import type { Context } from "mocha";

/** Skips a suite or a test, and prints why: nobody should take it for one that passed. */
export function skip(context: Context, reason: string): never {
    console.log(`      skipped: ${reason}`);
    return context.skip();
}
