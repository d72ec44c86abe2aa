import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { requiredVersion } from "../support/goProgram";
import { clusterDirectory } from "../support/paths";
import { progress, waitUntil } from "../support/progress";
import { addonsAreApplied, ensureAddons } from "./addons";
import { ensureBinaries } from "./binaries";
import { ensureCertificates } from "./certificates";
import { ensureCgroups, processesOfCluster, removeCgroups } from "./cgroups";
import { containerdPart, waitForContainerd } from "./containerd";
import { apiServerPart, controllerManagerPart, controlPlaneParts, etcdPart, schedulerPart } from "./controlPlane";
import { tryKubectl } from "./kubectl";
import { kubeletPart, proxyPart, storageProvisionerPart } from "./kubelet";
import { apiServerUrl, contextName, kubeconfigPath, paths } from "./layout";
import { withLock } from "./lock";
import { prepareMachine, restoreMachine } from "./machine";
import { ensureNetwork, hasNetwork, removeNetwork } from "./network";
import { ensureNode, nodeMounts, nodeParts, nodePid, stopNode } from "./node";
import { ensurePackages, missingPrograms } from "./packages";
import { hasGo, preflight } from "./preflight";
import {
    endProcesses,
    ensurePart,
    isAlive,
    isRunning,
    logTail,
    type Part,
    processRecord,
    readRecord,
    stopPart,
} from "./processes";
import { clusterProblems } from "./status";

function requireRoot(): void {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
        throw new Error("The local cluster belongs to root on Linux: run the same command as root (sudo -E).");
    }
}

/** Starts what does not run of the local cluster, after installing and building what it lacks. Changes nothing when all is well. */
export async function clusterUp(): Promise<void> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
        await preflight();
    }
    await withLock(async () => {
        if (await isHealthy()) {
            progress(`The local cluster is running (${apiServerUrl}, context ${contextName})`);
            return;
        }
        await start();
        progress(`The local cluster is up: KUBECONFIG=${kubeconfigPath}, context ${contextName}`);
    });
}

async function isHealthy(): Promise<boolean> {
    const node = await nodePid();
    if (node === undefined || !existsSync(paths.certificates) || !existsSync(join(paths.binaries, "kubectl"))) {
        return false;
    }
    // Newer sources make newer programs, which the parts have to be started from again. What runs needs no compiler.
    if ((await hasGo()) && missingPrograms().length === 0) {
        await ensureBinaries();
    }
    const parts = [...describeControlPlane(), ...(await describeNode(node))];
    for (const part of parts) {
        if (!(await isRunning(part))) {
            return false;
        }
    }
    return (await addonsAreApplied()) && (await hasNetwork()) && (await clusterProblems()).length === 0;
}

function describeControlPlane(): Part[] {
    return [etcdPart(), apiServerPart(), controllerManagerPart(), schedulerPart()];
}

async function describeNode(node: number): Promise<Part[]> {
    return [await containerdPart(node), await kubeletPart(node), await proxyPart(node), storageProvisionerPart(node)];
}

async function kubernetesVersion(): Promise<string> {
    const goMod = await readFile(join(__dirname, "go", "kubernetes", "go.mod"), "utf8");
    return requiredVersion(goMod, "k8s.io/kubernetes");
}

async function start(): Promise<void> {
    await preflight();
    await ensurePackages();
    await mkdir(clusterDirectory, { recursive: true, mode: 0o755 });
    await ensureBinaries();
    progress("Starting the control plane and the node");
    await prepareMachine(nodeMounts.map(({ target }) => target));
    await ensureCgroups([...controlPlaneParts, ...nodeParts]);
    await ensureCertificates(await kubernetesVersion());
    await ensureNetwork();
    // Both run to their end before a failure is reported: nothing may go on after the lock is given back.
    await Promise.allSettled([startControlPlane(), startContainerd()]).then((results) => {
        const failed = results.find((result) => result.status === "rejected");
        if (failed !== undefined) {
            throw failed.reason;
        }
    });
    const node = await ensureNode();
    for (const part of (await describeNode(node)).slice(1)) {
        await ensurePart(part);
    }
    await restoreAddons();
    progress("Waiting for the node and the cluster's DNS");
    let found: string[] = [];
    await waitUntil(
        async () => {
            await requireAlive(...nodeParts, ...controlPlaneParts);
            found = await clusterProblems();
            return found.length === 0;
        },
        120_000,
        async () => `The cluster does not become ready: ${found.join("; ")}.\n${await diagnosis()}`,
    );
}

async function startControlPlane(): Promise<void> {
    await mkdir(paths.etcd, { recursive: true, mode: 0o700 });
    const [etcd, apiServer, ...others] = describeControlPlane();
    for (const part of [etcd, apiServer]) {
        if (part !== undefined) {
            await ensurePart(part);
        }
    }
    await waitUntil(
        async () => {
            await requireAlive("etcd", "kube-apiserver");
            return (await tryKubectl(["get", "--raw", "/readyz"])).code === 0;
        },
        90_000,
        async () => `The API server does not become ready. Its log ends with:\n${await logTail("kube-apiserver")}`,
    );
    for (const part of others) {
        await ensurePart(part);
    }
    await ensureAddons();
}

async function startContainerd(): Promise<void> {
    const node = await ensureNode();
    await ensurePart(await containerdPart(node));
    await waitForContainerd(node);
    const { ensureImages } = await import("../images/index.js");
    await ensureImages(["pause", "coredns"]);
}

/** Throws when a part that was just started has ended, with the end of its log. */
async function requireAlive(...names: string[]): Promise<void> {
    for (const name of names) {
        if (!isAlive(await readRecord(name))) {
            throw new Error(`${name} ended after it was started. Its log ends with:\n${await logTail(name)}`);
        }
    }
}

/** Applies the addons again when somebody deleted one of them. */
async function restoreAddons(): Promise<void> {
    const found = await tryKubectl(["get", "storageclass/standard", "--ignore-not-found", "-o", "name"]);
    if (found.code === 0 && found.stdout.trim() === "") {
        await rm(paths.addonsApplied, { force: true });
        await ensureAddons();
    }
}

async function diagnosis(): Promise<string> {
    const pods = await tryKubectl(["get", "pods", "--all-namespaces", "-o", "wide"]);
    const tails = await Promise.all(
        ["kubelet", "containerd", "kube-proxy"].map(async (name) => `${name}:\n${await logTail(name, 5)}`),
    );
    return [pods.stdout.trim() || pods.stderr.trim(), ...tails, `Whole logs: ${paths.log}`].join("\n");
}

/** Stops the local cluster and removes everything of it from the machine but its data. */
export async function clusterDown(): Promise<void> {
    requireRoot();
    await withLock(stop);
}

async function stop(): Promise<void> {
    progress("Stopping the pods and the node");
    await stopNode();
    progress("Stopping the control plane");
    for (const name of controlPlaneParts) {
        // The API server waits for clients that watch; they find out anyway.
        await stopPart(name, undefined, 3_000);
    }
    const left = processesOfCluster().map((pid) => processRecord(pid));
    await endProcesses(
        left.filter((record) => record !== undefined),
        0,
    );
    await removeCgroups();
    await removeNetwork();
    await restoreMachine();
    progress(`The local cluster is stopped; its data stays in ${clusterDirectory}`);
}

/** Stops the local cluster and empties it: objects, certificates, the node's disks. Imported images and the cache stay. */
export async function clusterReset(): Promise<void> {
    requireRoot();
    await withLock(async () => {
        await stop();
        for (const path of [
            paths.etcd,
            paths.certificates,
            paths.configuration,
            paths.addonsApplied,
            kubeconfigPath,
            paths.node,
            paths.log,
        ]) {
            await rm(path, { recursive: true, force: true });
        }
        progress("The local cluster is empty");
    });
}
