import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Probe = k8s.types.input.core.v1.Probe;

/** How a process is asked whether it works: an HTTP path, or a command. */
export type Check = Pick<Probe, "httpGet" | "exec" | "tcpSocket">;

/** GET of a path on a port of the container. */
export function httpCheck(port: number, path: pulumi.Input<string>): Check {
    return { httpGet: { port, path } };
}

/** A command in the container that exits 0 when all is well. */
export function commandCheck(...command: string[]): Check {
    return { exec: { command } };
}

/** How long a container may take to start, in seconds: as long as its rollout may. */
const startupSeconds = 600;

/**
 * Asks often until the first success. A slow start is not a failure: on a node that has too much to do, a restart only adds
 * to it.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe
 */
export function startupProbe(check: Check, periodSeconds = 3, seconds = startupSeconds): Probe {
    return { ...check, periodSeconds, timeoutSeconds: 10, failureThreshold: Math.ceil(seconds / periodSeconds) };
}

/** Restarts the container after `failureThreshold` failures in a row. */
export function livenessProbe(check: Check, periodSeconds = 30): Probe {
    return { ...check, periodSeconds, timeoutSeconds: 20, failureThreshold: 5 };
}

/** Takes the pod out of its Service while it fails. */
export function readinessProbe(check: Check): Probe {
    return { ...check, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
}
