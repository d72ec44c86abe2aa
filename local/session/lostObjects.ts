import {
    autonamedObjectsOf,
    identify,
    isAutonamed,
    type ObjectIdentity,
    objectsOf,
    resourcesOf,
    type StackState,
    type StateResource,
} from "../pulumi/stackState";
import { UserError } from "../support/errors";
import { capture, output } from "../support/execution";
import { say } from "../support/progress";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** Labels that all objects of the component have. */
const ofAnyInstallation = "app.kubernetes.io/managed-by=pulumi,app.kubernetes.io/part-of=airflow-kubernetes";

/** An object as `kubectl get --output json` prints it. */
interface LiveObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly uid: string;
        readonly labels?: Record<string, string>;
        readonly ownerReferences?: readonly unknown[];
    };
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
        const target = [
            typeOf({ apiVersion, kind }),
            name,
            ...(namespace === undefined ? [] : ["--namespace", namespace]),
        ];
        const found = await output([...kubectl(cluster), "get", ...target, "--ignore-not-found", "--output", "json"], {
            env,
        });
        if (found.trim() !== "" && isOurs(JSON.parse(found) as LiveObject)) {
            await output([...kubectl(cluster), "delete", ...target, "--ignore-not-found"], { env });
            say(`Removed what a killed run had left: ${kind} ${name}`);
        }
    }
}

/** Kinds without data: an object of another kind that no state knows may have been left on purpose. */
const kindsWithoutData = [
    "configmaps,secrets,serviceaccounts,services,podtemplates,deployments.apps,statefulsets.apps,jobs.batch,cronjobs.batch",
    "roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io",
    "poddisruptionbudgets.policy,networkpolicies.networking.k8s.io",
].join(",");

/**
 * Whether there are objects of the stack that its state does not know: an interrupted run that was waiting for the API server's
 * answer records nothing of them.
 *
 * @param namespaces Those of the installation; Airflow's own names it in the labels.
 */
export async function hasUnknown(
    cluster: Cluster,
    state: StackState,
    namespaces: { readonly airflow: string } & Readonly<Record<string, string>>,
): Promise<boolean> {
    const known = new Set(objectsOf(resourcesOf(state)).map(identify));
    const selector = ["--selector", `${ofAnyInstallation},app.kubernetes.io/instance=${namespaces.airflow}`];
    const made = await listed(cluster, ["namespaces", ...selector]);
    for (const namespace of Object.values(namespaces)) {
        const place = ["--namespace", namespace];
        const objects = await listed(cluster, [kindsWithoutData, ...place, ...selector]);
        const claims = await listed(cluster, ["persistentvolumeclaims", ...place]);
        // A namespace with claims was left on purpose.
        const itself = made.filter(({ metadata }) => metadata.name === namespace && claims.length === 0);
        if ([...objects, ...itself].some((object) => isUnknown(object, known))) {
            return true;
        }
    }
    return false;
}

/** Objects as `kubectl get` lists them; none for who may not list them. */
async function listed(cluster: Cluster, what: readonly string[]): Promise<readonly LiveObject[]> {
    const get = [...kubectl(cluster), "get", ...what, "--output", "json"];
    const { code, stdout } = await capture(get, { env: clusterEnvironment(cluster) });
    return code === 0 ? (JSON.parse(stdout) as { items: LiveObject[] }).items : [];
}

/**
 * Removes objects of the stack that no state knows, of the kinds whose names the provider chooses: an interrupted run that was
 * waiting for the API server's answer records nothing of them, and the next one has made others.
 */
export async function removeUnknown(cluster: Cluster, state: StackState): Promise<void> {
    const env = clusterEnvironment(cluster);
    const known = new Set(objectsOf(resourcesOf(state)).map(identify));
    const typesIn = new Map<string, Set<string>>();
    for (const { namespace = "", ...object } of autonamedObjectsOf(resourcesOf(state))) {
        typesIn.set(namespace, (typesIn.get(namespace) ?? new Set()).add(typeOf(object)));
    }
    for (const [namespace, types] of typesIn) {
        const place = ["--namespace", namespace];
        const get = ["get", [...types].join(","), ...place, "--selector", ofAnyInstallation, "--output", "json"];
        const { items } = JSON.parse(await output([...kubectl(cluster), ...get], { env })) as { items: LiveObject[] };
        // Data is never taken for a leftover.
        const named = items.filter(({ kind, metadata }) => isAutonamed(metadata) && kind !== "PersistentVolumeClaim");
        for (const object of named.filter((item) => isUnknown(item, known))) {
            const name = `${object.kind}/${object.metadata.name}`;
            await output([...kubectl(cluster), "delete", name, ...place, "--ignore-not-found"], { env });
            say(`Removed what an interrupted run had left: ${object.kind} ${object.metadata.name}`);
        }
    }
}

/** Whether neither a state nor another object of the cluster accounts for the object. */
function isUnknown({ kind, metadata }: LiveObject, known: ReadonlySet<string>): boolean {
    const identity = identify({ kind, name: metadata.name, namespace: metadata.namespace });
    return metadata.ownerReferences === undefined && !known.has(identity);
}

/** The type of an object as kubectl takes it without mistaking it for another group's. */
function typeOf({ apiVersion, kind }: Pick<ObjectIdentity, "apiVersion" | "kind">): string {
    const [version, group = ""] = apiVersion.split("/").reverse();
    return [kind, version, group].join(".");
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
