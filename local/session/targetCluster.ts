import { existsSync } from "node:fs";
import { join } from "node:path";
import { binDirectory, clusterStatus, clusterUp, contextName, kubeconfigPath } from "../cluster";
import { ensureImages } from "../images";
import type { Override } from "../pulumi/overrides";
import { UserError } from "../support/errors";
import { capture, findOnPath } from "../support/execution";
import { say } from "../support/progress";

/** The Kubernetes that a command works on. */
export interface Cluster {
    /** `local` is this machine's own single-node Kubernetes, made by local/cluster. */
    readonly kind: "local" | "minikube" | "context";
    /** The kubectl context. */
    readonly context: string;
    /** Its kubeconfig file; undefined leaves the choice to KUBECONFIG and ~/.kube/config. */
    readonly kubeconfig: string | undefined;
    /** Why this one, for the line that tells. */
    readonly why: string;
}

/** Picks the cluster that `CLUSTER=` names. */
export function chooseCluster(asked: string): Cluster {
    if (asked === "local") {
        return {
            kind: "local",
            context: contextName,
            kubeconfig: kubeconfigPath,
            why: "this machine's own; CLUSTER=minikube or CLUSTER=<kubectl context> picks another",
        };
    }
    const kind = asked === "minikube" ? "minikube" : "context";
    return { kind, context: asked, kubeconfig: undefined, why: `CLUSTER=${asked} asks for it` };
}

/** Settings that make the Kubernetes provider use the cluster, whatever the stack file says. */
export function clusterOverrides(cluster: Cluster): Override[] {
    return [{ key: "kubernetes:context", path: [], value: cluster.context }];
}

/** The environment in which kubectl and the provider find the cluster. */
export function clusterEnvironment(cluster: Cluster, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    return cluster.kubeconfig === undefined ? env : { ...env, KUBECONFIG: cluster.kubeconfig };
}

/** kubectl with the flags that choose the cluster. */
export function kubectl(cluster: Cluster): readonly string[] {
    const built = join(binDirectory(), "kubectl");
    const program =
        cluster.kind === "local" || (existsSync(built) && findOnPath("kubectl") === undefined) ? built : "kubectl";
    const file = cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig];
    return [program, ...file, "--context", cluster.context];
}

/** Brings the cluster up: starts the local one with its images, checks that any other answers. */
export async function startCluster(cluster: Cluster): Promise<void> {
    if (cluster.kind !== "local") {
        await requireCluster(cluster);
        return;
    }
    await clusterUp();
    await ensureImages();
}

/** Whether the cluster answers now. */
export async function isRunning(cluster: Cluster): Promise<boolean> {
    if (cluster.kind === "local") {
        return (await clusterStatus()).running;
    }
    const answer = await capture([...kubectl(cluster), "get", "--raw", "/readyz", "--request-timeout", "10s"]);
    return answer.code === 0;
}

/** Fails with what to do when the cluster does not answer. */
export async function requireCluster(cluster: Cluster): Promise<void> {
    if (await isRunning(cluster)) {
        return;
    }
    if (cluster.kind === "local") {
        throw new UserError("The local cluster is not running. Start it: make cluster-up (or make up).");
    }
    if (cluster.kind === "minikube") {
        throw new UserError(
            "minikube does not answer. Start it: minikube start. Without CLUSTER= a local cluster is made.",
        );
    }
    const contexts = await capture([
        ...kubectl({ ...cluster, context: "" }).slice(0, 1),
        "config",
        "get-contexts",
        "-o",
        "name",
    ]);
    const known = contexts.stdout.trim().split("\n").filter(Boolean);
    throw new UserError(
        known.includes(cluster.context)
            ? `The cluster of kubectl context ${cluster.context} does not answer.`
            : `There is no kubectl context ${cluster.context}. Known: ${known.join(", ") || "none"}.`,
    );
}

/** Says which cluster was picked, and why. */
export function sayCluster(cluster: Cluster): void {
    say(`Cluster: ${cluster.kind === "local" ? "local, " : ""}kubectl context ${cluster.context} (${cluster.why})`);
}
