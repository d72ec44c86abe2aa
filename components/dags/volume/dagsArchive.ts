import { createHash } from "node:crypto";
import { existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import * as tar from "tar";

/** Files of DAGs, packed. */
export interface DagsArchive {
    /** Base64 of a gzipped tar, cut into parts that each fit a ConfigMap. */
    readonly parts: string[];
    /** SHA-256 of the unpacked tar, hexadecimal. Equal files give an equal digest on every machine. */
    readonly digest: string;
}

/** What a ConfigMap holds, with room for its metadata: 1 MiB is the limit of the API server. */
const partBytes = 900 * 1024;

/** Largest archive that is sent through the Kubernetes API. */
export const maximumArchiveBytes = 5 * 1024 * 1024;

/** Largest folder that is packed to find its compressed size. */
const maximumBytes = 100 * 1024 * 1024;

/** Most files of a folder: walking a whole machine would take minutes. */
const maximumFiles = 10_000;

/**
 * Paths of the files to load, relative to the folder and sorted. Names that begin with a dot are left out, because they are
 * seldom meant for a cluster (`.env`, `.git`), except `.airflowignore`.
 */
export function dagFiles(folder: string): string[] {
    let seen = 0;
    const walk = (below: string): string[] =>
        readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
            seen += 1;
            if (seen > maximumFiles) {
                throw new Error(`there are more than ${maximumFiles} files in it`);
            }
            const path = below === "" ? entry.name : `${below}/${entry.name}`;
            if (entry.name.startsWith(".") && entry.name !== ".airflowignore") {
                return [];
            }
            if (entry.name === "__pycache__" || entry.name.endsWith(".pyc")) {
                return [];
            }
            // Through a link to a directory, a folder could hold itself.
            if (entry.isDirectory()) {
                return walk(path);
            }
            // A link may lead nowhere.
            return statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() ? [path] : [];
        });
    return walk("").sort();
}

/** What is wrong with a folder of DAGs, or undefined. */
export function dagsFolderFault(folder: string): string | undefined {
    if (!existsSync(folder)) {
        return "there is no such folder";
    }
    if (!statSync(folder).isDirectory()) {
        return "it is not a folder";
    }
    try {
        return filesFault(folder);
    } catch (error) {
        return `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    }
}

function filesFault(folder: string): string | undefined {
    const files = dagFiles(folder);
    if (!files.some((file) => file.endsWith(".py"))) {
        return "there is no Python file in it";
    }
    const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    if (bytes > maximumBytes) {
        return `its files are ${megabytes(bytes)}, more than ${megabytes(maximumBytes)}`;
    }
    const { length } = compressed(packed(folder));
    if (length > maximumArchiveBytes) {
        return `its files are ${megabytes(length)} compressed, more than ${megabytes(maximumArchiveBytes)}`;
    }
    return undefined;
}

/**
 * Packs a folder. Owner, time and order of the files do not count, so the digest changes only with their contents, and with
 * whether they are scripts that can be run.
 */
export function packDags(folder: string): DagsArchive {
    const archive = packed(folder);
    const data = compressed(archive);
    const parts: string[] = [];
    for (let start = 0; start < data.length; start += partBytes) {
        parts.push(data.subarray(start, start + partBytes).toString("base64"));
    }
    return { parts, digest: createHash("sha256").update(archive).digest("hex") };
}

/** Place in gzip's header of the system that has packed. */
const systemByte = 9;
/** Unix. What most archives say already: those of Linux stay as they are. */
const unix = 3;

/** Gzip without what zlib writes of the machine, so that equal DAGs are one ConfigMap on macOS and Linux. Its time is always 0. */
function compressed(archive: Buffer): Buffer {
    const data = gzipSync(archive, { level: 9 });
    data[systemByte] = unix;
    return data;
}

function packed(folder: string): Buffer {
    const files = dagFiles(folder);
    const pack = tar.create(
        {
            cwd: folder,
            sync: true,
            portable: true,
            follow: true,
            noDirRecurse: true,
            mtime: new Date(0),
            statCache: new Map(files.map((file) => [resolve(folder, file), uniformStat(join(folder, file))])),
        },
        // A name that begins with @ would be taken for an archive.
        files.map((file) => `./${file}`),
    );
    return Buffer.concat([...readAll(pack)]);
}

/**
 * What the file system says of a file, without what differs between two checkouts: of its mode only whether its owner can run
 * it, as in Git; and not whether it has two names.
 */
function uniformStat(path: string): Stats {
    const stats = statSync(path);
    return Object.assign(stats, { mode: stats.mode & 0o100 ? 0o100755 : 0o100644, nlink: 1 });
}

function* readAll(pack: { read(): Buffer | null }): Generator<Buffer> {
    for (let chunk = pack.read(); chunk !== null; chunk = pack.read()) {
        yield chunk;
    }
}
