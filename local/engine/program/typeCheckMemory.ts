import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../support/paths";

const skippedFolders = new Set(["node_modules", "local", "tests", "test-output", "bin", "docs"]);
const decisiveFiles = new Set(["package.json", "package-lock.json", "tsconfig.json"]);

/**
 * Remembers which sources have passed the type check. It takes several seconds, so sources that have not changed since are
 * not checked again.
 */
export class TypeCheckMemory {
    private readonly file: string;

    constructor(projectDirectory: string) {
        const name = fingerprint(projectDirectory);
        this.file = join(cacheDirectory, "engine", "type-checked", name);
    }

    /** True when these very sources have passed. */
    public get passed(): boolean {
        return existsSync(this.file);
    }

    public remember(): void {
        mkdirSync(join(this.file, ".."), { recursive: true });
        writeFileSync(this.file, "");
    }
}

/** A hash of everything that a type check depends on. */
function fingerprint(directory: string): string {
    const hash = createHash("sha256").update(process.version);
    for (const file of sources(directory).sort()) {
        hash.update(`\0${file}\0`).update(readFileSync(join(directory, file)));
    }
    return hash.digest("hex");
}

function sources(directory: string, below = ""): string[] {
    return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
        const path = join(below, entry.name);
        if (entry.isDirectory()) {
            return skippedFolders.has(entry.name) || entry.name.startsWith(".") ? [] : sources(directory, path);
        }
        const decisive = below === "" && decisiveFiles.has(entry.name);
        return decisive || (/\.[cm]?tsx?$/.test(entry.name) && !entry.name.endsWith(".test.ts")) ? [path] : [];
    });
}
