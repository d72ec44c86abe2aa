import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { allEnded, type Builder } from "./builder";
import { buildDebianRoot, runInRoot } from "./debianRoot";
import { downloadWheels } from "./wheels";

/** A Debian with Python packages. */
export interface PythonRootArgs {
    /** Becomes the image's root. */
    readonly root: string;
    /** The file with the exact versions of the Python packages, which becomes /build/requirements.txt. */
    readonly requirements: string;
    /** Installs from the wheels in /build/wheels. */
    readonly install: string;
    /** Packages of Debian. */
    readonly packages: readonly string[];
    /** More files that `install` finds in /build. */
    readonly files: readonly string[];
}

/** What this machine needs for it. */
export const pythonRootPackages = ["mmdebstrap", "python3-pip"] as const;

/** What of it belongs to the sources of a recipe. */
export const pythonRootSource = __filename;

/** Makes Debian and downloads the wheels at the same time, and then runs `install` in it. */
export async function buildPythonRoot(builder: Builder, args: PythonRootArgs): Promise<void> {
    const { root, requirements, install, packages, files } = args;
    const wheels = join(builder.directory, "wheels");
    await allEnded(
        downloadWheels(builder, {
            requirements,
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
    for (const file of [...files, install, requirements]) {
        await copyFile(file, join(build, basename(file)));
    }
    await runInRoot(builder, root, `/build/${basename(install)}`);
}
