import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import zlib, { gunzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import * as tar from "tar";
import {
    dagFiles,
    dagsFolderFault,
    maximumArchiveBytes,
    packDags,
} from "../../../../components/dags/volume/dagsArchive";
import { folder, noise, removeFolders } from "../../../support/folders";

/** Files of an archive by path, and their modes. */
function unpacked(parts: readonly string[]): { files: Record<string, string>; modes: Set<number | undefined> } {
    const files: Record<string, string> = {};
    const modes = new Set<number | undefined>();
    const data = gunzipSync(Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))));
    const parser = new tar.Parser({
        onReadEntry: (entry) => {
            const chunks: Buffer[] = [];
            entry.on("data", (chunk: Buffer) => chunks.push(chunk));
            entry.on("end", () => {
                files[entry.path.replace(/^\.\//, "")] = Buffer.concat(chunks).toString("latin1");
            });
            modes.add(entry.mode);
        },
    });
    parser.end(data);
    return { files, modes };
}

const dags = { "a.py": "print('a')\n", "team/b.py": "print('b')\n", "team/sql/c.sql": "select 1;\n" };

describe("dagsArchive", () => {
    afterEach(removeFolders);

    describe("digest", () => {
        const digest = () => packDags(folder(dags)).digest;

        it("is SHA-256 in hexadecimal, and the same for the same files in another folder", () => {
            expect(digest()).to.match(/^[0-9a-f]{64}$/);
            expect(digest()).to.equal(digest());
        });

        it("does not depend on the times of files", () => {
            const touched = folder(dags);
            utimesSync(join(touched, "a.py"), 1, 1_000_000_000);
            utimesSync(join(touched, "team"), 1, 1_000_000_000);
            expect(packDags(touched)).to.deep.equal(packDags(folder(dags)));
        });

        it("does not depend on what of the modes of files a checkout's umask decides", () => {
            const closed = folder(dags);
            chmodSync(join(closed, "a.py"), 0o600);
            chmodSync(join(closed, "team/b.py"), 0o666);
            expect(packDags(closed)).to.deep.equal(packDags(folder(dags)));
        });

        it("depends on whether a file is a script that can be run", () => {
            const [plain, script, closedScript] = [0o644, 0o775, 0o700].map((mode) => {
                const source = folder(dags);
                chmodSync(join(source, "a.py"), mode);
                return packDags(source);
            });
            expect(script.digest).to.not.equal(plain.digest);
            expect(closedScript).to.deep.equal(script);
        });

        it("does not depend on the order in which files were made", () => {
            const reversed = Object.fromEntries(Object.entries(dags).reverse());
            expect(packDags(folder(reversed))).to.deep.equal(packDags(folder(dags)));
        });

        it("does not depend on whether equal files are one file with two names", () => {
            const copied = folder({ "a.py": "x = 1\n", "b.py": "x = 1\n" });
            const linked = folder({ "a.py": "x = 1\n" });
            linkSync(join(linked, "a.py"), join(linked, "b.py"));
            expect(packDags(linked)).to.deep.equal(packDags(copied));
        });

        it("changes with content, with a name, with an added and with a removed file", () => {
            const { "a.py": a, ...others } = dags;
            const digests = [
                dags,
                { ...dags, "a.py": "print('A')\n" },
                { ...others, "z.py": a },
                { ...dags, "d.py": "" },
                others,
            ].map((files) => packDags(folder(files)).digest);
            expect(new Set(digests).size).to.equal(5);
        });
    });

    describe("header", () => {
        const { gzipSync } = zlib;
        const header = (system: number) => {
            const packing: typeof gzipSync = (...given) => {
                const data = gzipSync(...given);
                data[9] = system;
                return data;
            };
            zlib.gzipSync = packing;
            syncBuiltinESMExports();
            return Buffer.from(packDags(folder(dags)).parts[0], "base64").subarray(0, 10);
        };

        afterEach(() => {
            zlib.gzipSync = gzipSync;
            syncBuiltinESMExports();
        });

        it("says the same on Linux, macOS and Windows, and no time", () => {
            const [linux, ...others] = [0x03, 0x13, 0x0a].map(header);
            expect(linux[9]).to.equal(0x03);
            expect(others).to.deep.equal([linux, linux]);
            expect(linux.readUInt32LE(4)).to.equal(0);
        });
    });

    describe("files", () => {
        it("are all that lie in the folder, at any depth, sorted", () => {
            expect(dagFiles(folder(dags))).to.deep.equal(["a.py", "team/b.py", "team/sql/c.sql"]);
        });

        it("leave out names that begin with a dot, and bytecode, but keep .airflowignore", () => {
            const hidden = { ".env": "SECRET=1", ".git/config": "", "team/.idea/x": "", ".airflowignore": "x\n" };
            const bytecode = { "__pycache__/a.cpython-312.pyc": "", "team/__pycache__/b.pyc": "", "old.pyc": "" };
            const full = folder({ ...dags, ...hidden, ...bytecode, "team/.airflowignore": "y\n" });
            const kept = [".airflowignore", "a.py", "team/.airflowignore", "team/b.py", "team/sql/c.sql"];
            expect(dagFiles(full)).to.have.members(kept);
            expect(Object.keys(unpacked(packDags(full).parts).files)).to.have.members(kept);
        });

        it("come with the content of what links to files point to, and without what lies behind links to folders", () => {
            const elsewhere = folder({ "shared.py": "shared = 1\n", "more/x.py": "" });
            const linked = folder(dags);
            symlinkSync(join(elsewhere, "shared.py"), join(linked, "shared.py"));
            symlinkSync(join(elsewhere, "more"), join(linked, "more"));
            symlinkSync(".", join(linked, "itself"));
            expect(unpacked(packDags(linked).parts).files).to.deep.equal({ ...dags, "shared.py": "shared = 1\n" });
        });

        it("leave out links that lead nowhere", () => {
            const broken = folder(dags);
            symlinkSync("nowhere.py", join(broken, "broken.py"));
            expect(dagsFolderFault(broken)).to.equal(undefined);
            expect(unpacked(packDags(broken).parts).files).to.deep.equal(dags);
        });

        it("may have any name", () => {
            const odd = {
                "@at.py": "at",
                "-dash.py": "dash",
                "with space.py": "space",
                "ümläut/日本.py": "unicode",
                "quote'\".py": "quote",
                [`${"long-".repeat(30)}/${"name-".repeat(30)}.py`]: "long",
            };
            expect(unpacked(packDags(folder(odd)).parts).files).to.deep.equal(odd);
        });

        it("come back as they were, whatever they hold", () => {
            const name = fc.stringMatching(/^[a-z@_][a-z0-9_-]{0,8}$/);
            const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join("/")}.py`);
            const files = fc.dictionary(path, fc.uint8Array({ maxLength: 600 }), { minKeys: 1, maxKeys: 6 });
            fc.assert(
                fc.property(files, (given) => {
                    const contents = Object.fromEntries(
                        Object.entries(given).map(([key, bytes]) => [key, Buffer.from(bytes)]),
                    );
                    const { parts } = packDags(folder(contents));
                    const expected = Object.fromEntries(
                        Object.entries(contents).map(([key, bytes]) => [key, bytes.toString("latin1")]),
                    );
                    expect(unpacked(parts).files).to.deep.equal(expected);
                }),
                { numRuns: 40 },
            );
        });

        it("can be read by every user of the volume, and run where their owner can run them", () => {
            const closed = folder(dags);
            chmodSync(join(closed, "a.py"), 0o700);
            expect([...unpacked(packDags(closed).parts).modes]).to.have.members([0o755, 0o644]);
        });
    });

    describe("parts", () => {
        it("are one for a small folder", () => {
            expect(packDags(folder(dags)).parts).to.have.lengthOf(1);
        });

        it("each fit a ConfigMap, and together give the whole", () => {
            const content = noise(2_000_000);
            const { parts } = packDags(folder({ "a.py": "", "data.bin": content }));
            expect(parts).to.have.lengthOf(3);
            for (const part of parts) {
                expect(Buffer.from(part, "base64").length).to.be.at.most(900 * 1024);
                // The limit of the API server counts the decoded bytes; that of etcd's request the whole object.
                expect(part.length).to.be.at.most(1.3 * 1024 * 1024);
            }
            expect(unpacked(parts).files["data.bin"]).to.equal(content.toString("latin1"));
        });
    });

    describe("faults", () => {
        it("are a folder that is not there, a file, and a folder without a Python file", () => {
            const path = folder({ "notes.txt": "", ".hidden.py": "", "__pycache__/a.py": "" });
            expect(dagsFolderFault(join(path, "missing"))).to.equal("there is no such folder");
            expect(dagsFolderFault(join(path, "notes.txt"))).to.equal("it is not a folder");
            expect(dagsFolderFault(path)).to.equal("there is no Python file in it");
            mkdirSync(join(path, "empty"));
            expect(dagsFolderFault(join(path, "empty"))).to.equal("there is no Python file in it");
        });

        it("are files that do not fit, with their size", () => {
            const path = folder({ "a.py": "" });
            expect(dagsFolderFault(path)).to.equal(undefined);
            writeFileSync(join(path, "model.bin"), noise(maximumArchiveBytes + 4096));
            expect(dagsFolderFault(path)).to.equal("its files are 5.0 MiB compressed, more than 5.0 MiB");
            rmSync(join(path, "model.bin"));
            expect(dagsFolderFault(path)).to.equal(undefined);
        });

        it("are none in the folder of examples", () => {
            expect(dagsFolderFault("examples/dags")).to.equal(undefined);
            const { files } = unpacked(packDags("examples/dags").parts);
            for (const [path, content] of Object.entries(files)) {
                expect(content).to.equal(readFileSync(join("examples/dags", path), "latin1"));
            }
        });
    });
});
