import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildKey } from "../support/buildKey.js";
import { command } from "../support/command.js";
import { cacheDirectory } from "../support/paths.js";
import { withHeartbeat } from "../support/progress.js";

/** Programs that judge manifests. Their versions, and those of all they are made of, stand in go.mod and go.sum. */
export type GoTool = "kubeconform" | "kube-score";

let built: Promise<string> | undefined;

/** The path of a tool; builds all of them when the cache lacks them. */
export async function goTool(name: GoTool): Promise<string> {
    built ??= ensureTools();
    return join(await built, name);
}

async function ensureTools(): Promise<string> {
    const files: Record<string, string> = {};
    for (const file of ["go.mod", "go.sum"]) {
        files[file] = await readFile(join(__dirname, file), "utf8");
    }
    const flags = "-s -w";
    const compiler = await command("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { directory: __dirname });
    const directory = join(cacheDirectory, "bin", `tools-${buildKey(files, compiler, flags)}`);
    if (existsSync(directory)) {
        return directory;
    }
    await mkdir(join(cacheDirectory, "bin"), { recursive: true });
    const temporary = `${directory}.${randomBytes(4).toString("hex")}.tmp`;
    await mkdir(temporary);
    try {
        await withHeartbeat("Building kubeconform and kube-score from Go modules", () =>
            command("go", ["build", "-trimpath", "-ldflags", flags, "-o", `${temporary}/`, "tool"], {
                directory: __dirname,
                environment: { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" },
            }),
        );
        await rename(temporary, directory);
    } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        // Another run may have built the same in the meantime.
        if (!existsSync(directory)) {
            throw error;
        }
    }
    return directory;
}
