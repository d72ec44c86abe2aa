import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { allEnded, type Builder } from "./builder";
import { buildDebianRoot, runInRoot } from "./debianRoot";
import { downloadWheels } from "./wheels";

/** A Debian with Python packages. */
export interface PythonRootArgs {
    /** Becomes the image's root. */
    readonly root: string;
    /** Folder of the recipe, with `requirements.txt` and the `install.sh` that installs from the wheels in /build/wheels. */
    readonly recipe: string;
    /** Packages of Debian. */
    readonly packages: readonly string[];
    /** More files of the recipe that `install.sh` finds in /build. */
    readonly files: readonly string[];
}

/** What this machine needs for it. */
export const pythonRootPackages = ["mmdebstrap", "python3-pip"] as const;

/** What of it belongs to the sources of a recipe. */
export const pythonRootSource = __filename;

/** Makes Debian and downloads the wheels at the same time, and then runs the recipe's `install.sh` in it. */
export async function buildPythonRoot(builder: Builder, args: PythonRootArgs): Promise<void> {
    const { root, recipe, packages, files } = args;
    const wheels = join(builder.directory, "wheels");
    await allEnded(
        downloadWheels(builder, {
            requirements: join(recipe, "requirements.txt"),
            // What Debian 12 has.
            python: "3.11",
            glibc: 36,
            directory: wheels,
        }),
        buildDebianRoot(builder, { root, suite: "bookworm", packages }),
    );
    const build = join(root, "build");
    await mkdir(build);
    await builder.run("mv", [wheels, build]);
    for (const file of [...files, "install.sh", "requirements.txt"]) {
        await copyFile(join(recipe, file), join(build, file));
    }
    await runInRoot(builder, root, "/build/install.sh");
}
