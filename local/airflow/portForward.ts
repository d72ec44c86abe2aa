import { createServer } from "node:net";
import { type Cluster, clusterEnvironment, kubectl } from "../session/targetCluster";
import { Hopeless, waitFor } from "../support/deadline";
import { Interrupted } from "../support/errors";
import { type Companion, start } from "../support/execution";
import { say } from "../support/progress";

/** A way from a port of this machine to Airflow's web server in the cluster. */
export interface PortForward {
    readonly url: string;
    /** Of the process group that keeps it open. */
    readonly pid: number;
    /** Settles when the forward ends, by `stop` or because the cluster cut it. */
    readonly ended: Promise<void>;
    readonly stop: () => Promise<void>;
}

/** Which port, and until when. */
export interface ForwardOptions {
    /** Of this machine; a free one when left out. */
    readonly port?: number;
    /** Ends the attempt with `Interrupted`. */
    readonly signal?: AbortSignal;
    /** Milliseconds until the port has to be open. */
    readonly within?: number;
}

/** Opens a port-forward to the api-server on loopback, which ends with us; a `UserError` when it does not come to be. */
export async function forwardAirflow(
    cluster: Cluster,
    namespace: string,
    { port, signal, within = 90_000 }: ForwardOptions = {},
): Promise<PortForward> {
    const target = ["service/airflow-api-server", `${port ?? ""}:8080`, "--address", "127.0.0.1"];
    const forward = await start([...kubectl(cluster), "--namespace", namespace, "port-forward", ...target], {
        env: clusterEnvironment(cluster),
    });
    try {
        const opened = await localPort(forward, within, signal);
        return { url: `http://localhost:${opened}`, pid: forward.pid, ended: forward.ended, stop: forward.stop };
    } catch (error) {
        await forward.stop();
        throw error;
    }
}

/**
 * Keeps a port open until `signal` is aborted. kubectl stays with one pod and ends with it, as on an update of the api-server;
 * the port is opened again then, and that is said.
 */
export async function keepOpen(
    first: PortForward,
    open: () => Promise<PortForward>,
    signal: AbortSignal,
): Promise<void> {
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    for (let forward = first; ; ) {
        await Promise.race([forward.ended, aborted]);
        if (signal.aborted) {
            await forward.stop();
            return;
        }
        say("The connection was cut; connecting again ...");
        forward = await waitFor(open, { within: 300_000, every: 500, what: "a new connection to the api-server" });
    }
}

/** Whether nothing listens on a port of loopback. */
export function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
}

async function localPort(forward: Companion, within: number, signal: AbortSignal | undefined): Promise<string> {
    let printed = "";
    let said = "";
    let over = false;
    forward.stdout.setEncoding("utf8").on("data", (text: string) => {
        // It tells of each connection, too, for as long as it runs.
        printed = printed.length < 1000 ? printed + text : printed;
    });
    forward.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = said.length < 1000 ? said + text : said;
    });
    void forward.ended.then(() => {
        over = true;
    });
    const look = async (): Promise<string | undefined> => {
        if (signal?.aborted) {
            throw new Interrupted();
        }
        if (over) {
            throw new Hopeless(`kubectl port-forward ended: ${said.trim() || printed.trim()}`);
        }
        return /Forwarding from 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
    };
    return await waitFor(look, { within, every: 20, what: "kubectl to open a port", explain: () => said.trim() });
}
