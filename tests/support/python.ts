import { spawnSync } from "node:child_process";
import type { Context } from "mocha";
import { skip } from "./skip";

/** Skips a suite on a machine without Python. It is what `before` calls. */
export function skipWithoutPython(this: Context): void {
    if (spawnSync("python3", ["--version"]).status !== 0) {
        skip(this, "there is no python3 on this machine");
    }
}
