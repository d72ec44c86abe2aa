import { capture } from "../support/execution";
import { asRoot, isRoot } from "../support/root";
import { controlPlaneParts } from "./controlPlane";
import { tryKubectl } from "./kubectl";
import { kubeconfigPath, nodeName } from "./layout";
import { podConnections } from "./network";
import { nodeParts, nodePid } from "./node";
import { policiesAreEnforced } from "./policyQueue";
import { isAlive, readRecord } from "./processes";
import { addresses } from "./ranges";

/** How the local cluster is. */
export interface ClusterStatus {
    /** Whether every part runs and the cluster answers. */
    running: boolean;
    kubeconfigPath: string;
    /** The pid of each part that runs. */
    parts: Record<string, number | undefined>;
    /** What does not work, in plain words. */
    problems: string[];
}

interface NodeObject {
    kind: string;
    status?: { conditions?: { type: string; status: string; message?: string; lastHeartbeatTime: string }[] };
}

/** Whether the node says that it is ready, and said so since its kubelet was started: an older answer is about another life. */
export function isNodeReady(node: NodeObject | undefined, kubeletStartedAt: number): boolean {
    const ready = node?.status?.conditions?.find((condition) => condition.type === "Ready");
    // Times in conditions are cut to seconds.
    return ready?.status === "True" && Date.parse(ready.lastHeartbeatTime) >= kubeletStartedAt - 1000;
}

/** Milliseconds that the DNS is waited for, one time after the other. */
const patience = [700, 1400, 2800] as const;

/**
 * The program that asks the cluster's DNS for a Service's address and prints it. It asks up to three times, each from another
 * port: a packet may be led to the pod of a server that is being replaced. Each time it waits longer: on a machine whose CPUs are
 * all in use, CoreDNS, which has a small share of them, answers late, and a late answer is lost on who no longer waits.
 */
export function question(dns: string): string {
    return `
        const { Resolver } = require("node:dns/promises");
        const ask = ([timeout, ...later]) => {
            const resolver = new Resolver({ timeout, tries: 1 });
            resolver.setServers([${JSON.stringify(dns)}]);
            return resolver
                .resolve4("kubernetes.default.svc.cluster.local")
                .catch((error) => (later.length > 0 ? ask(later) : Promise.reject(error)));
        };
        ask(${JSON.stringify(patience)}).then((found) => console.log(found.join(" ")), () => process.exit(1));
    `;
}

async function finds(...entered: string[]): Promise<boolean> {
    const [program = process.execPath, ...arguments_] = [...entered, process.execPath, "-e", question(addresses().dns)];
    // It ends by itself. How long it takes to begin is a matter of the machine.
    const { stdout } = await capture([program, ...arguments_], { timeout: 30_000 });
    return stdout.trim() === addresses().kubernetesService;
}

/**
 * What is wrong with the pods' network: whether a pod finds a Service by name, which takes kube-proxy, CoreDNS, and a firewall
 * that lets pods reach each other. The pod is that of CoreDNS, whose packets to the Service of DNS are forwarded like any
 * other's.
 */
async function networkProblems(): Promise<string[]> {
    const node = await nodePid();
    const pod = (await podConnections()).find(
        (one) => one.namespace === "kube-system" && one.pod.startsWith("coredns-"),
    );
    if (node === undefined || pod === undefined) {
        return ["the pod of the cluster's DNS is not there"];
    }
    if (await finds("nsenter", `--net=/proc/${node}/root/run/netns/${pod.networkNamespace}`, "--")) {
        return [];
    }
    return (await finds())
        ? [
              "pods do not reach each other, though the machine reaches them: a firewall of the machine drops forwarded packets",
          ]
        : ["the cluster's DNS does not answer"];
}

/** What the cluster itself says is wrong; empty when it can be used. */
export async function clusterProblems(): Promise<string[]> {
    const objects = await tryKubectl([
        "get",
        `node/${nodeName}`,
        "storageclass/standard",
        "--ignore-not-found",
        "-o",
        "json",
    ]);
    if (objects.code !== 0) {
        return [`the API server does not answer: ${objects.stderr.trim().split("\n").at(-1)}`];
    }
    const items =
        objects.stdout.trim() === "" ? [] : ((JSON.parse(objects.stdout) as { items?: NodeObject[] }).items ?? []);
    const found: string[] = [];
    const startedAt = (await readRecord("kubelet"))?.startedAt ?? Number.POSITIVE_INFINITY;
    if (
        !isNodeReady(
            items.find((item) => item.kind === "Node"),
            startedAt,
        )
    ) {
        found.push("the node is not ready");
    }
    if (!items.some((item) => item.kind === "StorageClass")) {
        found.push("the StorageClass standard is missing");
    }
    if (!policiesAreEnforced()) {
        found.push("NetworkPolicies are not enforced: network-policies takes no packets");
    }
    found.push(...(await networkProblems()));
    return found;
}

/** How the local cluster is; asks it only when all its parts run. */
export async function clusterStatus(): Promise<ClusterStatus> {
    const parts: Record<string, number | undefined> = {};
    const problems: string[] = [];
    for (const name of [...nodeParts, ...controlPlaneParts].reverse()) {
        const record = await readRecord(name);
        parts[name] = isAlive(record) ? record?.pid : undefined;
        if (parts[name] === undefined) {
            problems.push(`${name} does not run`);
        }
    }
    if (problems.length === 0 && !isRoot()) {
        problems.push(`it runs, but only root can use it: run the same command as ${asRoot} make ...`);
    } else if (problems.length === 0) {
        problems.push(...(await clusterProblems()));
    }
    return { running: problems.length === 0, kubeconfigPath, parts, problems };
}
