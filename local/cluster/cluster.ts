import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageName } from "../images";
import { Hopeless, waitFor } from "../support/deadline";
import { requiredVersion } from "../support/goProgram";
import { withLock } from "../support/lock";
import { clusterDirectory } from "../support/paths";
import { progress } from "../support/progress";
import { removeTrees, requireNoMounts } from "../support/removal";
import { isRoot, requireRoot } from "../support/root";
import { addonsAreApplied, ensureAddons } from "./addons";
import { ensureBinaries } from "./binaries";
import { ensureCertificates } from "./certificates";
import { ensureCgroups, hasCgroups, processesOfCluster, removeCgroups } from "./cgroups";
import { containerdPart, waitForContainerd } from "./containerd";
import {
    apiServerPart,
    controllerManagerPart,
    controlPlaneParts,
    etcdPart,
    logKeeperPart,
    schedulerPart,
} from "./controlPlane";
import { tryKubectl } from "./kubectl";
import { kubeletPart, networkPoliciesPart, proxyPart, storageProvisionerPart } from "./kubelet";
import { contextName, kubeconfigPath, paths } from "./layout";
import {
    enableDisabledService,
    isMachineChanged,
    isMachineChangedNow,
    prepareMachine,
    restoreMachine,
} from "./machine";
import { ensureNetwork, hasNetwork, removeNetwork } from "./network";
import { ensureNode, nodeMounts, nodeParts, nodePid, stopNode } from "./node";
import { clusterNeeds, ensureClusterPackages, packagesFor } from "./packages";
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
import { addresses, requireSameRange } from "./ranges";
import { resolvers } from "./resolvers";
import { clusterProblems } from "./status";

/** What the cluster itself runs. */
const baseImages: readonly ImageName[] = ["pause", "coredns"];

const startsOrStops = "starts or stops the local cluster";

/** What a start of the cluster makes besides. */
export interface ClusterUpOptions {
    /** Images whose archives are built while programs are: they mostly wait for the network. Importing them is `ensureImages`'. */
    readonly images?: readonly ImageName[];
}

/**
 * Starts what does not run of the local cluster, after installing and building what it lacks. Changes nothing when all is well.
 * Throws a `UserError` before anything is changed when it cannot run here.
 */
export async function clusterUp({ images = [] }: ClusterUpOptions = {}): Promise<void> {
    if (!isRoot()) {
        await preflight();
    }
    await withLock(paths.lock, startsOrStops, async () => {
        if (!existsSync(paths.certificates) && !isMachineChanged()) {
            // Of a start that came to nothing: no cluster has these addresses.
            await rm(paths.range, { force: true });
        }
        requireSameRange();
        // Both throw when a setting cannot be used.
        addresses();
        resolvers();
        if (await isHealthy()) {
            progress(`The local cluster is running (https://${addresses().node}:6443, context ${contextName})`);
            return;
        }
        await start(images);
        progress(`The local cluster is up: KUBECONFIG=${kubeconfigPath}, context ${contextName}`);
    });
}

async function isHealthy(): Promise<boolean> {
    const node = await nodePid();
    if (node === undefined || !existsSync(paths.certificates) || !existsSync(join(paths.binaries, "kubectl"))) {
        return false;
    }
    // Newer sources make newer programs, which the parts have to be started from again. What runs needs no compiler.
    if ((await hasGo()) && packagesFor(clusterNeeds).length === 0) {
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
    return [logKeeperPart(), etcdPart(), apiServerPart(), controllerManagerPart(), schedulerPart()];
}

async function describeNode(node: number): Promise<Part[]> {
    return [
        await containerdPart(node),
        // Before the kubelet, which starts pods.
        networkPoliciesPart(node),
        await kubeletPart(node),
        await proxyPart(node),
        storageProvisionerPart(node),
    ];
}

async function kubernetesVersion(): Promise<string> {
    const goMod = await readFile(join(__dirname, "go", "kubernetes", "go.mod"), "utf8");
    return requiredVersion(goMod, "k8s.io/kubernetes");
}

/** Runs all to their end before a failure is reported: nothing may go on after the lock is given back. */
async function together(...works: readonly Promise<unknown>[]): Promise<void> {
    const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
    if (failed !== undefined) {
        throw failed.reason;
    }
}

async function start(images: readonly ImageName[]): Promise<void> {
    await preflight();
    await mkdir(clusterDirectory, { recursive: true, mode: 0o755 });
    await writeFile(paths.range, `${addresses().range}\n`);
    // Early: where containers cannot be limited nothing else is worth the time.
    await ensureCgroups([...controlPlaneParts, ...nodeParts]);
    const { buildImages, imagePackages } = await import("../images/index.js");
    // Those that download most come first, since CoreDNS waits for its turn among the programs.
    const built: readonly ImageName[] = [...images, ...baseImages];
    await ensureClusterPackages(imagePackages(built));
    // What the machine's network is like can be asked only with these packages.
    await prepareMachine(nodeMounts.map(({ target }) => target));
    await together(ensureBinaries(), buildImages(built));
    progress("Starting the control plane and the node");
    await ensureCertificates(await kubernetesVersion());
    await ensureNetwork();
    await together(startControlPlane(), startContainerd());
    const node = await ensureNode();
    for (const part of (await describeNode(node)).slice(1)) {
        await ensurePart(part);
    }
    await restoreAddons();
    progress("Waiting for the node and the cluster's DNS");
    let found: string[] = [];
    await waitFor(
        async () => {
            await requireAlive(...nodeParts, ...controlPlaneParts);
            found = await clusterProblems();
            return found.length === 0;
        },
        {
            within: 120_000,
            every: 150,
            what: "the cluster to become ready",
            explain: async () => `It is not: ${found.join("; ")}.\n${await diagnosis()}`,
        },
    );
}

async function startControlPlane(): Promise<void> {
    await mkdir(paths.etcd, { recursive: true, mode: 0o700 });
    const [logKeeper, etcd, apiServer, ...others] = describeControlPlane();
    for (const part of [logKeeper, etcd, apiServer]) {
        if (part !== undefined) {
            await ensurePart(part);
        }
    }
    await waitFor(
        async () => {
            await requireAlive("etcd", "kube-apiserver");
            return (await tryKubectl(["get", "--raw", "/readyz"])).code === 0;
        },
        {
            within: 90_000,
            every: 150,
            what: "the API server to become ready",
            explain: async () => `Its log ends with:\n${await logTail("kube-apiserver")}`,
        },
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
    await ensureImages(baseImages);
}

/** Throws when a part that was just started has ended, with the end of its log. */
async function requireAlive(...names: string[]): Promise<void> {
    for (const name of names) {
        if (!isAlive(await readRecord(name))) {
            throw new Hopeless(`${name} ended after it was started. Its log ends with:\n${await logTail(name)}`);
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

/** Stops the local cluster and removes everything of it from the machine but its data; nothing when none was started. */
export async function clusterDown(): Promise<void> {
    requireRoot("Stopping the local cluster");
    await withLock(paths.lock, startsOrStops, stop);
}

async function stop(): Promise<void> {
    if (!isMachineChanged() && !hasCgroups()) {
        progress("The local cluster is not running");
        return;
    }
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
    // After the machine was started again, what has the names of the cluster's is others'.
    if (isMachineChangedNow()) {
        await removeNetwork();
    }
    await restoreMachine();
    progress(`The local cluster is stopped; its data stays in ${clusterDirectory}`);
}

/** Stops the local cluster and empties it: objects, certificates, the node's disks. Imported images and the cache stay. */
export async function clusterReset(): Promise<void> {
    requireRoot("Emptying the local cluster");
    await withLock(paths.lock, startsOrStops, async () => {
        const emptied = [
            paths.etcd,
            paths.certificates,
            paths.configuration,
            paths.addonsApplied,
            kubeconfigPath,
            paths.node,
            paths.log,
            paths.range,
        ];
        requireNoMounts(emptied);
        await stop();
        await removeTrees(emptied);
        const service = await enableDisabledService();
        if (service !== undefined) {
            progress(`Switched the service ${service} on again`);
        }
        progress("The local cluster is empty");
    });
}
