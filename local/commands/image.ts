import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { imageDigest, importImage } from "../cluster/containerd";
import { buildImages, type ImageName, recipes } from "../images";
import {
    baseImages,
    buildah,
    buildCommand,
    type ContainerTool,
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
import { main } from "../support/main";
import { ensurePackages } from "../support/packages";
import { Stopwatch, say, withHeartbeat } from "../support/progress";

/** The file in a folder that says how its image is built. */
export function containerfileIn(folder: string): string {
    const found = ["Containerfile", "Dockerfile"].map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found === undefined) {
        throw new UserError(`FOLDER: there is no Containerfile or Dockerfile in ${folder}`);
    }
    return found;
}

/** The image of the local cluster that a build begins with; undefined when it is none of them. */
export function localBase(reference: string): ImageName | undefined {
    const full = readImageReference(reference.includes(":") ? reference : `${reference}:none`).full;
    return (Object.keys(recipes) as ImageName[]).find((name) => recipes[name].reference === full);
}

/** The first tool that is installed and works; on a cluster of this machine Debian's buildah can be had when there is none. */
async function chooseTool(cluster: Cluster): Promise<ContainerTool> {
    for (const tool of containerTools.filter((name) => findOnPath(name) !== undefined)) {
        // The docker command may be there without its daemon.
        if ((await capture([tool, "info"], { timeout: 20_000 })).code === 0) {
            return tool;
        }
        say(`${tool} is installed, but does not work here.`);
    }
    if (cluster.kind !== "local") {
        throw new UserError("Building an image needs docker, podman or buildah.");
    }
    await ensurePackages(["buildah"]);
    return "buildah";
}

/** Puts the local cluster's own images into the tool's storage, where a build begins with one: it pulls none then. */
async function provideBases(tool: ContainerTool, bases: readonly string[], scratch: string): Promise<boolean> {
    if (tool === "docker") {
        // It has them, or has a registry.
        return false;
    }
    let all = true;
    for (const base of bases) {
        const name = localBase(base);
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
            await output(["minikube", "image", "load", archive]);
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
    const tool = await chooseTool(cluster);
    say(`Builder: ${tool}`);
    const scratch = await mkdtemp(join(tmpdir(), "airflow-image-"));
    try {
        await build(cluster, tool, folder, containerfile, reference.full, scratch);
    } finally {
        // Files of any owner, and with buildah folders that nobody may write.
        await rm(scratch, { recursive: true, force: true });
    }
    process.stdout.write(
        [
            `${reference.text} is in the cluster (${watch.elapsed()}).`,
            `To run it with the DAGs in it: make up CONFIG="airflow.image=${reference.text} dags.delivery=image"`,
            "",
        ].join("\n"),
    );
}

async function build(
    cluster: Cluster,
    tool: ContainerTool,
    folder: string,
    containerfile: string,
    reference: string,
    scratch: string,
): Promise<void> {
    await mkdir(join(scratch, "run"));
    await writeFile(policyFile(scratch), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
    const bases = baseImages(await readFile(containerfile, "utf8"));
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
