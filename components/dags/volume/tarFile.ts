import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, sep } from "node:path";
import * as tar from "tar";
import { dagsFolderFault } from "./dagsArchive";

/** The most that an archive may hold. A few kilobytes can hold gigabytes of zeros. */
const maximumUnpackedBytes = 100 * 1024 * 1024;

/** Kinds of entries that are files, or lead to them. */
const kinds: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile", "Directory", "SymbolicLink", "Link"]);

/** What is wrong with an archive of DAGs, or undefined. */
export function dagsArchiveFault(archive: string): string | undefined {
    if (!existsSync(archive)) {
        return "there is no such file";
    }
    if (!statSync(archive).isFile()) {
        return "it is not a file";
    }
    if (!/\.(tar|tar\.gz|tgz)$/.test(archive)) {
        return "its name does not end in .tar, .tar.gz or .tgz";
    }
    try {
        return listFault(archive) ?? withUnpacked(archive, (folder) => leadsOut(folder) ?? dagsFolderFault(folder));
    } catch (error) {
        return `it cannot be read as an archive (${error instanceof Error ? error.message : String(error)})`;
    }
}

/** Unpacks an archive, uses its files, and removes them again. */
export function withUnpacked<Result>(archive: string, use: (folder: string) => Result): Result {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-dags-"));
    try {
        tar.extract({ file: archive, cwd: folder, sync: true, strict: true, preserveOwner: false, noMtime: true });
        return use(folder);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Looks at the names, links and sizes in an archive, of which nothing is written before all are right. */
function listFault(archive: string): string | undefined {
    const faults: string[] = [];
    let bytes = 0;
    tar.list({
        file: archive,
        sync: true,
        strict: true,
        onReadEntry: ({ path, type, size, linkpath = "" }) => {
            bytes += size;
            // A symbolic link is relative to where it lies, a hard one to the archive.
            const target = type === "Link" ? linkpath : posix.join(posix.dirname(path), linkpath);
            if (!kinds.has(type)) {
                faults.push(`${path} in it is neither a file nor a folder nor a link`);
            } else if (outside(path)) {
                faults.push(`${path} in it is a path that leads out of the archive`);
            } else if (type.endsWith("Link") && (posix.isAbsolute(linkpath) || outside(target))) {
                faults.push(`${path} in it is a link that leads out of the archive`);
            }
        },
    });
    const megabytes = maximumUnpackedBytes / 1024 / 1024;
    return faults[0] ?? (bytes > maximumUnpackedBytes ? `it holds more than ${megabytes} MiB unpacked` : undefined);
}

function outside(path: string): boolean {
    const normal = posix.normalize(path);
    return posix.isAbsolute(normal) || normal === ".." || normal.startsWith("../");
}

/** Links of links can lead where no single one seems to lead; what they mean together shows on the disk only. */
function leadsOut(folder: string): string | undefined {
    // The other realpathSync takes ".." away before it knows where a link leads.
    const root = realpathSync.native(folder);
    const link = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isSymbolicLink())
        .map((entry) => join(entry.parentPath, entry.name))
        .find((path) => existsSync(path) && !`${realpathSync.native(path)}${sep}`.startsWith(`${root}${sep}`));
    return link === undefined
        ? undefined
        : `${link.slice(folder.length + 1)} in it is a link that leads out of the archive`;
}
