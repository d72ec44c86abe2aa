import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Builder, imageTime } from "./builder";
import { machineAccess, machineSources } from "./debianSources";

/** A small Debian. */
export interface DebianRootArgs {
    /** The directory to fill. */
    readonly root: string;
    /** The release's name. */
    readonly suite: string;
    /** Packages besides the essential ones and apt; nothing that is only recommended is added. */
    readonly packages: readonly string[];
    /** Shell commands that run in the new root before `packages` are installed. */
    readonly before?: string;
    /** Paths, with wildcards, that are not unpacked. */
    readonly leftOut?: readonly string[];
}

// Nobody reads manuals in a container. Licences stay.
const manuals = ["doc/*", "info/*", "lintian/*", "locale/*", "man/*", "bug/*", "icons/*"].map(
    (path) => `/usr/share/${path}`,
);

/** A text as one word of a shell, whatever is in it. */
export function shellWord(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Makes the root of a minimal Debian from the machine's own mirrors. Nothing of the machine's settings stays in it. */
export async function buildDebianRoot(builder: Builder, args: DebianRootArgs): Promise<void> {
    const access = join(builder.directory, "apt.conf");
    await writeFile(access, await machineAccess());
    // Logins for mirrors are copied in for as long as packages are fetched.
    const logins = ["auth.conf", "auth.conf.d"].filter((name) => existsSync(join("/etc/apt", name)));
    await builder.run("mmdebstrap", [
        "--mode=root",
        "--variant=minbase",
        `--include=${args.packages.join(",")}`,
        `--aptopt=${access}`,
        ...[...manuals, ...(args.leftOut ?? [])].map((path) => `--dpkgopt=path-exclude=${path}`),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        ...logins.map((name) => `--setup-hook=cp -a /etc/apt/${name} "$1/etc/apt/"`),
        ...(args.before === undefined ? [] : [`--essential-hook=chroot "$1" sh -euc ${shellWord(args.before)}`]),
        args.suite,
        args.root,
        ...(await machineSources(args.suite)),
    ]);
    await removeMachineSettings(args.root);
}

// What says where and when the root was built, and what nothing needs.
const removed = [
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/auth.conf",
    "etc/apt/auth.conf.d",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/hostname",
    "etc/machine-id",
    "etc/resolv.conf",
];
const emptied = ["run", "tmp", "var/cache", "var/lib/apt/lists", "var/log", "var/tmp"];

/** Takes the machine's settings, and what differs from build to build, out of a root. */
async function removeMachineSettings(root: string): Promise<void> {
    const contents = await Promise.all(
        emptied.map(async (directory) => (await readdir(join(root, directory))).map((name) => join(directory, name))),
    );
    for (const path of [...removed, ...contents.flat()]) {
        await rm(join(root, path), { recursive: true, force: true });
    }
}

// None of the machine's.
const insideEnvironment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C.UTF-8",
    `SOURCE_DATE_EPOCH=${imageTime}`,
];

/** Runs a script of the recipe inside the root, which the recipe has put under /build with all that it needs. */
export async function runInRoot(builder: Builder, root: string, script: string): Promise<void> {
    await builder.run("chroot", [root, "/usr/bin/env", "-i", ...insideEnvironment, "/bin/sh", script]);
    await rm(join(root, "build"), { recursive: true });
}
