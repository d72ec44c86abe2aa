import { projectName, stackValue } from "../pulumi/stackFile";
import { UserError } from "../support/errors";
import { output } from "../support/execution";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** What is wrong with hosting `minikube` on these nodes, or undefined. */
export function nodesFault(hosting: unknown, nodes: readonly string[]): string | undefined {
    return (hosting ?? "minikube") === "minikube" && nodes.length > 1
        ? `${projectName}:hosting is "minikube", which keeps DAGs and logs in a directory of one node, but this cluster has ` +
              `${nodes.length} nodes: ${nodes.join(", ")}. A pod on another node would find an empty directory. ` +
              "Use hosting readWriteMany (docs/storage.md), or a cluster of one node. Nothing was created."
        : undefined;
}

/** Refuses to put volumes of one node on a cluster of several. The program itself asks no cluster, so that previews need none. */
export async function requireFittingNodes(cluster: Cluster, stackFile: string): Promise<void> {
    const answer = await output([...kubectl(cluster), "get", "nodes", "--output", "name"], {
        env: clusterEnvironment(cluster),
        timeout: 30_000,
    });
    const nodes = answer.split("\n").filter(Boolean);
    const fault = nodesFault(
        stackValue(stackFile, `${projectName}:hosting`),
        nodes.map((name) => name.replace("node/", "")),
    );
    if (fault !== undefined) {
        throw new UserError(fault);
    }
}
