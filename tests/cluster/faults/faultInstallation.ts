import { byGitSync } from "../deliveries/deliveries";
import { once } from "../deliveries/once";
import { airflowImage } from "../support/airflowImage";
import { explainNamespaces, Installation, testPrefix } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { faultDags } from "./faultDags";
import { hurtfulDags, refusedFiles } from "./hurtfulDag";
import { soakDag, soakDagId } from "./soakDag";

/** The one installation under which things are killed. */
export const faulty = new Installation(`${testPrefix}-faults`);

/** How long a part may take to be ready again, in milliseconds, on a machine that is busy with the tasks, too. */
export const recovery = 300_000;

/** Pods that belong together. */
export interface Part {
    readonly name: string;
    readonly namespace: string;
    readonly selector: string;
}

/** What chooses the pods of a component, without those of Jobs, which have ended and are never ready. */
function ofWorkload(component: string): string {
    return `app.kubernetes.io/component=${component},!batch.kubernetes.io/job-name`;
}

/** Pods of Airflow or its database, by their component. */
export function part(name: string): Part {
    return { name, namespace: faulty.namespaces.airflow, selector: ofWorkload(name) };
}

/** Names of the cluster. */
export const coreDns: Part = { name: "CoreDNS", namespace: "kube-system", selector: "k8s-app=kube-dns" };

/** What serves the volumes that all share, in a namespace that has a suffix. */
export async function nfsServer(): Promise<Part> {
    const selector = ofWorkload("nfs-server");
    const found = await objects("pods", "--all-namespaces", "--selector", selector);
    const namespace = found
        .map(({ metadata }) => metadata.namespace ?? "")
        .find((name) => name.startsWith(`${faulty.namespaces.storage}-`));
    if (namespace === undefined) {
        throw new Error("there is no NFS server to kill");
    }
    return { name: "NFS server", namespace, selector };
}

/** Has the installation up, as on a cluster of several nodes, with the DAGs of all these tests in a repository. */
export const faultyIsUp = once("the installation under faults", async () => {
    const repository = await (await TestServers.shared()).repository("faults", "https");
    const delivery = byGitSync(repository);
    await delivery.publish({
        "soak.py": soakDag(soakDagId, faulty.namespaces.workers, airflowImage),
        "faults.py": faultDags,
        "hurtful.py": hurtfulDags,
        ...Object.fromEntries(Object.entries(refusedFiles).map(([name, { text }]) => [name, text])),
    });
    // Requests of CPU are the defaults: they are what keeps the processes alive beside many tasks.
    faulty.configure({
        hosting: "readWriteMany",
        storage: { kind: "nfsServer" },
        ...delivery.settings(),
        workers: { kubernetesPodOperator: true },
        variables: { outlived: "found" },
    });
    await faulty.isUp();
});

/** Pods, events and last words. */
export function explainFaulty(): Promise<string> {
    return explainNamespaces(Object.values(faulty.namespaces));
}

/** Kills all pods of a part without asking them. */
export async function kill({ namespace, selector }: Part): Promise<void> {
    await kube(["delete", "pods", "--namespace", namespace, "--selector", selector, "--force", "--grace-period=0"]);
}

/** Whether a part has pods, and all of them are ready. */
export async function isReady({ namespace, selector }: Part): Promise<boolean> {
    const condition = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const pods = ["pods", "--namespace", namespace, "--selector", selector];
    const states = (await kube(["get", ...pods, `--output=jsonpath=${condition}`])).split("\n").filter(Boolean);
    return states.length > 0 && states.every((state) => state === "True");
}

/** Pods of a part with how often their containers were started again, as text: equal when nothing was restarted. */
export async function restarts({ namespace, selector }: Part): Promise<string> {
    const counts = '{range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{"\\n"}{end}';
    return await kube([
        ...["get", "pods", "--namespace", namespace, "--selector", selector, "--sort-by=.metadata.name"],
        `--output=jsonpath=${counts}`,
    ]);
}

/** What one statement of SQL answers in Airflow's database, without headers. */
export async function sql(statement: string): Promise<string> {
    const psql = ["psql", "-U", "postgres", "-d", "airflow", "-v", "ON_ERROR_STOP=1", "-At", "-f", "-"];
    const exec = ["exec", "--stdin", "--namespace", faulty.namespaces.airflow, "airflow-postgres-0", "--"];
    return (await kube([...exec, ...psql], statement)).trim();
}
