import {
    copyFileSync,
    cpSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { output } from "../support/execution";
import { repositoryDirectory } from "../support/paths";

const components = join(repositoryDirectory, "components");

/** Fields of the repository's package.json that are the library's, too. */
const common = ["version", "description", "license", "engines"] as const;

/** The library's package.json: what stands in the one of `components`, and what the repository's says for both. */
export function libraryManifest(): Record<string, unknown> {
    const read = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { name, ...own } = read(components);
    const repository = read(repositoryDirectory);
    const shared = Object.fromEntries(common.map((field) => [field, repository[field]]));
    // For who does not know `exports`. In the folder of sources they would name files that are not there.
    return { name, ...shared, main: "./index.js", types: "./index.d.ts", ...own };
}

/** Writes the library as a package to an empty folder: JavaScript with its types, and the files that it reads. */
export async function buildLibrary(folder: string): Promise<void> {
    const tsc = join(repositoryDirectory, "node_modules", ".bin", "tsc");
    await output([tsc, "--project", join(repositoryDirectory, "tsconfig.build.json"), "--outDir", folder]);
    for (const file of readdirSync(components, { recursive: true, encoding: "utf8" }).filter(goesAsItIs)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        copyFileSync(join(components, file), join(folder, file));
    }
    // Messages name the guides and the recipe of an image by these paths.
    for (const shared of ["LICENSE", "CHANGELOG.md", "docs", "images"]) {
        cpSync(join(repositoryDirectory, shared), join(folder, shared), { recursive: true });
    }
    writeFileSync(join(folder, "package.json"), `${JSON.stringify(libraryManifest(), undefined, 4)}\n`);
}

/** Whether something in `components` is a file that goes into the package as it is: a script, a Python package, a table, the guide. */
function goesAsItIs(path: string): boolean {
    const isMade = /\.(ts|pyc)$/.test(path) || path === "package.json";
    return !isMade && statSync(join(components, path)).isFile();
}

/** Writes the library as a tarball that npm can install to a folder, and hands back the tarball's path. */
export async function packLibrary(out: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-library-"));
    try {
        await buildLibrary(folder);
        mkdirSync(out, { recursive: true });
        const packed = await output(["npm", "pack", folder, "--pack-destination", out, "--json", "--loglevel=error"]);
        const [{ filename }] = JSON.parse(packed) as { filename: string }[];
        return resolve(out, filename);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
