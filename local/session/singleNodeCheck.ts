import { projectName, stackValue } from "../pulumi/stackFile";
import { UserError } from "../support/errors";
import { capture, lastLines } from "../support/execution";
import { say } from "../support/progress";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** Whether volumes of this hosting are in a directory of one node. */
export function isOnOneNode(hosting: unknown): boolean {
    return (hosting ?? "minikube") === "minikube";
}

/** What is wrong with volumes of one node on these nodes, or undefined. */
export function nodesFault(nodes: readonly string[]): string | undefined {
    return nodes.length > 1
        ? `${projectName}:hosting is "minikube", which keeps DAGs and logs in a directory of one node, but this cluster has ` +
              `${nodes.length} nodes: ${nodes.join(", ")}. A pod on another node would find an empty directory. ` +
              "Use hosting readWriteMany (docs/storage.md), or a cluster of one node. Nothing was created."
        : undefined;
}

/**
 * Refuses to put volumes of one node on a cluster of several. Asks the cluster only where that matters; who may not list nodes
 * is told so and goes on. The program itself asks no cluster, so that previews need none.
 *
 * @throws UserError with several nodes, or when the cluster does not answer.
 */
export async function requireFittingNodes(cluster: Cluster, stackFile: string): Promise<void> {
    if (!isOnOneNode(stackValue(stackFile, `${projectName}:hosting`))) {
        return;
    }
    const command = [...kubectl(cluster), "get", "nodes", "--output", "name"];
    const { code, stdout, stderr } = await capture(command, { env: clusterEnvironment(cluster), timeout: 30_000 });
    if (code !== 0 && stderr.includes("Forbidden")) {
        say(
            "How many nodes the cluster has is not known, since listing them is forbidden; hosting minikube needs one.",
        );
        return;
    }
    if (code !== 0) {
        throw new UserError(`The nodes of the cluster cannot be listed: ${lastLines(stderr, 3) || "no reason given"}`);
    }
    const fault = nodesFault(
        stdout
            .split("\n")
            .filter(Boolean)
            .map((name) => name.replace("node/", "")),
    );
    if (fault !== undefined) {
        throw new UserError(fault);
    }
}
