import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../support/execution";
import { withFileLock } from "../support/fileLock";
import { cacheDirectory } from "../support/paths";
import { withHeartbeat } from "../support/progress";
import { createBuilder } from "./builder";
import { archivePackages, packArchive } from "./ociArchive";
import { ensurePackages } from "./packages";
import type { Recipe } from "./recipe";
import { recipeHash } from "./recipeHash";

const directory = join(cacheDirectory, "images");
const scratchPrefix = ".building-";

/** Where the archive of a recipe lies once it is built. */
export function archivePath(name: string, recipe: Recipe): string {
    return join(directory, `${name}-${recipeHash(recipe)}.tar`);
}

/** Removes what builds that were killed have left. Only for who holds the lock. */
async function removeScratch(): Promise<void> {
    const mounts = await readFile("/proc/self/mountinfo", "utf8");
    for (const entry of await readdir(directory)) {
        if (entry.startsWith(scratchPrefix)) {
            const scratch = join(directory, entry);
            // Builds mount in a namespace of their own, so this holds unless somebody did by hand.
            if (mounts.includes(` ${scratch}/`)) {
                throw new Error(`something is mounted below ${scratch}: unmount it and remove the directory`);
            }
            await output(["rm", "--recursive", "--force", "--one-file-system", scratch]);
        }
    }
}

/** Keeps the archives used last, for whoever goes back and forth between two recipes, and removes older ones. */
async function removeOldArchives(name: string, keep: number): Promise<void> {
    const names = (await readdir(directory)).filter((entry) => new RegExp(`^${name}-[0-9a-f]{16}\\.tar$`).test(entry));
    const files = await Promise.all(
        names.map(async (entry) => ({
            file: join(directory, entry),
            time: (await stat(join(directory, entry))).mtimeMs,
        })),
    );
    files.sort((one, other) => other.time - one.time);
    for (const { file } of files.slice(keep)) {
        await rm(file, { force: true });
    }
}

async function build(name: string, recipe: Recipe, archive: string): Promise<void> {
    const scratch = await mkdtemp(join(directory, scratchPrefix));
    const log = join(directory, `${name}.log`);
    await rm(log, { force: true });
    const root = join(scratch, "root");
    // What mkdtemp makes is for nobody else, and apt downloads as a user of its own.
    await output(["chmod", "755", scratch]);
    await mkdir(root);
    await recipe.build(root, createBuilder(scratch, log));
    const unfinished = join(scratch, "image.tar");
    await packArchive({ root, reference: recipe.reference, config: recipe.config, archive: unfinished });
    await rename(unfinished, archive);
    await removeOldArchives(name, 2);
}

/** The archive of a recipe; builds it when the cache lacks it. */
export async function ensureArchive(name: string, recipe: Recipe): Promise<string> {
    const archive = archivePath(name, recipe);
    if (existsSync(archive)) {
        await utimes(archive, new Date(), new Date());
        return archive;
    }
    if (process.getuid?.() !== 0) {
        throw new Error(`building the image ${recipe.reference} needs root: run this with sudo`);
    }
    await mkdir(directory, { recursive: true });
    await withFileLock(join(directory, "lock"), "builds images", async () => {
        await removeScratch();
        if (existsSync(archive)) {
            return;
        }
        await ensurePackages([...archivePackages, ...recipe.packages]);
        try {
            await withHeartbeat(`Building the image ${recipe.reference}`, () => build(name, recipe, archive));
        } finally {
            await removeScratch();
        }
    });
    return archive;
}
