import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a script ended. */
export interface ScriptResult {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** The stubs that were called, in order, with their arguments. */
    readonly calls: readonly string[];
}

/** Runs scripts with stubs in place of the programs that they call; each stub notes its call, then runs its own shell code. */
export class Stubs {
    readonly directory = mkdtempSync(join(tmpdir(), "stubs-"));
    private readonly calls = join(this.directory, "calls");

    constructor() {
        mkdirSync(join(this.directory, "bin"));
    }

    add(name: string, code = ""): this {
        const file = join(this.directory, "bin", name);
        writeFileSync(file, `#!/bin/bash\necho "${name} $*" >>"${this.calls}"\n${code}\n`);
        chmodSync(file, 0o755);
        return this;
    }

    run(script: string, arguments_: readonly string[], environment: Record<string, string> = {}): ScriptResult {
        rmSync(this.calls, { force: true });
        const { status, stdout, stderr } = spawnSync("/bin/bash", [script, ...arguments_], {
            encoding: "utf8",
            env: { PATH: `${join(this.directory, "bin")}:/usr/bin:/bin`, HOME: this.directory, ...environment },
        });
        const calls = existsSync(this.calls) ? readFileSync(this.calls, "utf8").trimEnd().split("\n") : [];
        return { code: status, stdout, stderr, calls };
    }

    remove(): void {
        rmSync(this.directory, { recursive: true });
    }
}
