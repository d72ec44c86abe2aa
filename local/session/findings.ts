import { type KubernetesObject, troubles, warnings } from "../airflow/diagnosis";
import { objectRemedies } from "../airflow/remedies";
import { capture, output } from "../support/execution";
import { objectsIn } from "./clusterObjects";
import { lookInside } from "./insideLook";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

const kinds = "pods,deployments,statefulsets,jobs,persistentvolumeclaims,events";

/** How an installation is, in plain words. */
export interface Findings {
    /** All objects that tell it. */
    readonly objects: readonly KubernetesObject[];
    /** What is wrong; empty when all is well. */
    readonly wrong: readonly string[];
    /** What only those who write DAGs can mend, with what to do. */
    readonly notices: readonly string[];
    /** What to do about what is wrong. */
    readonly remedies: readonly string[];
    /** The last words of Jobs that failed. */
    readonly said: readonly string[];
    /** Warnings of the cluster's event log, where something is wrong. */
    readonly recent: readonly string[];
}

/** Looks at an installation, from outside and from inside. */
export async function findings(
    cluster: Cluster,
    namespaces: Readonly<Record<string, string>> & { readonly airflow: string; readonly workers: string },
): Promise<Findings> {
    const objects = (
        await Promise.all(Object.values(namespaces).map((name) => namespaceObjects(cluster, name)))
    ).flat();
    const seen = troubles(objects, namespaces.workers);
    const [said, inside] = await Promise.all([
        jobLogs(cluster, objects, seen),
        lookInside(cluster, namespaces.airflow, objects),
    ]);
    const faults = inside.filter(({ isNotice }) => !isNotice);
    const wrong = [...seen, ...faults.map((finding) => finding.wrong)];
    return {
        objects,
        wrong,
        notices: inside.filter(({ isNotice }) => isNotice).map((finding) => `${finding.wrong}: ${finding.remedy}`),
        remedies: [
            ...objectRemedies(objects, seen),
            ...faults.map(({ remedy, wrong }) => `${subject(wrong)}: ${remedy}`),
        ],
        said,
        recent: wrong.length === 0 ? [] : warnings(objects, Date.now(), 15 * 60_000, 10),
    };
}

/** Lines with a title, or nothing. */
export function section(title: string, lines: readonly string[]): string[] {
    return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""];
}

/** What is wrong and what to do, as both `status` and the end of an `up` tell it. */
export function wrongSections({ wrong, remedies, said, recent }: Omit<Findings, "objects" | "notices">): string[] {
    return [
        ...section("Wrong", wrong),
        ...section("To do", remedies),
        ...section("Said by what failed", said),
        ...section("Last warnings", recent),
    ];
}

/** What a sentence is about: its beginning, up to where it goes on. */
function subject(wrong: string): string {
    return wrong.split(/[:,]/)[0];
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
