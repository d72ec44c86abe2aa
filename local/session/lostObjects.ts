import { objectsOf, resourcesOf, type StackState, type StateResource } from "../pulumi/stackState";
import { UserError } from "../support/errors";
import { capture, output } from "../support/execution";
import { say } from "../support/progress";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** An object as `kubectl get --output json` prints it. */
interface LiveObject {
    readonly metadata: { readonly name: string; readonly uid: string; readonly labels?: Record<string, string> };
}

/**
 * Flags for an operation of the CLI by which it finds out that what a stack made is gone: with its cluster, or since all its
 * namespaces were removed by hand. Without them it would believe its state, and change nothing.
 *
 * @throws UserError where the objects may live on, on a cluster that the stack was moved away from by mistake.
 */
export async function refreshFlags(cluster: Cluster, state: StackState, stack: string): Promise<readonly string[]> {
    if (!(await hasLostNamespaces(cluster, state))) {
        return [];
    }
    if (cluster.kind === "context") {
        throw new UserError(
            `Nothing of what stack ${stack} has made is on the cluster of kubectl context ${cluster.context}. ` +
                "If it lives on another cluster, name that one: CLUSTER=<kubectl context>. " +
                `If that cluster is gone: make shell, then pulumi refresh --stack ${stack}. Nothing was changed.`,
        );
    }
    say(`What stack ${stack} had made is not on this cluster any more. Its keys and passwords are kept.`);
    return ["--refresh"];
}

/** Removes objects that a killed run has made and not recorded, so that no later run would remove them. */
export async function removeUnrecorded(cluster: Cluster, creations: readonly StateResource[]): Promise<void> {
    const env = clusterEnvironment(cluster);
    for (const { apiVersion, kind, name, namespace } of objectsOf(creations)) {
        // Its data may be older than the run; it goes with its namespace, or stays with it.
        if (kind === "PersistentVolumeClaim") {
            continue;
        }
        const [version, group = ""] = apiVersion.split("/").reverse();
        const type = [kind, version, group].join(".");
        const target = [type, name, ...(namespace === undefined ? [] : ["--namespace", namespace])];
        const found = await output([...kubectl(cluster), "get", ...target, "--ignore-not-found", "--output", "json"], {
            env,
        });
        if (found.trim() !== "" && isOurs(JSON.parse(found) as LiveObject)) {
            await output([...kubectl(cluster), "delete", ...target, "--ignore-not-found"], { env });
            say(`Removed what a killed run had left: ${kind} ${name}`);
        }
    }
}

/** Whether every namespace that a stack has made is gone, or is another one of that name. False where nobody can tell. */
async function hasLostNamespaces(cluster: Cluster, state: StackState): Promise<boolean> {
    const made = objectsOf(resourcesOf(state)).filter(({ kind, uid }) => kind === "Namespace" && uid !== undefined);
    if (made.length === 0) {
        return false;
    }
    const names = made.map(({ name }) => name);
    const get = ["get", "namespaces", ...names, "--ignore-not-found", "--output", "jsonpath={..metadata.uid}"];
    const answer = await capture([...kubectl(cluster), ...get], { env: clusterEnvironment(cluster), timeout: 30_000 });
    const there = answer.stdout.split(/\s+/);
    return answer.code === 0 && made.every(({ uid }) => !there.includes(uid ?? ""));
}

function isOurs({ metadata }: LiveObject): boolean {
    return metadata.labels?.["app.kubernetes.io/managed-by"] === "pulumi";
}
