import { readFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../components/pods/paths";
import type { KubernetesObject } from "../airflow/diagnosis";
import { type Finding, gitSyncFindings, insideFindings, parseSamples } from "../airflow/insideState";
import { capture } from "../support/execution";
import { repositoryDirectory } from "../support/paths";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** What the pod with metrics serves; run here in a process of Airflow's, which knows the same database and volumes. */
const script = join(repositoryDirectory, "components/airflow/scripts/serve_metrics.py");

/** Processes with the database and the shared volumes, in the order in which they are asked. */
const processes = ["dag-processor", "scheduler", "triggerer"];

/** A pod that runs, and where the shared volumes are mounted in it. */
export interface Lookout {
    readonly pod: string;
    readonly container: string;
    readonly volumes: Readonly<Record<string, string>>;
}

/** The pod to look from; undefined while none runs. */
export function lookout(objects: readonly KubernetesObject[], namespace: string): Lookout | undefined {
    const found = processes.flatMap((process) =>
        objects.filter(
            ({ kind, metadata, status }) =>
                kind === "Pod" &&
                metadata.namespace === namespace &&
                metadata.labels?.["app.kubernetes.io/component"] === process &&
                status?.phase === "Running" &&
                status.containerStatuses?.some(({ name, state }) => name === process && state?.running !== undefined),
        ),
    );
    const [pod] = found;
    if (pod === undefined) {
        return undefined;
    }
    const container = pod.metadata.labels?.["app.kubernetes.io/component"] ?? "";
    const claims = (pod.spec?.volumes ?? [])
        .filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
        .map(({ name }) => name);
    const mounts = pod.spec?.containers?.find(({ name }) => name === container)?.volumeMounts ?? [];
    const shared = mounts.filter(({ name }) => claims.includes(name) && ["dags", "logs"].includes(name));
    return {
        pod: pod.metadata.name,
        container,
        volumes: Object.fromEntries(shared.map(({ name, mountPath }) => [name, mountPath])),
    };
}

/** What is wrong inside: heartbeats, the database, DAGs, volumes, the repository. Empty too where nobody can look. */
export async function lookInside(
    cluster: Cluster,
    namespace: string,
    objects: readonly KubernetesObject[],
): Promise<Finding[]> {
    const [inside, gitSync] = await Promise.all([
        fromProcess(cluster, namespace, objects),
        fromGitSync(cluster, namespace, objects),
    ]);
    return [...inside, ...gitSync];
}

async function fromProcess(
    cluster: Cluster,
    namespace: string,
    objects: readonly KubernetesObject[],
): Promise<Finding[]> {
    const from = lookout(objects, namespace);
    if (from === undefined) {
        return [];
    }
    const hasTriggerer = objects.some(
        ({ kind, metadata, spec }) =>
            kind === "StatefulSet" && metadata.name === "airflow-triggerer" && spec?.replicas !== 0,
    );
    const settings = {
        processes: {
            SchedulerJob: "scheduler",
            DagProcessorJob: "dag-processor",
            ...(hasTriggerer && { TriggererJob: "triggerer" }),
        },
        constants: {},
        volumes: from.volumes,
        delivery: "",
        // What git-sync switches to the newest commit.
        link: hasGitSync(objects) ? paths.gitLink : "",
    };
    const where = ["exec", "--stdin", from.pod, "--namespace", namespace, "--container", from.container];
    const { code, stdout } = await capture(
        [...kubectl(cluster), ...where, "--", "python", "-", "look", JSON.stringify(settings)],
        { env: clusterEnvironment(cluster), input: readFileSync(script, "utf8"), timeout: 60_000 },
    );
    return code === 0 ? insideFindings(parseSamples(stdout)) : [];
}

async function fromGitSync(
    cluster: Cluster,
    namespace: string,
    objects: readonly KubernetesObject[],
): Promise<Finding[]> {
    if (!hasGitSync(objects)) {
        return [];
    }
    const log = ["logs", "deployment/airflow-git-sync", "--namespace", namespace, "--since", "3m", "--tail", "20"];
    const { code, stdout } = await capture([...kubectl(cluster), ...log], {
        env: clusterEnvironment(cluster),
        timeout: 30_000,
    });
    return code === 0 ? gitSyncFindings(stdout) : [];
}

function hasGitSync(objects: readonly KubernetesObject[]): boolean {
    return objects.some(({ kind, metadata }) => kind === "Deployment" && metadata.name === "airflow-git-sync");
}
