import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../support/execution";
import { withLock } from "../support/lock";
import { ensurePackages } from "../support/packages";
import { cacheDirectory } from "../support/paths";
import { withHeartbeat } from "../support/progress";
import { removeTrees } from "../support/removal";
import { requireRoot } from "../support/root";
import { createBuilder } from "./builder";
import { archivePackages, packArchive } from "./ociArchive";
import type { Recipe } from "./recipe";
import { recipeHash } from "./recipeHash";

const directory = join(cacheDirectory, "images");
const scratchPrefix = ".building-";

/** Where the archive of a recipe lies once it is built. */
export function archivePath(name: string, recipe: Recipe): string {
    return join(directory, `${name}-${recipeHash(recipe)}.tar`);
}

/** Whether the cache has the archive of a recipe. */
export function isBuilt(name: string, recipe: Recipe): boolean {
    return existsSync(archivePath(name, recipe));
}

/** The Debian packages that the machine needs to build a recipe. */
export function packagesToBuild({ packages }: Pick<Recipe, "packages">): string[] {
    // mmdebstrap trusts Debian's keys only where they are installed, and Ubuntu does not bring them along.
    const keys = packages.includes("mmdebstrap") ? ["debian-archive-keyring"] : [];
    return [...archivePackages, ...packages, ...keys];
}

/** Removes what builds that were killed have left. Only for who holds the lock. */
async function removeScratch(): Promise<void> {
    const scratch = (await readdir(directory)).filter((entry) => entry.startsWith(scratchPrefix));
    // Builds mount in a namespace of their own, so that nothing is mounted there unless somebody did by hand.
    await removeTrees(scratch.map((entry) => join(directory, entry)));
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
    requireRoot(`Building the image ${recipe.reference}`);
    await mkdir(directory, { recursive: true });
    await withLock(join(directory, "lock"), "builds images", async () => {
        await removeScratch();
        if (existsSync(archive)) {
            return;
        }
        await ensurePackages(packagesToBuild(recipe));
        try {
            await withHeartbeat(`Building the image ${recipe.reference}`, () => build(name, recipe, archive));
        } finally {
            await removeScratch();
        }
    });
    return archive;
}
