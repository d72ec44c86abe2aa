import type { KubernetesObject } from "../airflow/diagnosis";
import { output } from "../support/execution";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** Objects of these kinds in a namespace, as the API server has them; none where there is no such namespace. */
export async function objectsIn(cluster: Cluster, namespace: string, kinds: string): Promise<KubernetesObject[]> {
    const get = [...kubectl(cluster), "get", kinds, "--namespace", namespace, "--output", "json", "--ignore-not-found"];
    const found = await output(get, { env: clusterEnvironment(cluster) });
    return found.trim() === "" ? [] : (JSON.parse(found) as { items: KubernetesObject[] }).items;
}
