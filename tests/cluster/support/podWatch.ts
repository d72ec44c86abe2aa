import { spawn } from "node:child_process";
import { clusterEnvironment, kubectl } from "../../../local/session/targetCluster";
import { type AnyObject, cluster } from "./kubernetes";
import { remember } from "./processes";

/** A task's pod, as it was seen while it lived. */
export interface SeenPod {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly dagId: string;
    readonly runId: string;
    readonly taskId: string;
    readonly mapIndex: string;
    readonly tryNumber: string;
    gone: boolean;
}

interface WatchEvent {
    readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
    readonly object: AnyObject;
}

/** Sees every task pod of the whole cluster from its making to its end, however short that is. */
export class PodWatch {
    private readonly seen = new Map<string, SeenPod>();
    private rest = "";

    private constructor(private readonly end: () => Promise<void>) {}

    /** Starts to watch, and comes back when the watch is on. */
    public static async start(): Promise<PodWatch> {
        const path = "/api/v1/pods?watch=true&labelSelector=kubernetes_executor%3DTrue&sendInitialEvents=true";
        const initial = "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        const [program = "kubectl", ...flags] = kubectl(cluster);
        const child = spawn(program, [...flags, "get", "--raw", path + initial], {
            env: clusterEnvironment(cluster),
            stdio: ["ignore", "pipe", "inherit"],
        });
        remember(child.pid ?? 0);
        const ended = new Promise<void>((resolve) => {
            child.once("close", () => resolve());
        });
        const watch = new PodWatch(async () => {
            child.kill();
            await ended;
        });
        await new Promise<void>((resolve, reject) => {
            child.once("error", reject);
            child.once("close", () => reject(new Error("the watch on pods ended before it began")));
            child.stdout.setEncoding("utf8").on("data", (text: string) => {
                if (watch.read(text)) {
                    resolve();
                }
            });
        });
        return watch;
    }

    /** The pods seen of one run. */
    public pods(dagId: string, runId: string): SeenPod[] {
        return [...this.seen.values()].filter((pod) => pod.dagId === dagId && pod.runId === runId);
    }

    /** Ends the watch. */
    public async stop(): Promise<void> {
        await this.end();
    }

    /** Takes in what the API server sends, an event a line; true when all that was there at the start has been told. */
    private read(text: string): boolean {
        const lines = (this.rest + text).split("\n");
        this.rest = lines.pop() ?? "";
        let complete = false;
        for (const line of lines.filter((candidate) => candidate.trim() !== "")) {
            const event = JSON.parse(line) as WatchEvent;
            complete ||= event.type === "BOOKMARK";
            if (event.type !== "BOOKMARK" && event.type !== "ERROR") {
                this.note(event);
            }
        }
        return complete;
    }

    private note({ type, object }: WatchEvent): void {
        const { name, namespace = "", uid, annotations = {} } = object.metadata;
        const known = this.seen.get(uid) ?? {
            name,
            namespace,
            uid,
            dagId: annotations.dag_id ?? "",
            runId: annotations.run_id ?? "",
            taskId: annotations.task_id ?? "",
            mapIndex: annotations.map_index ?? "-1",
            tryNumber: annotations.try_number ?? "",
            gone: false,
        };
        known.gone = type === "DELETED";
        this.seen.set(uid, known);
    }
}
