import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import * as tar from "tar";
import { pack } from "tar-stream";
import { packDags } from "../../../../components/dags/volume/dagsArchive";
import { dagsArchiveFault, withUnpacked } from "../../../../components/dags/volume/tarFile";
import { folder, noise, removeFolders } from "../../../support/folders";

/** An archive of files on the disk, as tar makes it. */
function archiveOf(files: Record<string, string | Buffer>, name = "dags.tgz", gzip = true): string {
    const source = folder(files);
    const archive = join(folder(), name);
    tar.create({ file: archive, cwd: source, sync: true, gzip }, readdirSync(source));
    return archive;
}

/** An archive with entries that no tar program would make. */
async function crafted(
    entries: { name: string; type?: "symlink" | "link" | "fifo"; linkname?: string }[],
): Promise<string> {
    const packed = pack();
    packed.entry({ name: "a.py" }, "a = 1\n");
    for (const entry of entries) {
        if (entry.type === undefined) {
            packed.entry(entry, "x");
        } else {
            packed.entry(entry);
        }
    }
    packed.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of packed) {
        chunks.push(chunk as Buffer);
    }
    const archive = join(folder(), "dags.tar");
    writeFileSync(archive, Buffer.concat(chunks));
    return archive;
}

describe("an archive of DAGs", () => {
    after(removeFolders);

    it("counts by its files: the same in a folder or in archives packed one way or another", () => {
        const files = { "a.py": "a = 1\n", "team/b.py": "b = 2\n" };
        const { digest } = packDags(folder(files));
        for (const archive of [archiveOf(files), archiveOf(files, "d.tar.gz"), archiveOf(files, "d.tar", false)]) {
            expect(dagsArchiveFault(archive)).to.equal(undefined);
            expect(withUnpacked(archive, packDags).digest).to.equal(digest);
        }
        expect(withUnpacked(archiveOf({ ...files, "a.py": "a = 2\n" }), packDags).digest).to.not.equal(digest);
    });

    it("leaves hidden files out, and nothing on this machine", () => {
        const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith("airflow-kubernetes-dags-"));
        const before = ours();
        const archive = archiveOf({ "a.py": "", ".env": "PASSWORD=1" });
        expect(withUnpacked(archive, packDags).digest).to.equal(packDags(folder({ "a.py": "" })).digest);
        expect(() =>
            withUnpacked(archive, () => {
                throw new Error("in the middle");
            }),
        ).to.throw("in the middle");
        expect(ours()).to.deep.equal(before);
    });

    it("is refused when it is none", () => {
        const text = join(folder({ "dags.tgz": "no archive" }), "dags.tgz");
        expect(dagsArchiveFault(text)).to.match(/cannot be read as an archive/);
        expect(dagsArchiveFault(join(folder({ "dags.tgz": gzipSync("no archive") }), "dags.tgz"))).to.match(
            /cannot be read as an archive|no Python file/,
        );
        expect(dagsArchiveFault(folder())).to.equal("it is not a file");
        expect(dagsArchiveFault(join(folder({ "dags.zip": "" }), "dags.zip"))).to.contain("does not end in");
        expect(dagsArchiveFault("no/such.tgz")).to.equal("there is no such file");
    });

    it("is refused without Python, and when it is too large", () => {
        expect(dagsArchiveFault(archiveOf({ "readme.md": "" }))).to.equal("there is no Python file in it");
        const large = { "a.py": "", "data.bin": noise(6 * 1024 * 1024) };
        expect(dagsArchiveFault(archiveOf(large))).to.contain("more than 5.0 MiB");
        const zeros = { "a.py": "", "data.bin": Buffer.alloc(101 * 1024 * 1024) };
        expect(dagsArchiveFault(archiveOf(zeros, "d.tar", false))).to.equal("it holds more than 100 MiB unpacked");
    });

    it("is refused when a path or a link leads out of it", async () => {
        const cases = [
            { name: "../evil.py" },
            { name: "team/../../evil.py" },
            { name: "/etc/evil.py" },
            { name: "link.py", type: "symlink", linkname: "/etc/passwd" },
            { name: "link.py", type: "symlink", linkname: "../outside.py" },
            { name: "team/link.py", type: "symlink", linkname: "../../outside.py" },
            { name: "hard.py", type: "link", linkname: "../outside.py" },
            { name: "hard.py", type: "link", linkname: "/etc/passwd" },
        ] as const;
        for (const entry of cases) {
            expect(dagsArchiveFault(await crafted([entry])), JSON.stringify(entry)).to.match(
                /leads out of the archive$/,
            );
        }
        expect(dagsArchiveFault(await crafted([{ name: "pipe", type: "fifo" }]))).to.contain("neither a file nor");
    });

    it("is refused when links lead out only together", async () => {
        const source = folder({ "a.py": "" });
        mkdirSync(join(source, "d"));
        symlinkSync(".", join(source, "here"));
        symlinkSync("here/..", join(source, "out"));
        const archive = join(folder(), "dags.tgz");
        tar.create({ file: archive, cwd: source, sync: true, gzip: true }, readdirSync(source));
        expect(dagsArchiveFault(archive)).to.match(/leads out of the archive$/);
    });

    it("may hold links that stay inside", async () => {
        const source = folder({ "a.py": "a = 1\n", "team/b.py": "" });
        symlinkSync("../a.py", join(source, "team", "c.py"));
        const archive = join(folder(), "dags.tgz");
        tar.create({ file: archive, cwd: source, sync: true, gzip: true }, readdirSync(source));
        expect(dagsArchiveFault(archive)).to.equal(undefined);
        const plain = { "a.py": "a = 1\n", "team/b.py": "", "team/c.py": "a = 1\n" };
        expect(withUnpacked(archive, packDags).digest).to.equal(packDags(folder(plain)).digest);
    });
});
