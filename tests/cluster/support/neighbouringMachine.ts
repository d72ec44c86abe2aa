import { connect } from "node:net";
import { waitFor } from "../../../local/support/deadline";
import { type Companion, capture, output, start } from "../../../local/support/execution";

const name = "airflow-test-out";
const [here, there] = ["198.51.100.1", "198.51.100.2"];
const port = 8080;

/** A machine outside of the cluster that takes connections: a network namespace beside this machine's, one hop away. */
export class NeighbouringMachine {
    private listener: Companion | undefined;

    /** Where it listens. */
    public readonly address = `${there}:${port}`;

    /** Makes it, and waits until it listens. */
    public async start(): Promise<void> {
        await this.stop();
        const inside = ["ip", "netns", "exec", name];
        await output(["ip", "netns", "add", name]);
        await output(["ip", "link", "add", "airtest0", "type", "veth", "peer", "name", "airtest1", "netns", name]);
        await output(["ip", "address", "add", `${here}/30`, "dev", "airtest0"]);
        await output(["ip", "link", "set", "airtest0", "up"]);
        await output([...inside, "ip", "address", "add", `${there}/30`, "dev", "airtest1"]);
        await output([...inside, "ip", "link", "set", "airtest1", "up"]);
        await output([...inside, "ip", "route", "add", "default", "via", here]);
        const server = `require("node:net").createServer((socket) => socket.end()).listen(${port})`;
        this.listener = await start([...inside, process.execPath, "-e", server]);
        await waitFor(() => listens(), { within: 30_000, every: 100, what: "the machine outside to listen" });
    }

    /** Removes it. */
    public async stop(): Promise<void> {
        await this.listener?.stop();
        await capture(["ip", "netns", "delete", name]);
        await capture(["ip", "link", "delete", "airtest0"]);
    }
}

function listens(): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host: there, port, timeout: 1000 });
        const settle = (answer: boolean) => {
            resolve(answer);
            socket.destroy();
        };
        socket.once("connect", () => settle(true));
        socket.once("error", () => settle(false));
        socket.once("timeout", () => settle(false));
    });
}
