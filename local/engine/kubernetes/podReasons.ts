import { isMap, type PropertyMap } from "../values/propertyValue";
import { at, listAt, numberAt, objectName, textAt } from "./kubernetesObject";
import { condition } from "./readiness";

/** Reasons for which a container waits that are just the usual course of things. */
const usual = new Set(["ContainerCreating", "PodInitializing"]);

/** A container whose log tells why things don't work. */
export interface FailedContainer {
    readonly pod: string;
    readonly container: string;
    /** The log wanted is of the run before the present one. */
    readonly previous: boolean;
    readonly restarts: number;
}

/** Why a pod is not ready, in words; nothing for one that is on its way. */
export function podReasons(pod: PropertyMap): string[] {
    const name = objectName(pod);
    const phase = textAt(pod, "status", "phase");
    if (phase === "Succeeded" || textAt(condition(pod, "Ready"), "status") === "True") {
        return [];
    }
    const scheduled = condition(pod, "PodScheduled");
    if (textAt(scheduled, "status") === "False") {
        return [`pod ${name} has no node: ${textAt(scheduled, "message") || textAt(scheduled, "reason")}`];
    }
    const containers = containerStatuses(pod).flatMap((status) => containerReasons(name, status));
    const failure = phase === "Failed" ? textAt(pod, "status", "message") || textAt(pod, "status", "reason") : "";
    return failure === "" ? containers : [`pod ${name} failed: ${failure}`, ...containers];
}

/** The containers of a pod that failed, with the place of their log. */
export function failedContainers(pod: PropertyMap): FailedContainer[] {
    return containerStatuses(pod).flatMap((status) => {
        const restarts = numberAt(status, "restartCount") ?? 0;
        const common = { pod: objectName(pod), container: textAt(status, "name"), restarts };
        const failedNow = (numberAt(status, "state", "terminated", "exitCode") ?? 0) !== 0;
        const failedBefore = (numberAt(status, "lastState", "terminated", "exitCode") ?? 0) !== 0;
        return failedNow || failedBefore ? [{ ...common, previous: !failedNow }] : [];
    });
}

/** How an object selects its pods, as a query; undefined for kinds without pods. */
export function podSelector(live: PropertyMap): string | undefined {
    const kind = textAt(live, "kind");
    if (!["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"].includes(kind)) {
        return undefined;
    }
    const labels = at(live, "spec", "selector", "matchLabels");
    if (!isMap(labels) || Object.keys(labels).length === 0) {
        return undefined;
    }
    return Object.entries(labels)
        .map(([label, value]) => `${label}=${String(value)}`)
        .join(",");
}

/** A warning of the cluster on an object, as one line. */
export function eventReason(event: PropertyMap): string {
    const kind = textAt(event, "involvedObject", "kind").toLowerCase();
    return `${kind} ${textAt(event, "involvedObject", "name")}: ${textAt(event, "reason")}: ${textAt(event, "message").trim()}`;
}

function containerStatuses(pod: PropertyMap): PropertyMap[] {
    return [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
}

function containerReasons(pod: string, status: PropertyMap): string[] {
    const container = textAt(status, "name");
    const reason = textAt(status, "state", "waiting", "reason");
    if (reason !== "" && !usual.has(reason)) {
        const message = textAt(status, "state", "waiting", "message");
        return [`pod ${pod}, container ${container}: ${reason}${message === "" ? "" : `: ${message}`}`];
    }
    const exitCode = numberAt(status, "state", "terminated", "exitCode") ?? 0;
    if (exitCode !== 0) {
        const how = textAt(status, "state", "terminated", "reason");
        const message = textAt(status, "state", "terminated", "message");
        return [
            `pod ${pod}, container ${container} ended with exit code ${exitCode} (${how})` +
                (message === "" ? "" : `: ${message.trim()}`),
        ];
    }
    return [];
}
