import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../providers/provider";
import type { PropertyMap } from "../values/propertyValue";
import type { ClusterReader, Condition, ReadinessCheck } from "./condition";
import { isNotFound, type KubernetesClient, UnreachableError } from "./kubernetesClient";
import {
    describeObject,
    type KubernetesObject,
    numberAt,
    objectName,
    objectNamespace,
    textAt,
} from "./kubernetesObject";
import { eventReason, type FailedContainer, failedContainers, podReasons, podSelector } from "./podReasons";

const shortestWaitMs = 150;
const longestWaitMs = 1000;
/** The parts around a pod are looked at less often than the object itself, and not for what is quick. */
const reasonsEveryMs = 2000;
const logLines = 20;

/** How waiting ended. */
export interface Awaited {
    readonly live: PropertyMap;
    /** Why it is not ready; empty when it is. */
    readonly problems: readonly string[];
}

/** What waiting needs to know. */
export interface AwaitOptions {
    readonly client: KubernetesClient;
    readonly timeoutSeconds: number;
    readonly report: (line: string) => void;
    readonly signal: AbortSignal;
}

/** Waits until an object works, says why it does not whenever that changes, and gives up when it can't any more. */
export async function awaitReady(
    object: KubernetesObject,
    check: ReadinessCheck,
    options: AwaitOptions,
): Promise<Awaited> {
    const { client, report, signal } = options;
    const deadline = Date.now() + options.timeoutSeconds * 1000;
    const reasons = new Reasons(object, client, report);
    let live: PropertyMap = object;
    let waitMs = shortestWaitMs;
    let looked = Date.now();
    for (;;) {
        if (signal.aborted) {
            return { live, problems: ["it was made, but the run was interrupted before it was ready"] };
        }
        const now = await readLive(object, client, signal);
        if (now === "gone") {
            return { live, problems: [`${describeObject(object)} was deleted by someone while it was waited for`] };
        }
        live = now ?? live;
        const condition = await judge(live, check, client);
        if (condition.state === "ready") {
            return { live, problems: [] };
        }
        if (condition.state === "failed") {
            return { live, problems: [...condition.reasons, ...(await reasons.atEnd(live))] };
        }
        if (Date.now() > deadline) {
            const late = `it is not ready after ${options.timeoutSeconds} s: ${condition.reasons.join("; ")}`;
            return { live, problems: [late, ...(await reasons.atEnd(live))] };
        }
        if (Date.now() - looked > reasonsEveryMs) {
            looked = Date.now();
            await reasons.look(live, condition);
        }
        await pause(waitMs, signal);
        waitMs = Math.min(waitMs * 1.5, longestWaitMs);
    }
}

/** Waits until an object is gone. */
export async function awaitGone(object: PropertyMap, uid: string, options: AwaitOptions): Promise<void> {
    const { client, report, signal } = options;
    const deadline = Date.now() + options.timeoutSeconds * 1000;
    let waitMs = shortestWaitMs;
    let told = "";
    let looked = Date.now();
    for (;;) {
        if (signal.aborted) {
            throw new Interrupted();
        }
        const now = await readLive(object, client, signal);
        if (now === "gone" || (now !== undefined && uid !== "" && textAt(now, "metadata", "uid") !== uid)) {
            return;
        }
        const why = now === undefined ? "" : whatHolds(now);
        if (Date.now() > deadline) {
            throw new Error(`it is still there after ${options.timeoutSeconds} s${why === "" ? "" : `: ${why}`}`);
        }
        if (why !== told && Date.now() - looked > 2 * reasonsEveryMs) {
            told = why;
            looked = Date.now();
            report(why);
        }
        await pause(waitMs, signal);
        waitMs = Math.min(waitMs * 1.5, longestWaitMs);
    }
}

/** Collects why an object is not ready and tells each thing once. */
class Reasons {
    private told = new Set<string>();
    private readonly loggedRuns = new Set<string>();
    private readonly since = new Date(Date.now() - 60_000).toISOString();

    constructor(
        private readonly object: KubernetesObject,
        private readonly client: KubernetesClient,
        private readonly report: (line: string) => void,
    ) {}

    public async look(live: PropertyMap, condition: Condition): Promise<void> {
        const pods = await this.pods(live);
        const events = await this.events(live, pods);
        const found = [...condition.reasons, ...pods.flatMap(podReasons), ...events];
        for (const reason of found) {
            if (!this.told.has(reason)) {
                this.report(reason);
            }
        }
        // What was told before and has come back is told again only after it was gone.
        this.told = new Set([...found, ...events, ...[...this.told].filter((reason) => reason.includes(": "))]);
        for (const line of await this.logs(pods)) {
            this.report(line);
        }
    }

    /** Everything that is known when waiting ends without success. */
    public async atEnd(live: PropertyMap): Promise<string[]> {
        const pods = await this.pods(live);
        const events = await this.events(live, pods);
        this.loggedRuns.clear();
        return [...new Set([...pods.flatMap(podReasons), ...events]), ...(await this.logs(pods))];
    }

    private async pods(live: PropertyMap): Promise<PropertyMap[]> {
        if (textAt(live, "kind") === "Pod") {
            return [live];
        }
        const labelSelector = podSelector(live);
        if (labelSelector === undefined) {
            return [];
        }
        return quietly([], () =>
            this.client.list(`/api/v1/namespaces/${objectNamespace(live)}/pods`, { labelSelector }),
        );
    }

    private async events(live: PropertyMap, pods: readonly PropertyMap[]): Promise<string[]> {
        const namespace = objectNamespace(this.object) || "default";
        const concerned = new Set([objectName(live), ...pods.map(objectName)]);
        const prefix = `${objectName(live)}-`;
        const events = await quietly([], () =>
            this.client.list(`/api/v1/namespaces/${namespace}/events`, { fieldSelector: "type=Warning" }),
        );
        const recent = events.filter((event) => {
            const name = textAt(event, "involvedObject", "name");
            const time = textAt(event, "lastTimestamp") || textAt(event, "eventTime");
            const ofController = textAt(event, "involvedObject", "kind") === "ReplicaSet" && name.startsWith(prefix);
            return (concerned.has(name) || ofController) && time.slice(0, 19) >= this.since.slice(0, 19);
        });
        return [...new Set(recent.map(eventReason))];
    }

    private async logs(pods: readonly PropertyMap[]): Promise<string[]> {
        const lines: string[] = [];
        for (const pod of pods) {
            for (const failedOne of failedContainers(pod)) {
                const run = `${failedOne.pod} ${failedOne.container} ${failedOne.restarts} ${failedOne.previous}`;
                if (!this.loggedRuns.has(run)) {
                    this.loggedRuns.add(run);
                    lines.push(...(await this.log(objectNamespace(pod), failedOne)));
                }
            }
        }
        return lines;
    }

    private async log(namespace: string, failedOne: FailedContainer): Promise<string[]> {
        const path = `/api/v1/namespaces/${namespace}/pods/${failedOne.pod}/log`;
        const query = {
            container: failedOne.container,
            tailLines: String(logLines),
            ...(failedOne.previous ? { previous: "true" } : {}),
        };
        const text = await quietly("", () => this.client.text("GET", path, { query }));
        const lines = text.split("\n").filter((line) => line.trim() !== "");
        return lines.length === 0
            ? []
            : [
                  `last lines of pod ${failedOne.pod}, container ${failedOne.container}:`,
                  ...lines.map((line) => `  | ${line}`),
              ];
    }
}

async function judge(live: PropertyMap, check: ReadinessCheck, client: KubernetesClient): Promise<Condition> {
    const cluster: ClusterReader = {
        list: (path, query = {}) => client.list(path, query),
        read: (apiVersion, kind, name) => client.get({ apiVersion, kind, metadata: { name } }),
    };
    try {
        return await check(live, cluster);
    } catch (error) {
        if (error instanceof UnreachableError) {
            return { state: "waiting", reasons: [error.message] };
        }
        throw error;
    }
}

/** The object as it is, `gone`, or undefined while the API server doesn't answer: it may come back. */
async function readLive(
    object: PropertyMap,
    client: KubernetesClient,
    signal: AbortSignal,
): Promise<PropertyMap | "gone" | undefined> {
    try {
        return (await client.get(object, signal)) ?? "gone";
    } catch (error) {
        if (isNotFound(error)) {
            return "gone";
        }
        if (error instanceof UnreachableError || error instanceof Interrupted) {
            return undefined;
        }
        throw error;
    }
}

function whatHolds(live: PropertyMap): string {
    const conditions = (live.kind === "Namespace" && isList(live)) || "";
    if (conditions !== "") {
        return conditions;
    }
    const finalizers = (live.metadata as PropertyMap | undefined)?.finalizers;
    const grace = numberAt(live, "metadata", "deletionGracePeriodSeconds");
    return Array.isArray(finalizers) && finalizers.length > 0
        ? `waits for ${finalizers.join(", ")}`
        : `is being deleted${grace ? ` (grace period ${grace} s)` : ""}`;
}

/** What a namespace says of the objects that are left in it. */
function isList(live: PropertyMap): string {
    const status = live.status as PropertyMap | undefined;
    const conditions = Array.isArray(status?.conditions) ? status.conditions : [];
    return conditions
        .map((entry) => entry as PropertyMap)
        .filter((entry) => entry.status === "True" && String(entry.type).startsWith("Namespace"))
        .map((entry) => String(entry.message))
        .join("; ");
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Looking for reasons must not be a reason to fail. */
async function quietly<T>(otherwise: T, look: () => Promise<T>): Promise<T> {
    try {
        return await look();
    } catch {
        return otherwise;
    }
}
