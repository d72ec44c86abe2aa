import { isMap, type PropertyMap } from "../values/propertyValue";
import { skipsAwait, waitsFor } from "./annotations";
import { type Condition, failed, type ReadinessCheck, ready, waiting } from "./condition";
import { at, listAt, numberAt, objectName, objectNamespace, textAt } from "./kubernetesObject";

/** What it takes for an object of each kind to work. Kinds that are not here work as soon as they exist. */
const checks: { readonly [apiVersionAndKind: string]: ReadinessCheck } = {
    "apps/v1 Deployment": async (live) => deploymentCondition(live),
    "apps/v1 StatefulSet": async (live) => statefulSetCondition(live),
    "apps/v1 DaemonSet": async (live) => daemonSetCondition(live),
    "batch/v1 Job": async (live) => jobCondition(live),
    "v1 Pod": async (live) => podCondition(live),
    "v1 Namespace": async (live) => phaseCondition(live, ["Active"]),
    "v1 PersistentVolume": async (live) => phaseCondition(live, ["Available", "Bound"]),
    "v1 PersistentVolumeClaim": async (live, cluster) => {
        const className = textAt(live, "spec", "storageClassName");
        const storageClass =
            className !== "" && textAt(live, "spec", "volumeName") === ""
                ? await cluster.read("storage.k8s.io/v1", "StorageClass", className)
                : undefined;
        // Such a claim is bound when the first pod uses it, which may well wait for this run.
        const late = textAt(storageClass, "volumeBindingMode") === "WaitForFirstConsumer";
        return phaseCondition(live, late ? ["Bound", "Pending"] : ["Bound"]);
    },
    "v1 Service": async (live, cluster) => {
        if (!needsEndpoints(live)) {
            return serviceCondition(live, true);
        }
        const path = `/apis/discovery.k8s.io/v1/namespaces/${objectNamespace(live)}/endpointslices`;
        const slices = await cluster.list(path, { labelSelector: `kubernetes.io/service-name=${objectName(live)}` });
        return serviceCondition(live, slices.some(hasReadyEndpoint));
    },
    "networking.k8s.io/v1 Ingress": async (live) =>
        listAt(live, "status", "loadBalancer", "ingress").length > 0
            ? ready
            : waiting("no ingress controller has given it an address"),
};

/** How to tell that an object works; undefined when there is nothing to wait for. */
export function readinessCheck(inputs: PropertyMap): ReadinessCheck | undefined {
    if (skipsAwait(inputs)) {
        return undefined;
    }
    const expressions = waitsFor(inputs);
    if (expressions.length > 0) {
        return async (live) => expressionsCondition(live, expressions);
    }
    return checks[`${textAt(inputs, "apiVersion")} ${textAt(inputs, "kind")}`];
}

/** The condition of a Deployment: its newest version is rolled out. */
export function deploymentCondition(live: PropertyMap): Condition {
    if (!isObserved(live)) {
        return waiting("the controller has not seen it yet");
    }
    const progressing = condition(live, "Progressing");
    if (textAt(progressing, "reason") === "ProgressDeadlineExceeded") {
        return failed(`ProgressDeadlineExceeded: ${textAt(progressing, "message")}`);
    }
    const wanted = numberAt(live, "spec", "replicas") ?? 1;
    const updated = numberAt(live, "status", "updatedReplicas") ?? 0;
    const total = numberAt(live, "status", "replicas") ?? 0;
    const available = numberAt(live, "status", "availableReplicas") ?? 0;
    if (updated < wanted) {
        return waiting(`${updated} of ${wanted} pods are of the new version`);
    }
    if (total > updated) {
        return waiting(`${total - updated} pods of the old version are still there`);
    }
    return available < updated ? waiting(`${available} of ${wanted} pods are available`) : ready;
}

/** The condition of a StatefulSet: all pods are ready, and of the newest version. */
export function statefulSetCondition(live: PropertyMap): Condition {
    if (textAt(live, "spec", "updateStrategy", "type") === "OnDelete") {
        return ready;
    }
    if (!isObserved(live)) {
        return waiting("the controller has not seen it yet");
    }
    const wanted = numberAt(live, "spec", "replicas") ?? 1;
    const readyPods = numberAt(live, "status", "readyReplicas") ?? 0;
    const updated = numberAt(live, "status", "updatedReplicas") ?? 0;
    const partition = numberAt(live, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
    const current = textAt(live, "status", "currentRevision");
    const newest = textAt(live, "status", "updateRevision");
    if (current !== newest && updated < wanted - partition) {
        return waiting(`${updated} of ${wanted - partition} pods are of the new version`);
    }
    return readyPods < wanted ? waiting(`${readyPods} of ${wanted} pods are ready`) : ready;
}

/** The condition of a DaemonSet: its newest version runs on all nodes. */
export function daemonSetCondition(live: PropertyMap): Condition {
    if (textAt(live, "spec", "updateStrategy", "type") === "OnDelete") {
        return ready;
    }
    if (!isObserved(live)) {
        return waiting("the controller has not seen it yet");
    }
    const wanted = numberAt(live, "status", "desiredNumberScheduled") ?? 0;
    const updated = numberAt(live, "status", "updatedNumberScheduled") ?? 0;
    const available = numberAt(live, "status", "numberAvailable") ?? 0;
    if (updated < wanted) {
        return waiting(`${updated} of ${wanted} pods are of the new version`);
    }
    return available < wanted ? waiting(`${available} of ${wanted} pods are available`) : ready;
}

/** The condition of a Job: it has done its work. */
export function jobCondition(live: PropertyMap): Condition {
    const failure = condition(live, "Failed");
    if (textAt(failure, "status") === "True") {
        return failed(`the Job failed: ${textAt(failure, "reason")}: ${textAt(failure, "message")}`);
    }
    if (textAt(condition(live, "Complete"), "status") === "True") {
        return ready;
    }
    const active = numberAt(live, "status", "active") ?? 0;
    const failures = numberAt(live, "status", "failed") ?? 0;
    const tried = failures > 0 ? `, ${failures} failed` : "";
    return waiting(active > 0 ? `its pod runs${tried}` : `no pod of it runs${tried}`);
}

/** The condition of a pod of its own: ready, or done. */
export function podCondition(live: PropertyMap): Condition {
    const phase = textAt(live, "status", "phase");
    if (phase === "Succeeded" || textAt(condition(live, "Ready"), "status") === "True") {
        return ready;
    }
    return phase === "Failed" ? failed("the pod failed") : waiting(`the pod is ${phase || "new"}`);
}

/** The entry of `status.conditions` of a type. */
export function condition(live: PropertyMap, type: string): PropertyMap | undefined {
    return listAt(live, "status", "conditions").find((entry) => entry.type === type);
}

function phaseCondition(live: PropertyMap, phases: readonly string[]): Condition {
    const phase = textAt(live, "status", "phase");
    if (phases.includes(phase)) {
        return ready;
    }
    return phase === "Failed" || phase === "Lost" ? failed(`it is ${phase}`) : waiting(`it is ${phase || "new"}`);
}

function needsEndpoints(service: PropertyMap): boolean {
    const selector = at(service, "spec", "selector");
    return (
        isMap(selector) &&
        Object.keys(selector).length > 0 &&
        textAt(service, "spec", "type") !== "ExternalName" &&
        textAt(service, "spec", "clusterIP") !== "None"
    );
}

function serviceCondition(service: PropertyMap, hasEndpoints: boolean): Condition {
    if (!hasEndpoints) {
        return waiting("no ready pod matches its selector");
    }
    const balanced = textAt(service, "spec", "type") === "LoadBalancer";
    return balanced && listAt(service, "status", "loadBalancer", "ingress").length === 0
        ? waiting("the cluster has given it no external address")
        : ready;
}

function hasReadyEndpoint(slice: PropertyMap): boolean {
    return listAt(slice, "endpoints").some((endpoint) => at(endpoint, "conditions", "ready") !== false);
}

function isObserved(live: PropertyMap): boolean {
    const generation = numberAt(live, "metadata", "generation") ?? 0;
    return (numberAt(live, "status", "observedGeneration") ?? 0) >= generation;
}

/** `condition=Type[=Status]` and `jsonpath={.a.b}[=value]`, the forms of `pulumi.com/waitFor`. */
function expressionsCondition(live: PropertyMap, expressions: readonly string[]): Condition {
    const open = expressions.filter((expression) => !holds(live, expression));
    return open.length === 0 ? ready : waiting(...open.map((expression) => `${expression} does not hold`));
}

function holds(live: PropertyMap, expression: string): boolean {
    const byCondition = /^condition=([^=]+)(?:=(.*))?$/.exec(expression);
    if (byCondition?.[1]) {
        return textAt(condition(live, byCondition[1]), "status") === (byCondition[2] ?? "True");
    }
    const byPath = /^jsonpath=\{((?:\.[\w-]+)+)\}(?:=(.*))?$/.exec(expression);
    if (!byPath?.[1]) {
        throw new Error(
            `pulumi.com/waitFor: this engine reads "condition=Type[=Status]" and "jsonpath={.a.b}[=value]", not "${expression}"`,
        );
    }
    const value = at(live, ...byPath[1].split(".").slice(1));
    return byPath[2] === undefined ? value !== undefined : String(value) === byPath[2];
}
