import { type KubernetesObject, podImages, podLines, remarks, troubles, warnings } from "../airflow/diagnosis";
import { standInSentence } from "../images/standIns";
import { stackNamespaces } from "../pulumi/stackFile";
import { objectsIn } from "../session/clusterObjects";
import { Session } from "../session/session";
import { type Cluster, clusterEnvironment, hindrance, kubectl, sayCluster } from "../session/targetCluster";
import { capture, output } from "../support/execution";
import { main } from "../support/main";

const kinds = "pods,deployments,statefulsets,jobs,persistentvolumeclaims,events";

/** Shows pods, URL and what is wrong; the exit code is 0 only when all is well. */
async function status(): Promise<number> {
    const session = await Session.open({ quiet: true });
    sayCluster(session.cluster);
    const hindered = await hindrance(session.cluster);
    if (hindered !== undefined) {
        process.stdout.write(`${hindered}\n`);
        return 1;
    }
    const outputs = await session.outputs();
    const namespaces = outputs?.namespaces ?? stackNamespaces(session.stackFileText);
    const objects = (
        await Promise.all(Object.values(namespaces).map((name) => namespaceObjects(session.cluster, name)))
    ).flat();
    if (objects.length === 0) {
        process.stdout.write(`Nothing of stack ${session.options.stack} is deployed. make up does it.\n`);
        return 1;
    }
    const wrong = troubles(objects, namespaces.workers);
    const failures = await jobLogs(session.cluster, objects, wrong);
    if (outputs === undefined) {
        wrong.push("the last make up did not come to its end; run it again");
    }
    const recent = wrong.length === 0 ? [] : warnings(objects, Date.now(), 15 * 60_000, 10);
    const standIns = session.cluster.kind === "local" ? standInSentence(podImages(objects)) : undefined;
    process.stdout.write(
        [
            ...section("Images", standIns === undefined ? [] : [standIns]),
            ...section("Pods", podLines(objects)),
            ...section("To know", remarks(objects, namespaces.airflow)),
            ...section("Wrong", wrong),
            ...section("Said by what failed", failures),
            ...section("Last warnings", recent),
            wrong.length === 0 ? `All is well. URL: ${outputs?.url} (make ui opens it)` : "Something is wrong.",
            "",
        ].join("\n"),
    );
    return wrong.length === 0 ? 0 : 1;
}

/** A namespace with everything in it that tells how it is; nothing where there is none. */
async function namespaceObjects(cluster: Cluster, namespace: string): Promise<KubernetesObject[]> {
    const get = [...kubectl(cluster), "get", "namespace", namespace, "--output", "json", "--ignore-not-found"];
    const self = await output(get, { env: clusterEnvironment(cluster) });
    return self.trim() === ""
        ? []
        : [JSON.parse(self) as KubernetesObject, ...(await objectsIn(cluster, namespace, kinds))];
}

/** The last words of the Jobs that failed. */
async function jobLogs(
    cluster: Cluster,
    objects: readonly KubernetesObject[],
    wrong: readonly string[],
): Promise<string[]> {
    const failed = objects.filter(
        (object) => object.kind === "Job" && wrong.some((line) => line.includes(`${object.metadata.name} failed`)),
    );
    const logs = await Promise.all(
        failed.map(async (job) => {
            const log = [
                "logs",
                `job/${job.metadata.name}`,
                "--namespace",
                job.metadata.namespace ?? "",
                "--tail",
                "15",
            ];
            const said = await capture([...kubectl(cluster), ...log], { env: clusterEnvironment(cluster) });
            return said.stdout.trim() === "" ? [] : [`${job.metadata.name}:`, ...said.stdout.trim().split("\n")];
        }),
    );
    return logs.flat();
}

function section(title: string, lines: readonly string[]): string[] {
    return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""];
}

main(status);
