import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { imageNames, recipes } from "../../../local/images/index";
import { recipeHash, shared } from "../../../local/images/recipeHash";
import { repositoryDirectory } from "../../../local/support/paths";

describe("local/images: recipe hash", () => {
    let directory: string;

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "recipe-"));
        mkdirSync(join(directory, "recipe", "files"), { recursive: true });
        writeFileSync(join(directory, "recipe", "install.sh"), "true");
        writeFileSync(join(directory, "recipe", "files", "passwd"), "root");
        writeFileSync(join(directory, "common.ts"), "export {};");
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    const hash = (reference = "example/one:1") =>
        recipeHash({ reference, sources: [join(directory, "recipe")] }, [join(directory, "common.ts")]);

    it("stays the same for the same files, wherever they lie", () => {
        const before = hash();
        expect(hash()).to.equal(before);
        const elsewhere = join(directory, "elsewhere");
        cpSync(join(directory, "recipe"), elsewhere, { recursive: true });
        expect(
            recipeHash({ reference: "example/one:1", sources: [elsewhere] }, [join(directory, "common.ts")]),
        ).to.equal(before);
    });

    const changes: Record<string, () => void> = {
        "a file changes": () => writeFileSync(join(directory, "recipe", "install.sh"), "false"),
        "a file in a folder changes": () => writeFileSync(join(directory, "recipe", "files", "passwd"), "nobody"),
        "a file is added": () => writeFileSync(join(directory, "recipe", "new"), ""),
        "a file is renamed": () => {
            rmSync(join(directory, "recipe", "install.sh"));
            writeFileSync(join(directory, "recipe", "installs.sh"), "true");
        },
        "a file moves to another folder": () => {
            rmSync(join(directory, "recipe", "files", "passwd"));
            writeFileSync(join(directory, "recipe", "passwd"), "root");
        },
        "code that all recipes use changes": () => writeFileSync(join(directory, "common.ts"), "export const one = 1;"),
    };
    for (const [what, change] of Object.entries(changes)) {
        it(`changes when ${what}`, () => {
            const before = hash();
            change();
            expect(hash()).not.to.equal(before);
        });
    }

    it("changes with the image's name", () => {
        expect(hash("example/one:2")).not.to.equal(hash());
    });

    it("is different for every image", () => {
        expect(new Set(imageNames.map((name) => recipeHash(recipes[name]))).size).to.equal(imageNames.length);
    });

    for (const [name, recipe] of Object.entries(recipes)) {
        it(`covers all code that decides what is in ${name}`, () => {
            const sources = [...shared, ...recipe.sources];
            const covers = (file: string) => sources.some((path) => file === path || file.startsWith(`${path}/`));
            const own = recipe.sources
                .map((path) => (path.endsWith("/recipe.ts") ? path : join(path, "recipe.ts")))
                .find((path) => existsSync(path));
            const uncovered = importedBy(own ?? expect.fail("it has no recipe.ts"))
                .filter((file) => !covers(file))
                .map((file) => file.slice(repositoryDirectory.length + 1));
            expect(uncovered.filter((file) => !withoutInfluence.includes(file))).to.deep.equal([]);
        });
    }
});

// How programs are run, found, cached and told of on the machine that builds.
const withoutInfluence = [
    "local/cluster/layout.ts",
    "local/cluster/ranges.ts",
    "local/images/recipeHash.ts",
    "local/support/buildCache.ts",
    "local/support/buildKey.ts",
    "local/support/errors.ts",
    "local/support/execution.ts",
    "local/support/lock.ts",
    "local/support/paths.ts",
    "local/support/progress.ts",
    "local/support/removal.ts",
];

/** The files of this project that a file imports, for more than types, and those that these import; itself included. */
function importedBy(file: string, known = new Set<string>()): string[] {
    if (!known.has(file)) {
        known.add(file);
        const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";$/gm);
        for (const [, path = ""] of imports) {
            importedBy(`${join(dirname(file), path)}.ts`, known);
        }
    }
    return [...known];
}
