import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { imageDigest, importImage } from "../cluster/containerd";
import { buildImages, imageNamed, recipes } from "../images";
import {
    baseImages,
    buildah,
    buildCommand,
    type ContainerTool,
    containerfileIn,
    containerTools,
    policyFile,
    saveCommand,
} from "../images/imageBuilder";
import { readImageReference } from "../images/imageReference";
import { machinePipSettings } from "../images/pipSettings";
import { readOptions, setting } from "../session/options";
import { type Cluster, chooseCluster, requireCluster, sayCluster } from "../session/targetCluster";
import { UserError } from "../support/errors";
import { capture, findOnPath, output, run } from "../support/execution";
import { withLock } from "../support/lock";
import { main } from "../support/main";
import { ensurePackages } from "../support/packages";
import { cacheDirectory } from "../support/paths";
import { Stopwatch, say, withHeartbeat } from "../support/progress";
import { removeTrees } from "../support/removal";

/**
 * The first tool that is installed and can build on these images; on a cluster of this machine Debian's buildah can be had when
 * there is none.
 */
export async function chooseTool(local: boolean, bases: readonly string[]): Promise<ContainerTool> {
    for (const tool of containerTools.filter((name) => findOnPath(name) !== undefined)) {
        // The docker command may be there without its daemon.
        if ((await capture([tool, "info"], { timeout: 20_000 })).code !== 0) {
            say(`${tool} is installed, but does not work here.`);
            continue;
        }
        const missing = local && tool === "docker" ? await missingFromDocker(bases) : [];
        if (missing.length === 0) {
            return tool;
        }
        say(
            `docker does not have ${missing.join(", ")}, which the local cluster does; another builder takes it from there.`,
        );
    }
    if (!local) {
        throw new UserError("Building an image needs docker, podman or buildah.");
    }
    await ensurePackages(["buildah"]);
    return "buildah";
}

/** Those images of the local cluster that docker would have to pull, from a registry that there may not be. */
async function missingFromDocker(bases: readonly string[]): Promise<string[]> {
    const missing: string[] = [];
    for (const base of bases.filter((name) => imageNamed(name) !== undefined)) {
        if ((await capture(["docker", "image", "inspect", base], { timeout: 20_000 })).code !== 0) {
            missing.push(base);
        }
    }
    return missing;
}

/**
 * Puts the local cluster's own images into the tool's storage, where a build begins with one; says whether it pulls none then.
 * docker has them, or is not chosen.
 */
async function provideBases(tool: ContainerTool, bases: readonly string[], scratch: string): Promise<boolean> {
    if (tool === "docker") {
        return false;
    }
    let all = true;
    for (const base of bases) {
        const name = imageNamed(base);
        if (name === undefined) {
            all = false;
            continue;
        }
        const [archive = ""] = await buildImages([name]);
        const { reference } = recipes[name];
        await withHeartbeat(`Unpacking ${reference}`, async () => {
            if (tool === "podman") {
                await output(["podman", "load", "--quiet", "--input", archive]);
                return;
            }
            const policy = `--signature-policy=${policyFile(scratch)}`;
            const pulled = await output([...buildah(scratch), "pull", "--quiet", policy, `oci-archive:${archive}`]);
            // Short names are looked for there first.
            const short = reference.replace(/^docker\.io\/(library\/)?/, "localhost/");
            await output([...buildah(scratch), "tag", pulled.trim(), reference, short]);
        });
    }
    return all;
}

async function load(cluster: Cluster, archive: string, reference: string): Promise<void> {
    const size = Math.round((await stat(archive)).size / 1e6);
    await withHeartbeat(`Loading ${reference} (${size} MB) into the cluster`, async () => {
        if (cluster.kind === "minikube") {
            await output(["minikube", "--profile", cluster.context, "image", "load", archive]);
            return;
        }
        await importImage(archive);
        if ((await imageDigest(reference)) === undefined) {
            throw new UserError(`${archive} holds no image ${reference}`);
        }
    });
}

/** Builds the image of a folder and loads it into the cluster. */
async function image(): Promise<undefined> {
    const watch = new Stopwatch();
    const reference = readImageReference(setting(process.env, "IMAGE"));
    const folder = resolve(setting(process.env, "FOLDER") ?? "examples/image");
    const containerfile = containerfileIn(folder);
    const cluster = chooseCluster(readOptions().cluster);
    if (cluster.kind === "context") {
        throw new UserError(
            `An image reaches the cluster ${cluster.context} through a registry: docker build --file ${containerfile} --tag ${reference.text} ${folder} && docker push ${reference.text}`,
        );
    }
    sayCluster(cluster);
    await requireCluster(cluster);
    const bases = baseImages(await readFile(containerfile, "utf8"));
    const tool = await chooseTool(cluster.kind === "local", bases);
    say(`Builder: ${tool}`);
    await inScratch((scratch) =>
        build({ cluster, tool, folder, containerfile, reference: reference.full, bases, scratch }),
    );
    process.stdout.write(
        [
            `${reference.text} is in the cluster (${watch.elapsed()}).`,
            `To run it with the DAGs in it: make up CONFIG="airflow.image=${reference.text} dags.delivery=image"`,
            "",
        ].join("\n"),
    );
}

/**
 * Runs a build with a folder for all that it writes, which may be gigabytes: below the cache, since /tmp may be memory. It is
 * gone afterwards, and so is what a build that was killed has left.
 */
async function inScratch(work: (scratch: string) => Promise<void>): Promise<void> {
    const directory = join(cacheDirectory, "image-builds");
    await withLock(join(directory, "lock"), "builds an image", async () => {
        const clear = async (): Promise<void> => {
            const left = (await readdir(directory)).filter((name) => name.startsWith("build-"));
            await removeTrees(left.map((name) => join(directory, name)));
        };
        await clear();
        try {
            await work(await mkdtemp(join(directory, "build-")));
        } finally {
            await clear();
        }
    });
}

interface Build {
    readonly cluster: Cluster;
    readonly tool: ContainerTool;
    readonly folder: string;
    readonly containerfile: string;
    /** The image's full name. */
    readonly reference: string;
    /** The images that it begins with. */
    readonly bases: readonly string[];
    readonly scratch: string;
}

async function build({ cluster, tool, folder, containerfile, reference, bases, scratch }: Build): Promise<void> {
    await mkdir(join(scratch, "run"));
    await writeFile(policyFile(scratch), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
    // minikube's machine has a registry, and the official image from it.
    const offline = cluster.kind === "local" && (await provideBases(tool, bases, scratch));
    const pip = await machinePipSettings();
    const secrets: Record<string, string> = {};
    if (pip.configuration !== undefined) {
        secrets["pip.conf"] = join(scratch, "pip.conf");
        await writeFile(secrets["pip.conf"], pip.configuration, { mode: 0o600 });
    }
    if (pip.certificates !== undefined) {
        secrets["ca-certificates.crt"] = pip.certificates;
    }
    const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
    const environment = proxies.filter((name) => (process.env[name] ?? "") !== "");
    const code = await run(
        buildCommand({ tool, folder, containerfile, reference, secrets, offline, environment, scratch }),
    );
    if (code !== 0) {
        throw new UserError(`${tool} could not build ${folder} (exit code ${code}); its last lines say why.`);
    }
    const archive = join(scratch, "image.tar");
    await output(saveCommand(tool, reference, archive, scratch));
    await load(cluster, archive, reference);
}

if (require.main === module) {
    main(image);
}
