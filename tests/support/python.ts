import { spawnSync } from "node:child_process";
import type { Context } from "mocha";

/** Skips a suite, and says why, on a machine without Python. It is what `before` calls. */
export function skipWithoutPython(this: Context): void {
    if (spawnSync("python3", ["--version"]).status !== 0) {
        console.log("      skipped: there is no python3 on this machine");
        this.skip();
    }
}
