import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./lock";
import { cacheDirectory } from "./paths";
import { withHeartbeat } from "./progress";

/** Builds of one name that are kept, for whoever goes back and forth between two checkouts. */
const kept = 2;

/** A build whose result is kept, by a key that changes with all that it is made from. */
export interface CachedBuild {
    /** What it is called, for people too. */
    readonly name: string;
    /** Changes with its sources, its compiler and the compiler's flags (`buildKey`). */
    readonly key: string;
    /** What is said while it goes on. */
    readonly title: string;
    /** Fills a directory, which takes its name only when this has succeeded. */
    readonly fill: (directory: string) => Promise<void>;
    /** Where builds are kept. Default: `bin` in the cache. */
    readonly cache?: string;
}

const builds = join(cacheDirectory, "bin");

/** Where the cache keeps a build, whether it is there or not. */
export function buildDirectory({ name, key, cache = builds }: Pick<CachedBuild, "name" | "key" | "cache">): string {
    return join(cache, `${name}-${key}`);
}

/**
 * The directory that holds what a build makes; builds it when the cache lacks it. Can be cut off at any point: what is left of
 * builds that were killed is removed by the next one of the same name, as are all but the builds used last.
 */
export async function ensureBuilt(build: CachedBuild): Promise<string> {
    const { name, title, fill, cache = builds } = build;
    const directory = buildDirectory(build);
    if (!existsSync(directory)) {
        await withLock(join(cache, `${name}.lock`), `builds ${name}`, async () => {
            if (existsSync(directory)) {
                return;
            }
            await removeUnfinished(cache, name);
            const temporary = `${directory}.${randomBytes(4).toString("hex")}.tmp`;
            await mkdir(temporary, { recursive: true });
            try {
                await withHeartbeat(title, () => fill(temporary));
            } catch (error) {
                await rm(temporary, { recursive: true, force: true });
                throw error;
            }
            await rename(temporary, directory);
            await removeOld(cache, name);
        });
    }
    await utimes(directory, new Date(), new Date());
    return directory;
}

async function entries(cache: string, name: string, ending: string): Promise<string[]> {
    const pattern = new RegExp(`^${name}-[0-9a-f]{16}${ending}$`);
    return (await readdir(cache)).filter((entry) => pattern.test(entry)).map((entry) => join(cache, entry));
}

async function removeUnfinished(cache: string, name: string): Promise<void> {
    for (const directory of await entries(cache, name, "\\.[0-9a-f]{8}\\.tmp")) {
        await rm(directory, { recursive: true, force: true });
    }
}

async function removeOld(cache: string, name: string): Promise<void> {
    const dated = await Promise.all(
        (await entries(cache, name, "")).map(async (directory) => ({
            directory,
            used: (await stat(directory)).mtimeMs,
        })),
    );
    dated.sort((one, other) => other.used - one.used);
    for (const { directory } of dated.slice(kept)) {
        await rm(directory, { recursive: true, force: true });
    }
}
