import { spawn } from "node:child_process";
import { forwardAirflow, isFree, keepOpen, type PortForward } from "../airflow/portForward";
import { setting } from "../session/options";
import { loginLines, Session } from "../session/session";
import { requireCluster } from "../session/targetCluster";
import { UserError } from "../support/errors";
import { findOnPath } from "../support/execution";
import { main } from "../support/main";
import { say } from "../support/progress";

/** The port of `PORT=`; without it the one in Airflow's own address when that is on this machine, else 8080. */
export function readPort(text: string | undefined, url = ""): number {
    if (text === undefined) {
        const { hostname, port } = URL.canParse(url) ? new URL(url) : { hostname: "", port: "" };
        return ["localhost", "127.0.0.1"].includes(hostname) && port !== "" ? Number(port) : 8080;
    }
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new UserError(`PORT: "${text}" is no port; use a number from 1 to 65535.`);
    }
    return port;
}

async function ui(): Promise<number> {
    const asked = setting(process.env, "PORT");
    readPort(asked);
    const session = await Session.open({ quiet: true });
    await requireCluster(session.cluster);
    const outputs = await session.requireOutputs();
    const port = readPort(asked, outputs.url);
    if (!(await isFree(port))) {
        throw new UserError(`Port ${port} of this machine is taken. Use another: make ui PORT=${port + 1}`);
    }
    const namespace = outputs.namespaces.airflow;
    const signal = abortedBySignals();
    const open = (): Promise<PortForward> => forwardAirflow(session.cluster, namespace, { port, signal });
    const first = await open();
    const login = loginLines(outputs, outputs.adminPassword);
    process.stdout.write(["", `  URL       ${first.url}`, ...login, "", ""].join("\n"));
    openBrowser(first.url);
    say("Ctrl-C ends this; Airflow runs on.");
    await keepOpen(first, open, signal);
    return 0;
}

/** Aborted by Ctrl-C or another friendly request to end; a second one ends us at once. */
function abortedBySignals(): AbortSignal {
    const controller = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.once(signal, () => controller.abort());
    }
    return controller.signal;
}

function openBrowser(url: string): void {
    const hasDisplay = Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
    const opener = process.platform === "darwin" ? "open" : "xdg-open";
    if ((hasDisplay || process.platform === "darwin") && findOnPath(opener) !== undefined) {
        spawn(opener, [url], { stdio: "ignore", detached: true })
            .on("error", () => undefined)
            .unref();
    }
}

if (require.main === module) {
    main(ui);
}
