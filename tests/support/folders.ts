import { createCipheriv } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const made: string[] = [];

/** A new folder with files: paths and contents. Programs are made with the mode 0o755. */
export function folder(files: Record<string, string | Buffer> = {}, mode = 0o666): string {
    const path = mkdtempSync(join(tmpdir(), "airflow-kubernetes-test-"));
    made.push(path);
    for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content, { mode });
    }
    return path;
}

/** Removes all folders that {@link folder} made. */
export function removeFolders(): void {
    for (const path of made.splice(0)) {
        rmSync(path, { recursive: true, force: true });
    }
}

/** Bytes that do not compress, the same at each call. */
export function noise(length: number): Buffer {
    return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}
