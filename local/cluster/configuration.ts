import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { paths } from "./layout";

/** Writes a generated configuration file unless it is there with the same text, and hands back its path. */
export async function writeConfiguration(name: string, text: string): Promise<string> {
    const path = join(paths.configuration, name);
    if (!existsSync(path) || (await readFile(path, "utf8")) !== text) {
        await mkdir(dirname(path), { recursive: true, mode: 0o755 });
        await writeFile(`${path}.tmp`, text, { mode: 0o600 });
        await rename(`${path}.tmp`, path);
    }
    return path;
}
