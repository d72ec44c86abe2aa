import { clusterStatus } from "../cluster";
import { isYes } from "../session/options";
import { chooseCluster, clusterEnvironment, kubectl } from "../session/targetCluster";
import { listed, UserError } from "../support/errors";
import { output } from "../support/execution";

/** Namespaces of Kubernetes, of the tests and of `make bench`. */
const ours = /^(kube-.+|airflow-(test|bench)(-.+)?|local-cluster-test(-.+)?|nfs-client-test)$/;

/** Those of these namespaces that somebody else uses, each once. */
export function othersNamespaces(namespaces: readonly string[]): string[] {
    return [...new Set(namespaces)].filter((name) => !ours.test(name)).sort();
}

/** Whether any part of the local cluster runs, well or not. */
export async function runsInPart(): Promise<boolean> {
    return Object.values((await clusterStatus()).parts).some((pid) => pid !== undefined);
}

/**
 * Refuses to stop a local cluster in which other pods run than those of the tests. `YES=1` agrees, and so does `CI=true`: a
 * machine that only tests has nobody to ask.
 *
 * @param what What stops it, as in "make bench stops it".
 */
export async function requireUnused(what: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
    if (isYes(env.YES) || isYes(env.CI) || !(await clusterStatus()).running) {
        return;
    }
    const cluster = chooseCluster("local");
    const columns = ["--no-headers", "--output", "custom-columns=:metadata.namespace"];
    const living = "--field-selector=status.phase!=Succeeded,status.phase!=Failed";
    const pods = await output([...kubectl(cluster), "get", "pods", "--all-namespaces", living, ...columns], {
        env: clusterEnvironment(cluster),
        timeout: 30_000,
    });
    const used = othersNamespaces(pods.split("\n").filter(Boolean));
    if (used.length > 0) {
        const headline = `The local cluster is in use, and ${what} stops it, with all its pods. YES=1 agrees to that.`;
        throw new UserError(listed(`${headline} Pods run in:`, used));
    }
}
