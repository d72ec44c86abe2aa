import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "./paths";
import { withHeartbeat } from "./progress";

/** A build whose result is kept, by a name that changes with all that it is made from. */
export interface CachedBuild {
    /** Name of its directory in the cache. */
    readonly name: string;
    /** What is said while it goes on. */
    readonly title: string;
    /** Fills a directory, which takes its name only when this has succeeded. */
    readonly fill: (directory: string) => Promise<void>;
}

/** The directory that holds what a build makes; builds it when the cache lacks it. Can be cut off at any point. */
export async function ensureBuilt({ name, title, fill }: CachedBuild): Promise<string> {
    const directory = join(cacheDirectory, "bin", name);
    if (existsSync(directory)) {
        return directory;
    }
    const temporary = `${directory}.${randomBytes(4).toString("hex")}.tmp`;
    await mkdir(temporary, { recursive: true });
    try {
        await withHeartbeat(title, () => fill(temporary));
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
