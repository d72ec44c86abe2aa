import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBuilt } from "../support/buildCache";
import { buildKey } from "../support/buildKey";
import { output } from "../support/execution";

const sources = join(__dirname, "source");
const compilerFlags = [
    "-std=gnu17",
    "-D_GNU_SOURCE",
    "-D_FILE_OFFSET_BITS=64",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror=implicit",
    "-pthread",
] as const;

/** The names by which mount(8) calls the client. */
export const mountHelpers = ["mount.nfs", "mount.nfs4"] as const;

/** What the client is built with: a file to look for, where it lies unless on the PATH, and its Debian package. */
export const buildRequirements: readonly { name: string; package: string; directories?: readonly string[] }[] = [
    { name: "gcc", package: "gcc" },
    { name: "pkg-config", package: "pkg-config" },
    { name: "stdio.h", package: "libc6-dev", directories: ["/usr/include"] },
    { name: "fuse_lowlevel.h", package: "libfuse3-dev", directories: ["/usr/include/fuse3"] },
    { name: "libnfs.h", package: "libnfs-dev", directories: ["/usr/include/nfsc"] },
];

let running: Promise<string> | undefined;

/** The path of the NFS client that mount(8) calls; builds it when the cache lacks it. */
export function nfsClient(): Promise<string> {
    running ??= ensureClient();
    return running;
}

async function ensureClient(): Promise<string> {
    const files: Record<string, string> = {};
    for (const file of await readdir(sources)) {
        files[file] = await readFile(join(sources, file), "utf8");
    }
    const compiler = await output(["gcc", "-dumpfullversion", "-dumpmachine"]);
    // Another version of a library may be laid out differently in memory.
    const libraries = await output(["pkg-config", "--modversion", "fuse3", "libnfs"]);
    const key = buildKey(files, `${compiler}${libraries}`, compilerFlags.join(" "));
    const directory = await ensureBuilt({
        name: "nfs",
        key,
        title: "Building the NFS client",
        fill: async (into) => {
            const flags = (await output(["pkg-config", "--cflags", "--libs", "fuse3", "libnfs"])).trim().split(/\s+/);
            const units = Object.keys(files).filter((file) => file.endsWith(".c"));
            await output(["gcc", ...compilerFlags, "-o", join(into, "mount.nfs"), ...units, ...flags], {
                cwd: sources,
            });
        },
    });
    return join(directory, "mount.nfs");
}
