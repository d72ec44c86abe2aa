import { capture, output } from "../support/execution";
import { progress } from "../support/progress";
import { objectsIn } from "./clusterObjects";
import type { StackOutputs } from "./session";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** The StatefulSet of the component's own Postgres. */
const postgres = "airflow-postgres";

/** Where the component's own Postgres runs: in a namespace of its own when it outlives the stack. */
export function postgresNamespace({ namespaces, retained }: Pick<StackOutputs, "namespaces" | "retained">): string {
    return retained.find(({ data }) => data === "database")?.namespace ?? namespaces.airflow;
}

/**
 * Has Postgres make the database again, empty, when it is gone: it makes what is missing as it starts. Leaves an external
 * database alone.
 */
export async function makeMissingDatabase(cluster: Cluster, outputs: StackOutputs): Promise<void> {
    const namespace = postgresNamespace(outputs);
    const found = await objectsIn(cluster, namespace, "statefulsets");
    if (!found.some(({ metadata }) => metadata.name === postgres)) {
        return;
    }
    const pod = `${postgres}-0`;
    const options = { env: clusterEnvironment(cluster) };
    const command = (...args: readonly string[]): string[] => [
        ...kubectl(cluster),
        ...["--namespace", namespace],
        ...args,
    ];
    const asked = await capture(
        command("exec", pod, "--", "psql", "-X", "-U", "postgres", "-d", "airflow", "-c", "SELECT 1"),
        options,
    );
    if (asked.code === 0 || !asked.stderr.includes("does not exist")) {
        return;
    }
    progress("The database is gone: Postgres starts again, and makes an empty one");
    await output(command("delete", "pod", pod), options);
    await output(command("rollout", "status", `statefulset/${postgres}`, "--timeout", "10m"), options);
}
