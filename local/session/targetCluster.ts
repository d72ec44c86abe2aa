import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import {
    binDirectory,
    type ClusterStatus,
    clusterStatus,
    clusterUp,
    contextName,
    ensureNfsClient,
    kubeconfigPath,
} from "../cluster";
import { ensureImages } from "../images";
import type { Override } from "../pulumi/overrides";
import { listed, UserError } from "../support/errors";
import { capture, findOnPath, lastLines } from "../support/execution";
import { say } from "../support/progress";
import type { StackNeeds } from "./stackNeeds";

/** The Kubernetes that a command works on. */
export interface Cluster {
    /** `local` is this machine's own single-node Kubernetes, made by local/cluster; `minikube` is a profile of minikube. */
    readonly kind: "local" | "minikube" | "context";
    /** The kubectl context; for minikube, the profile's name, too. */
    readonly context: string;
    /** Its kubeconfig file; undefined leaves the choice to KUBECONFIG and ~/.kube/config. */
    readonly kubeconfig: string | undefined;
    /** Why this one, for the line that tells. */
    readonly why: string;
}

/** Picks the cluster that `CLUSTER=` names. */
export function chooseCluster(asked: string, env: NodeJS.ProcessEnv = process.env): Cluster {
    if (asked === "local") {
        return {
            kind: "local",
            context: contextName,
            kubeconfig: kubeconfigPath,
            why: "this machine's own; CLUSTER=minikube or CLUSTER=<kubectl context> picks another",
        };
    }
    const kind = asked === "minikube" || isMinikubeProfile(asked, env) ? "minikube" : "context";
    return { kind, context: asked, kubeconfig: undefined, why: `CLUSTER=${asked} asks for it` };
}

/** Whether minikube has a profile of this name: it names the profile's kubectl context so, too. */
function isMinikubeProfile(name: string, env: NodeJS.ProcessEnv): boolean {
    const home = env.MINIKUBE_HOME || join(homedir(), ".minikube");
    const folder = basename(home) === ".minikube" ? home : join(home, ".minikube");
    return /^[\w.-]+$/.test(name) && existsSync(join(folder, "profiles", name, "config.json"));
}

/** Settings that make the Kubernetes provider use the cluster, whatever the stack file says. */
export function clusterOverrides(cluster: Cluster): Override[] {
    return [{ key: "kubernetes:context", path: [], value: cluster.context }];
}

/** The environment in which kubectl and the provider find the cluster. */
export function clusterEnvironment(cluster: Cluster, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    return cluster.kubeconfig === undefined ? env : { ...env, KUBECONFIG: cluster.kubeconfig };
}

/**
 * kubectl with the flags that choose the cluster.
 *
 * @throws UserError without kubectl: it says what to install.
 */
export function kubectl(cluster: Cluster, built?: string): readonly string[] {
    const file = cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig];
    return [...kubectlProgram(cluster, built), ...file, "--context", cluster.context];
}

function kubectlProgram(cluster: Cluster, built = join(binDirectory(), "kubectl")): readonly string[] {
    if (cluster.kind === "local") {
        return [built];
    }
    if (findOnPath("kubectl") !== undefined) {
        return ["kubectl"];
    }
    if (existsSync(built)) {
        return [built];
    }
    // It brings a kubectl along, for its own clusters only: it names the cluster itself.
    if (cluster.kind === "minikube" && findOnPath("minikube") !== undefined) {
        return ["minikube", "--profile", cluster.context, "kubectl", "--"];
    }
    throw new UserError(
        `kubectl is not on the PATH, and nothing reaches the cluster ${cluster.context} without it. ` +
            "Install it: https://kubernetes.io/docs/tasks/tools/",
    );
}

/** Brings the cluster up: starts the local one with what a stack needs of it, checks that any other answers. */
export async function startCluster(cluster: Cluster, { images, nfs }: StackNeeds): Promise<void> {
    if (cluster.kind !== "local") {
        await requireCluster(cluster);
        return;
    }
    await clusterUp({ images });
    await ensureImages(images);
    if (nfs) {
        await ensureNfsClient();
    }
}

/** Whether the cluster answers now. */
export async function isRunning(cluster: Cluster): Promise<boolean> {
    return (await hindrance(cluster)) === undefined;
}

/** Fails with what to do when the cluster does not answer. */
export async function requireCluster(cluster: Cluster): Promise<void> {
    const found = await hindrance(cluster);
    if (found !== undefined) {
        throw new UserError(found);
    }
}

/** Why the cluster cannot be used now, and what to do about it; undefined when it can. */
export async function hindrance(cluster: Cluster): Promise<string | undefined> {
    if (cluster.kind === "local") {
        return localHindrance(await clusterStatus());
    }
    const program = kubectl(cluster);
    const asked = await capture([...program, "get", "--raw", "/readyz", "--request-timeout", "10s"], {
        timeout: 60_000,
    });
    // Who may not ask for this has been answered all the same.
    if (asked.code === 0 || asked.stderr.includes("Forbidden")) {
        return undefined;
    }
    if (cluster.kind === "minikube") {
        const profile = cluster.context === "minikube" ? "" : ` --profile ${cluster.context}`;
        return `minikube does not answer. Start it: minikube start${profile}. Without CLUSTER= a local cluster is made.`;
    }
    const contexts = await capture([...kubectlProgram(cluster), "config", "get-contexts", "--output", "name"]);
    const known = contexts.stdout.trim().split("\n").filter(Boolean);
    return known.includes(cluster.context)
        ? `The cluster of kubectl context ${cluster.context} does not answer: ${lastLines(asked.stderr, 1) || "no reason given"}`
        : `There is no kubectl context ${cluster.context}. Known: ${known.join(", ") || "none"}.`;
}

/** The same of the local cluster. */
export function localHindrance(status: Pick<ClusterStatus, "running" | "parts" | "problems">): string | undefined {
    if (status.running) {
        return undefined;
    }
    return Object.values(status.parts).some((pid) => pid !== undefined)
        ? listed("The local cluster cannot be used:", status.problems)
        : "The local cluster is not running. Start it: make cluster-up (or make up).";
}

/** Says which cluster was picked, and why. */
export function sayCluster(cluster: Cluster): void {
    say(`Cluster: ${cluster.kind === "local" ? "local, " : ""}kubectl context ${cluster.context} (${cluster.why})`);
}
