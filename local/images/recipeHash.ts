import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { imageArchitecture } from "./architecture";
import type { Recipe } from "./recipe";

/** What all recipes build with: the files that decide what is in an image, or how it is packed. */
export const shared: readonly string[] = [
    "architecture.ts",
    "builder.ts",
    "debianRoot.ts",
    "debianSources.ts",
    "ociArchive.ts",
    "wheels.ts",
].map((file) => join(__dirname, file));

/** What else decides what is in a program from a Go module. */
export const goProgramSource: string = resolve(__dirname, "../support/goProgram.ts");

/** The files below a path, itself when it is one, with their names from there; sorted. */
function filesBelow(path: string): [name: string, file: string][] {
    if (statSync(path).isFile()) {
        return [[basename(path), path]];
    }
    return readdirSync(path)
        .sort()
        .flatMap((entry) => filesBelow(join(path, entry)).map(([, file]): [string, string] => [entry, file]));
}

/** A name for what a recipe makes: another one as soon as a file that goes in changes, the same in every checkout. */
export function recipeHash(recipe: Pick<Recipe, "reference" | "sources">, common: readonly string[] = shared): string {
    const hash = createHash("sha256").update(`${recipe.reference}\0${imageArchitecture}\0`);
    for (const [name, file] of [...common, ...recipe.sources].flatMap(filesBelow)) {
        const content = readFileSync(file);
        hash.update(`${name}\0${content.length}\0`).update(content);
    }
    return hash.digest("hex").slice(0, 16);
}
