import { existsSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { capture } from "../support/execution";
import { cacheDirectory, clusterDirectory } from "../support/paths";
import { areBinariesBuilt } from "./binaries";
import { paths } from "./layout";

const gibibyte = 1024 ** 3;

/** What is written to one file system. */
export interface DiskNeed {
    /** Where; several when they lie on the same one. */
    readonly directories: readonly string[];
    /** Bytes that ordinary users and root may still write. */
    readonly free: number;
    /** Bytes that are still to come. */
    readonly needed: number;
}

/** What a folder is going to be filled with. */
export interface Filling {
    readonly directory: string;
    /** Bytes. */
    readonly needed: number;
}

/** What of the cluster was made before. */
export interface Made {
    readonly programs: boolean;
    readonly images: boolean;
    /** Whether the cluster's containerd has images. */
    readonly cluster: boolean;
}

/** What is still going to be written, and where; measured on a first run, and rounded up. */
export function fillings(made: Made, goCaches: readonly [modules: string, builds: string]): Filling[] {
    const [modules, builds] = goCaches;
    return [
        { directory: modules, needed: (made.programs ? 0 : 2) * gibibyte },
        { directory: builds, needed: (made.programs ? 0 : 3) * gibibyte },
        { directory: cacheDirectory, needed: (made.programs ? 0 : 0.5) * gibibyte + (made.images ? 0 : 2) * gibibyte },
        { directory: clusterDirectory, needed: (made.cluster ? 1 : 3) * gibibyte },
    ];
}

async function existingParent(directory: string): Promise<string> {
    let existing = directory;
    while (!existsSync(existing)) {
        existing = dirname(existing);
    }
    return existing;
}

/** The needs of folders, those of the same file system as one. */
export async function needsByFileSystem(all: readonly Filling[]): Promise<DiskNeed[]> {
    const found = new Map<number, DiskNeed>();
    for (const { directory, needed } of all.filter((filling) => filling.needed > 0)) {
        const existing = await existingParent(directory);
        const { dev } = await stat(existing);
        const { bavail, bsize } = await statfs(existing);
        const before = found.get(dev);
        found.set(dev, {
            directories: [...(before?.directories ?? []), directory],
            free: bavail * bsize,
            needed: (before?.needed ?? 0) + needed,
        });
    }
    return [...found.values()];
}

async function goCacheDirectories(): Promise<[string, string]> {
    const said = await capture(["go", "env", "GOMODCACHE", "GOCACHE"]).catch(() => ({ stdout: "" }));
    const [modules, builds] = said.stdout.split("\n").map((line) => line.trim());
    return [modules || join(homedir(), "go"), builds || join(homedir(), ".cache")];
}

/** What of the cluster was made before on this machine. */
export async function made(): Promise<Made> {
    return {
        programs: await areBinariesBuilt(),
        images: existsSync(join(cacheDirectory, "images")),
        cluster: existsSync(paths.containerd),
    };
}

/** What the cluster is still going to write on this machine. */
export async function diskNeeds(): Promise<DiskNeed[]> {
    return await needsByFileSystem(fillings(await made(), await goCacheDirectories()));
}
