import { type KubernetesObject, replicasAnnotation } from "../airflow/diagnosis";
import { waitFor } from "../support/deadline";
import { capture, output } from "../support/execution";
import { progress } from "../support/progress";
import { objectsIn } from "./clusterObjects";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** Airflow's processes in the order in which they are stopped: nothing begins a task first, and whom tasks report to goes last. */
export const processes = [
    "deployment/airflow-scheduler",
    "deployment/airflow-dag-processor",
    "statefulset/airflow-triggerer",
    "deployment/airflow-api-server",
    "deployment/airflow-execution-api",
] as const;

async function workloads(cluster: Cluster, namespace: string): Promise<Map<string, KubernetesObject>> {
    const found = await objectsIn(cluster, namespace, "deployments,statefulsets");
    return new Map(found.map((object) => [`${object.kind.toLowerCase()}/${object.metadata.name}`, object]));
}

/** Patches an object. As the provider's own: it takes over what stands under that name, where another name would be a conflict. */
async function patch(cluster: Cluster, namespace: string, name: string, value: object): Promise<void> {
    const command = ["patch", name, "--namespace", namespace, "--type", "merge", "--patch", JSON.stringify(value)];
    await output([...kubectl(cluster), ...command, "--field-manager", "pulumi-kubernetes"], {
        env: clusterEnvironment(cluster),
    });
}

/** Stops Airflow's processes, one kind after the other, and comes back when their pods are gone. */
export async function stopProcesses(cluster: Cluster, namespace: string): Promise<void> {
    const found = await workloads(cluster, namespace);
    for (const name of processes.filter((process) => found.has(process))) {
        const workload = found.get(name);
        const before = workload?.metadata.annotations?.[replicasAnnotation] ?? String(workload?.spec?.replicas ?? 1);
        progress(`Stopping ${name.replace(/^.*\//, "")} ...`);
        await patch(cluster, namespace, name, {
            metadata: { annotations: { [replicasAnnotation]: before } },
            spec: { replicas: 0 },
        });
        const component = name.replace(/^.*\/airflow-/, "");
        await waitFor(async () => (await podsOf(cluster, namespace, component)).length === 0, {
            within: 180_000,
            what: `the end of the pods of ${name}`,
        });
    }
}

/** Starts them as they were. Those that were not stopped are left alone. */
export async function startProcesses(cluster: Cluster, namespace: string): Promise<void> {
    const found = await workloads(cluster, namespace);
    // Whom tasks report to is there first.
    for (const name of [...processes].reverse()) {
        const before = found.get(name)?.metadata.annotations?.[replicasAnnotation];
        if (before !== undefined) {
            await patch(cluster, namespace, name, {
                metadata: { annotations: { [replicasAnnotation]: null } },
                spec: { replicas: Number(before) },
            });
        }
    }
}

/** Waits until the processes have rolled out. */
export async function processesAreReady(cluster: Cluster, namespace: string): Promise<void> {
    const found = await workloads(cluster, namespace);
    for (const name of processes.filter((process) => found.has(process))) {
        await waitFor(
            async () => {
                const status = ["rollout", "status", name, "--namespace", namespace, "--timeout", "60s"];
                return (
                    (await capture([...kubectl(cluster), ...status], { env: clusterEnvironment(cluster) })).code === 0
                );
            },
            { within: 300_000, what: `${name} to be ready` },
        );
    }
}

async function podsOf(cluster: Cluster, namespace: string, component: string): Promise<KubernetesObject[]> {
    const pods = await objectsIn(cluster, namespace, "pods");
    return pods.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === component);
}
