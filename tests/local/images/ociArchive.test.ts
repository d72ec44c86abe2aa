import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    createReadStream,
    mkdirSync,
    mkdtempSync,
    rmSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { extract } from "tar-stream";
import { archiveDigest, archivePackages, packArchive } from "../../../local/images/ociArchive";
import { skip } from "../../support/skip";

interface Manifest {
    config: { digest: string; size: number };
    layers: { mediaType: string; digest: string; size: number }[];
}

interface Index {
    manifests: { mediaType: string; digest: string; size: number; annotations: Record<string, string> }[];
}

interface Config {
    os: string;
    config: object;
    rootfs: { diff_ids: string[] };
}

async function entriesOf(archive: string): Promise<Map<string, Buffer>> {
    const result = new Map<string, Buffer>();
    for await (const entry of createReadStream(archive).pipe(extract())) {
        result.set(entry.header.name, await buffer(entry));
    }
    return result;
}

function digestOf(content: Buffer): string {
    return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

describe("local/images: OCI archive", () => {
    const reference = "docker.io/example/one:1";
    const config = { Entrypoint: ["/hello"], User: "1:0" };
    let directory: string;

    before(function () {
        const lacking = archivePackages.filter((program) => spawnSync(program, ["--version"]).status !== 0);
        if (lacking.length > 0) {
            skip(this, `there is no ${lacking.join(", no ")}, which make cluster-up installs`);
        }
    });

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "archive-"));
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    async function packed(name: string, content = "hello"): Promise<{ archive: string; digest: string }> {
        const root = join(directory, name);
        mkdirSync(join(root, "dev"), { recursive: true });
        writeFileSync(join(root, "dev", "null"), "");
        writeFileSync(join(root, "hello"), content);
        chmodSync(join(root, "hello"), 0o755);
        symlinkSync("hello", join(root, "link"));
        utimesSync(join(root, "hello"), new Date(), new Date());
        const archive = join(directory, `${name}.tar`);
        return { archive, digest: await packArchive({ root, reference, config, archive }) };
    }

    it("names the image, and every digest and size is right", async () => {
        const { archive, digest } = await packed("one");
        const entries = await entriesOf(archive);
        const blob = (of: { digest: string; size: number }): Buffer => {
            const content = entries.get(of.digest.replace("sha256:", "blobs/sha256/"));
            if (content === undefined) {
                throw new Error(`no blob ${of.digest}`);
            }
            expect(digestOf(content)).to.equal(of.digest);
            expect(content.length).to.equal(of.size);
            return content;
        };
        expect([...entries.keys()].slice(0, 2)).to.deep.equal(["oci-layout", "index.json"]);
        expect(entries).to.have.property("size", 5);
        const index = JSON.parse(String(entries.get("index.json"))) as Index;
        expect(index.manifests).to.have.length(1);
        expect(index.manifests[0].digest).to.equal(digest);
        expect(index.manifests[0].annotations["io.containerd.image.name"]).to.equal(reference);
        const manifest = JSON.parse(String(blob(index.manifests[0]))) as Manifest;
        const image = JSON.parse(String(blob(manifest.config))) as Config;
        expect(image.os).to.equal("linux");
        expect(image.config).to.deep.equal(config);
        const layer = spawnSync("zstd", ["--decompress"], { input: blob(manifest.layers[0]) }).stdout;
        expect(image.rootfs.diff_ids).to.deep.equal([digestOf(layer)]);
        const list = spawnSync("tar", ["--list", "--verbose", "--numeric-owner"], { input: layer }).stdout.toString();
        expect(list).to.match(/^-rwxr-xr-x .* 1980-01-01 .* \.\/hello$/m);
        expect(list).to.match(/^lrwxrwxrwx .* \.\/link -> hello$/m);
        expect(list).to.match(/ \.\/dev\/$/m);
        expect(list).not.to.contain("null");
    });

    it("has the same digest for the same content, another one for other content", async () => {
        const { digest } = await packed("one");
        expect((await packed("two")).digest).to.equal(digest);
        expect((await packed("three", "hullo")).digest).not.to.equal(digest);
    });

    it("says its digest afterwards", async () => {
        const { archive, digest } = await packed("one");
        expect(await archiveDigest(archive)).to.equal(digest);
    });

    it("says which file is no archive", async () => {
        const file = join(directory, "empty.tar");
        writeFileSync(file, Buffer.alloc(1024));
        const message = await archiveDigest(file).then(
            () => "",
            (error: Error) => error.message,
        );
        expect(message).to.equal(`${file} is not an OCI archive: it has no index.json. Remove it, and run this again.`);
    });
});
