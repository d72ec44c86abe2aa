import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { create } from "tar";
import { UserError } from "../support/errors";
import type { Redactor } from "./redaction";

/** Texts of a report by their paths in it. */
export type ReportFiles = Readonly<Record<string, string>>;

/**
 * The files without secrets.
 *
 * @throws UserError where one is left, before anything is written.
 */
export function withoutSecrets(files: ReportFiles, { finds, redact }: Redactor): ReportFiles {
    const redacted = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, redact(text)]));
    const left = Object.entries(redacted)
        .filter(([, text]) => finds(text))
        .map(([path]) => path);
    if (left.length > 0) {
        throw new UserError(`Secrets could not be taken out of ${left.join(", ")}, so no report was written.`);
    }
    return redacted;
}

/** Writes one .tar.gz, for our own user alone, and only when it is whole. */
export async function writeReport(file: string, name: string, files: ReportFiles): Promise<void> {
    const target = resolve(file);
    mkdirSync(dirname(target), { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-report-"));
    const unfinished = `${target}.${process.pid}.part`;
    try {
        for (const [path, text] of Object.entries(files)) {
            const place = join(folder, name, path);
            mkdirSync(dirname(place), { recursive: true });
            writeFileSync(place, text, { mode: 0o600 });
        }
        writeFileSync(unfinished, "", { mode: 0o600 });
        await create({ gzip: true, portable: true, cwd: folder, file: unfinished }, [name]);
        renameSync(unfinished, target);
    } finally {
        rmSync(unfinished, { force: true });
        rmSync(folder, { recursive: true, force: true });
    }
}
