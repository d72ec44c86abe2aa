import { createHash } from "node:crypto";

/** A name for what a build makes: the same for the same sources, compiler and flags. */
export function buildKey(files: Record<string, string>, compiler: string, flags: string): string {
    const hash = createHash("sha256");
    for (const name of Object.keys(files).sort()) {
        hash.update(`${name}\0${files[name]}\0`);
    }
    return hash.update(`${compiler}\0${flags}`).digest("hex").slice(0, 16);
}
