import { capture } from "../support/execution";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** Seconds that pods may take, as long as Airflow's probes give them to start. */
const withinSeconds = 600;

/**
 * Waits until all workloads of a namespace have rolled out: the provider takes a Deployment for updated while a pod of before still
 * serves. Hands back what kubectl says where that does not happen in time.
 */
export async function rollouts(cluster: Cluster, namespace: string): Promise<string | undefined> {
    const command = [
        ...[...kubectl(cluster), "rollout", "status", "deployment,statefulset"],
        ...["--namespace", namespace, `--timeout=${withinSeconds}s`],
    ];
    const { code, stdout, stderr } = await capture(command, {
        env: clusterEnvironment(cluster),
        timeout: (withinSeconds + 30) * 1000,
    });
    return code === 0 ? undefined : (stderr.trim() || stdout.trim()).split("\n").at(-1);
}
