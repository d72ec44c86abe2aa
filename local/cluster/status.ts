import { Resolver } from "node:dns/promises";
import { controlPlaneParts } from "./controlPlane";
import { tryKubectl } from "./kubectl";
import { addresses, kubeconfigPath, nodeName } from "./layout";
import { nodeParts } from "./node";
import { isAlive, readRecord } from "./processes";

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

/** Whether a Service is found by name through the cluster's DNS, which takes kube-proxy, CoreDNS and the pod network. */
export async function dnsAnswers(): Promise<boolean> {
    const resolver = new Resolver({ timeout: 700, tries: 1 });
    resolver.setServers([addresses.dns]);
    try {
        return (await resolver.resolve4("kubernetes.default.svc.cluster.local")).includes(addresses.kubernetesService);
    } catch {
        return false;
    }
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
    if (!(await dnsAnswers())) {
        found.push("the cluster's DNS does not answer");
    }
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
    if (problems.length === 0 && process.getuid?.() !== 0) {
        problems.push("all parts run, but only root can ask them how they are");
    } else if (problems.length === 0) {
        problems.push(...(await clusterProblems()));
    }
    return { running: problems.length === 0, kubeconfigPath, parts, problems };
}
