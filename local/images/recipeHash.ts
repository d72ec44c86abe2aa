import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { imageArchitecture } from "./architecture";
import type { Recipe } from "./recipe";

// What all recipes build with.
const shared = ["builder.ts", "debianRoot.ts", "ociArchive.ts", "wheels.ts"].map((file) => join(__dirname, file));

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
