import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory, repositoryDirectory } from "../support/paths";

/** What the program is made of. */
const sources = ["index.ts", "config.ts", "components", "tsconfig.json", "package.json", "package-lock.json"];

/** The setting that makes Pulumi's Node.js host load a program without a type check, which takes seconds. */
export const withoutTypeCheck: NodeJS.ProcessEnv = { PULUMI_NODEJS_TRANSPILE_ONLY: "true" };

/** Whether these very sources have been run with a type check, and passed. */
export function hasPassedTypeCheck(): boolean {
    return existsSync(memory());
}

/** Remembers that these sources have passed. */
export function rememberTypeCheck(): void {
    const file = memory();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
}

function memory(): string {
    const hash = createHash("sha256").update(process.version);
    for (const file of sources.flatMap((source) => filesOf(source)).sort()) {
        hash.update(`\0${file}\0`).update(readFileSync(join(repositoryDirectory, file)));
    }
    return join(cacheDirectory, "type-checked", hash.digest("hex"));
}

function filesOf(path: string): string[] {
    if (path.includes(".")) {
        return [path];
    }
    const entries = readdirSync(join(repositoryDirectory, path), { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => join(entry.parentPath, entry.name).slice(repositoryDirectory.length + 1));
}
