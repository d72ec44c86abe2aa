/** The parts of Kubernetes objects, as `kubectl get -o json` prints them, that tell how things are. */
export interface KubernetesObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly creationTimestamp?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec?: {
        readonly replicas?: number;
        readonly containers?: readonly {
            readonly name?: string;
            readonly image?: string;
            readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes?: readonly { readonly name: string; readonly persistentVolumeClaim?: unknown }[];
    };
    readonly status?: {
        readonly phase?: string;
        readonly reason?: string;
        readonly message?: string;
        readonly readyReplicas?: number;
        readonly conditions?: readonly Condition[];
        readonly initContainerStatuses?: readonly ContainerStatus[];
        readonly containerStatuses?: readonly ContainerStatus[];
    };
    readonly type?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly count?: number;
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
    readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

interface Condition {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
}

interface ContainerStatus {
    readonly name: string;
    readonly ready?: boolean;
    readonly restartCount?: number;
    readonly state?: ContainerState;
    readonly lastState?: ContainerState;
}

interface ContainerState {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
}

/** What Kubernetes' short reasons mean to someone who does not know them. */
const meanings: Readonly<Record<string, string>> = {
    BackoffLimitExceeded: "it failed as often as it may be tried",
    CrashLoopBackOff: "it starts and ends again and again",
    CreateContainerConfigError: "a Secret or ConfigMap that it needs is missing or lacks a key",
    CreateContainerError: "the container cannot be made",
    DeadlineExceeded: "it took longer than it may",
    ErrImageNeverPull: "its image is not on the node",
    ErrImagePull: "its image cannot be fetched",
    Evicted: "the node ran out of memory or disk",
    FailedMount: "a volume cannot be mounted",
    FailedScheduling: "no node has room for it, or its volume is not there",
    ImagePullBackOff: "its image cannot be fetched",
    OOMKilled: "it needed more memory than its limit",
    PodFailurePolicy: "it ended in a way that another try would not mend",
    RunContainerError: "the container cannot be started",
    Unhealthy: "it does not answer its probe",
};

/** A short reason with its meaning, where there is one. */
export function inPlainWords(reason: string | undefined, message?: string): string {
    const meaning = reason === undefined ? undefined : meanings[reason];
    const told = [reason, meaning].filter(Boolean).join(": ");
    const detail = message?.trim().split("\n").slice(-4).join(" | ");
    return [told, detail].filter(Boolean).join(" - ") || "no reason given";
}

/** The images of all pods, as they name them. */
export function podImages(objects: readonly KubernetesObject[]): string[] {
    const pods = objects.filter((object) => object.kind === "Pod");
    return pods.flatMap((pod) => (pod.spec?.containers ?? []).flatMap(({ image }) => image ?? []));
}

/** What Jobs of Airflow that succeeded have to say: the termination messages of their pods. */
export function remarks(objects: readonly KubernetesObject[], namespace: string): string[] {
    const pods = objects.filter(
        ({ kind, metadata, status }) =>
            kind === "Pod" && metadata.namespace === namespace && status?.phase === "Succeeded",
    );
    const statuses = pods.flatMap((pod) => pod.status?.containerStatuses ?? []);
    return [...new Set(statuses.flatMap(({ state }) => state?.terminated?.message?.trim() || []))];
}

/** One line for each pod: name, how it is, restarts. */
export function podLines(objects: readonly KubernetesObject[]): string[] {
    const pods = objects.filter((object) => object.kind === "Pod");
    const width = Math.max(0, ...pods.map((pod) => fullName(pod).length));
    return pods.map((pod) => {
        const restarts = restartsOf(pod);
        const again = restarts === 0 ? "" : `, restarted ${restarts} time${restarts === 1 ? "" : "s"}`;
        return `${fullName(pod).padEnd(width)}  ${podState(pod)}${again}`;
    });
}

/**
 * What is wrong now, in plain words; empty when all is well. Task pods of a finished try are a matter of the DAG, not of the
 * installation, so only the objects of the installation count.
 */
export function troubles(objects: readonly KubernetesObject[], taskNamespace: string): string[] {
    return objects.flatMap((object) => {
        switch (object.kind) {
            case "Pod":
                return podTroubles(object, object.metadata.namespace === taskNamespace);
            case "Deployment":
            case "StatefulSet":
                return workloadTroubles(object);
            case "Job":
                return jobTroubles(object);
            case "PersistentVolumeClaim":
                return object.status?.phase === "Bound"
                    ? []
                    : [`claim ${fullName(object)} has no volume (${object.status?.phase ?? "unknown"})`];
            case "Namespace":
                return object.status?.phase === "Terminating"
                    ? [`namespace ${object.metadata.name} is being deleted${conditionText(object)}`]
                    : [];
            default:
                return [];
        }
    });
}

/**
 * The newest warnings of the cluster's event log, at most `most`, none older than `maxAge` milliseconds. What was said of a
 * pod that is well by now, such as of its start, is left out.
 */
export function warnings(objects: readonly KubernetesObject[], now: number, maxAge: number, most: number): string[] {
    const well = objects
        .filter((object) => object.kind === "Pod" && ["ready", "done"].includes(podState(object)))
        .map((pod) => fullName(pod));
    return objects
        .filter((object) => object.kind === "Event" && object.type === "Warning")
        .filter(
            ({ involvedObject, metadata }) =>
                involvedObject?.kind !== "Pod" || !well.includes(`${metadata.namespace}/${involvedObject.name}`),
        )
        .map((event) => ({
            event,
            at: Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ""),
        }))
        .filter(({ at }) => now - at <= maxAge)
        .sort((one, other) => other.at - one.at)
        .slice(0, most)
        .map(({ event, at }) => {
            const minutes = Math.max(0, Math.round((now - at) / 60_000));
            const what = `${event.involvedObject?.kind ?? ""} ${event.involvedObject?.name ?? ""}`.trim();
            const often = (event.count ?? 1) > 1 ? ` (${event.count} times)` : "";
            return `${minutes} min ago, ${what}: ${inPlainWords(event.reason, event.message)}${often}`;
        });
}

function podState(pod: KubernetesObject): string {
    const waiting = containers(pod).find((container) => container.state?.waiting !== undefined);
    const reason = waiting?.state?.waiting?.reason;
    if (reason !== undefined && !startingReasons.includes(reason)) {
        return inPlainWords(reason);
    }
    if (pod.status?.phase === "Running") {
        return (pod.status.containerStatuses ?? []).every((container) => container.ready)
            ? "ready"
            : "running, not ready yet";
    }
    const phases: Record<string, string> = { Pending: "starting", Succeeded: "done", Failed: "failed" };
    return phases[pod.status?.phase ?? ""] ?? pod.status?.phase ?? "unknown";
}

const startingReasons: readonly string[] = ["ContainerCreating", "PodInitializing"];

function podTroubles(pod: KubernetesObject, isTask: boolean): string[] {
    const found = containers(pod).flatMap((container) => {
        const waiting = container.state?.waiting;
        if (waiting?.reason !== undefined && !startingReasons.includes(waiting.reason)) {
            const last = container.lastState?.terminated;
            const before =
                last === undefined ? "" : `; it ended with exit code ${last.exitCode ?? "?"} ${last.message ?? ""}`;
            return [`${fullName(pod)}: ${inPlainWords(waiting.reason, waiting.message)}${before.trimEnd()}`];
        }
        return [];
    });
    const unscheduled = pod.status?.conditions?.find(
        (condition) => condition.type === "PodScheduled" && condition.status === "False",
    );
    if (unscheduled !== undefined) {
        found.push(`${fullName(pod)}: ${inPlainWords("FailedScheduling", unscheduled.message)}`);
    }
    if (pod.status?.phase === "Failed" && !isTask && pod.status.reason === "Evicted") {
        found.push(`${fullName(pod)}: ${inPlainWords(pod.status.reason, pod.status.message)}`);
    }
    return found;
}

/** Keeps how many replicas a process had that was stopped for a restore, also for a run after one that was killed. */
export const replicasAnnotation = "airflow-kubernetes/replicas";

function workloadTroubles(workload: KubernetesObject): string[] {
    if (workload.metadata.annotations?.[replicasAnnotation] !== undefined) {
        return [
            `${workload.kind} ${fullName(workload)} is stopped by a make restore that has not come to its end; run it again`,
        ];
    }
    const wanted = workload.spec?.replicas ?? 1;
    const ready = workload.status?.readyReplicas ?? 0;
    return ready >= wanted
        ? []
        : [`${workload.kind} ${fullName(workload)}: ${ready} of ${wanted} pods ready${conditionText(workload)}`];
}

function jobTroubles(job: KubernetesObject): string[] {
    const failed = job.status?.conditions?.find(
        (condition) => condition.type === "Failed" && condition.status === "True",
    );
    return failed === undefined ? [] : [`Job ${fullName(job)} failed: ${inPlainWords(failed.reason, failed.message)}`];
}

function conditionText(object: KubernetesObject): string {
    const bad = object.status?.conditions?.find(
        (condition) =>
            (condition.status === "False" && condition.type === "Progressing") ||
            (condition.status === "True" && /Failure|Remaining/.test(condition.type)),
    );
    return bad?.message === undefined ? "" : ` (${bad.message})`;
}

function containers(pod: KubernetesObject): readonly ContainerStatus[] {
    return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function restartsOf(pod: KubernetesObject): number {
    return containers(pod).reduce((sum, container) => sum + (container.restartCount ?? 0), 0);
}

function fullName(object: KubernetesObject): string {
    return object.metadata.namespace === undefined
        ? object.metadata.name
        : `${object.metadata.namespace}/${object.metadata.name}`;
}
