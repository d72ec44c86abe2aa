import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildKey } from "../support/buildKey.js";
import { command } from "../support/command.js";
import { cacheDirectory } from "../support/paths.js";
import { withHeartbeat } from "../support/progress.js";

/** Programs that tests use, by the module that pins their versions and those of all they are made of. */
const modules = {
    kubeconform: "judges",
    "kube-score": "judges",
    "local-path-provisioner": "local-path-provisioner",
} as const;

/** A program that tests use. */
export type GoTool = keyof typeof modules;

const built = new Map<string, Promise<string>>();

/** The path of a tool; builds its module when the cache lacks it. */
export async function goTool(name: GoTool): Promise<string> {
    const module = modules[name];
    let directory = built.get(module);
    if (directory === undefined) {
        directory = ensureModule(module);
        built.set(module, directory);
    }
    return join(await directory, name);
}

async function ensureModule(module: string): Promise<string> {
    const source = join(__dirname, module);
    const files: Record<string, string> = {};
    for (const file of ["go.mod", "go.sum"]) {
        files[file] = await readFile(join(source, file), "utf8");
    }
    const flags = "-s -w";
    const compiler = await command("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { directory: source });
    const directory = join(cacheDirectory, "bin", `${module}-${buildKey(files, compiler, flags)}`);
    if (existsSync(directory)) {
        return directory;
    }
    await mkdir(join(cacheDirectory, "bin"), { recursive: true });
    const temporary = `${directory}.${randomBytes(4).toString("hex")}.tmp`;
    await mkdir(temporary);
    const programs = Object.entries(modules).flatMap(([program, of]) => (of === module ? [program] : []));
    try {
        await withHeartbeat(`Building ${programs.join(" and ")} from Go modules`, () =>
            command("go", ["build", "-trimpath", "-ldflags", flags, "-o", `${temporary}/`, "tool"], {
                directory: source,
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
