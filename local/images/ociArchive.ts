import { type ChildProcess, spawn } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract, type Pack, pack } from "tar-stream";
import { UserError } from "../support/errors";
import { imageArchitecture } from "./architecture";
import { imageTime } from "./builder";

/** What a container of the image runs, and how: the `config` of the OCI image specification. */
export interface ImageConfig {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly StopSignal?: string;
    readonly ExposedPorts?: Readonly<Record<string, object>>;
    readonly Volumes?: Readonly<Record<string, object>>;
}

/** What becomes an archive. */
export interface ArchiveArgs {
    /** The directory that is the image's root. */
    readonly root: string;
    /** The image's full name with its tag. */
    readonly reference: string;
    readonly config: ImageConfig;
    /** Where to write it. `<archive>.layer` is used on the way. */
    readonly archive: string;
}

interface Blob {
    readonly digest: string;
    readonly size: number;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Debian packages with the programs that pack an archive. */
export const archivePackages = ["tar", "zstd"] as const;

// Nothing that differs from one build of the same content to the next may get into the layer. Containers get their own
// /dev, /proc and /sys.
const layerArguments = [
    "--create",
    "--format=gnu",
    "--sort=name",
    "--numeric-owner",
    `--mtime=@${imageTime}`,
    "--exclude=./dev/*",
    "--exclude=./proc/*",
    "--exclude=./sys/*",
];

interface Layer {
    readonly blob: Blob;
    /** The digest of what is compressed. */
    readonly contentDigest: string;
}

function hashing(): { hash: Hash; stream: PassThrough } {
    const hash = createHash("sha256");
    const stream = new PassThrough();
    stream.on("data", (chunk: Buffer) => hash.update(chunk));
    return { hash, stream };
}

function sha256(hash: Hash): string {
    return `sha256:${hash.digest("hex")}`;
}

async function succeeded(child: ChildProcess, what: string): Promise<void> {
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) {
        throw new UserError(`${what} failed with exit code ${code ?? "none"}; what it said is above.`);
    }
}

async function writeLayer(root: string, file: string): Promise<Layer> {
    const tar = spawn("tar", [...layerArguments, `--directory=${root}`, "."], { stdio: ["ignore", "pipe", "inherit"] });
    // A quarter of the size, and imported faster than it is without.
    const zstd = spawn("zstd", ["--quiet", "--threads=0", "-3"], { stdio: ["pipe", "pipe", "inherit"] });
    const content = hashing();
    const compressed = hashing();
    await Promise.all([
        succeeded(tar, `tar of ${root}`),
        succeeded(zstd, "zstd"),
        pipeline(tar.stdout, content.stream, zstd.stdin),
        pipeline(zstd.stdout, compressed.stream, createWriteStream(file)),
    ]);
    return {
        blob: { digest: sha256(compressed.hash), size: (await stat(file)).size },
        contentDigest: sha256(content.hash),
    };
}

function blobPath(digest: string): string {
    return digest.replace("sha256:", "blobs/sha256/");
}

function addText(archive: Pack, name: string, content: string): void {
    archive.entry({ name, mtime: new Date(imageTime * 1000) }, content);
}

function json(value: object): { content: string; blob: Blob } {
    const content = JSON.stringify(value);
    const digest = sha256(createHash("sha256").update(content));
    return { content, blob: { digest, size: Buffer.byteLength(content) } };
}

/** Packs a directory as an OCI archive with one layer; hands back the image's digest. Same content, same digest. */
export async function packArchive(args: ArchiveArgs): Promise<string> {
    const layerFile = `${args.archive}.layer`;
    const layer = await writeLayer(args.root, layerFile);
    const config = json({
        architecture: imageArchitecture,
        os: "linux",
        config: args.config,
        rootfs: { type: "layers", diff_ids: [layer.contentDigest] },
    });
    const manifest = json({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config.blob },
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+zstd", ...layer.blob }],
    });
    const index = json({
        schemaVersion: 2,
        manifests: [
            {
                mediaType: manifestType,
                ...manifest.blob,
                annotations: {
                    "io.containerd.image.name": args.reference,
                    "org.opencontainers.image.ref.name": args.reference,
                },
            },
        ],
    });
    const archive = pack();
    const written = pipeline(archive, createWriteStream(args.archive));
    addText(archive, "oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    // First of what is large or small, so that who asks for the digest reads one block.
    addText(archive, "index.json", index.content);
    addText(archive, blobPath(manifest.blob.digest), manifest.content);
    addText(archive, blobPath(config.blob.digest), config.content);
    const entry = archive.entry({
        name: blobPath(layer.blob.digest),
        size: layer.blob.size,
        mtime: new Date(imageTime * 1000),
    });
    await Promise.all([pipeline(createReadStream(layerFile), entry).then(() => archive.finalize()), written]);
    return manifest.blob.digest;
}

/** The digest of the image in an archive that `packArchive` wrote. */
export async function archiveDigest(archive: string): Promise<string> {
    const entries = extract();
    const source = createReadStream(archive);
    source.on("error", (error) => entries.destroy(error));
    source.pipe(entries);
    try {
        for await (const entry of entries) {
            if (entry.header.name === "index.json") {
                const index = JSON.parse(await text(entry)) as { manifests: { digest: string }[] };
                return index.manifests[0].digest;
            }
            entry.resume();
        }
    } finally {
        source.destroy();
    }
    throw new UserError(`${archive} is not an OCI archive: it has no index.json. Remove it, and run this again.`);
}
