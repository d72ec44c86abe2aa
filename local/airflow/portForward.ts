import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { type Cluster, clusterEnvironment, kubectl } from "../session/targetCluster";
import { UserError } from "../support/errors";

/** A way from a port of this machine to Airflow's web server in the cluster. */
export interface PortForward {
    readonly url: string;
    readonly pid: number;
    /** Settles when the forward ends, by `stop` or because the cluster cut it. */
    readonly ended: Promise<void>;
    readonly stop: () => Promise<void>;
}

/** Opens a port-forward to the api-server on loopback; without a port on a free one. */
export async function forwardAirflow(cluster: Cluster, namespace: string, port?: number): Promise<PortForward> {
    const [program = "kubectl", ...flags] = kubectl(cluster);
    const target = ["service/airflow-api-server", `${port ?? ""}:8080`, "--address", "127.0.0.1"];
    const child = spawn(program, [...flags, "--namespace", namespace, "port-forward", ...target], {
        env: clusterEnvironment(cluster),
        stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<void>((resolve) => {
        child.once("close", () => resolve());
    });
    const stop = async (): Promise<void> => {
        child.kill();
        await ended;
    };
    const end = (): void => {
        child.kill();
    };
    process.once("exit", end);
    void ended.then(() => process.off("exit", end));
    const opened = await localPort(child);
    return { url: `http://localhost:${opened}`, pid: child.pid ?? 0, ended, stop };
}

/** Whether nothing listens on a port of loopback. */
export function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
}

function localPort(child: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
        let printed = "";
        let said = "";
        const fail = (): void => reject(new UserError(`kubectl port-forward ended: ${said.trim() || printed.trim()}`));
        child.once("error", (error) => reject(new UserError(`kubectl cannot be started: ${error.message}`)));
        child.once("close", fail);
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
            said += text;
        });
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
            printed = printed.length < 1000 ? printed + text : printed;
            const match = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(printed);
            if (match !== null) {
                child.off("close", fail);
                resolve(Number(match[1]));
            }
        });
    });
}
