import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { ports } from "../kubernetes/names";
import { type Check, httpCheck } from "../kubernetes/probes";
import { believedProxies, urlPath } from "../networking/urls";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import type { AirflowProcess } from "./airflowProcess";

// What the api-server and those of the Execution API alone have in common.

/** Path of the Execution API's health, below that of the public URL. */
export const executionHealth = "/execution/health";

/** How they are reached, and how they leave. */
export const listens = {
    port: { name: "http", containerPort: ports.apiServer },
    terminationGracePeriodSeconds: 35,
    // Nodes learn a moment later that it leaves the Service, and would have their requests refused.
    preStopSeconds: 5,
} as const satisfies Partial<AirflowProcess>;

/** One goes when the next one answers, however many there are. */
export const oneByOne: k8s.types.input.apps.v1.DeploymentStrategy = {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
};

/** Runs Airflow's api-server by a module that prepares it, such as for keys that are rotated, so that it heeds what proxies say. */
export function apiServerArgs(module: string, command: readonly string[]): string[] {
    return ["python", "-m", module, ...command, "--proxy-headers"];
}

/** A check of one of its pages. */
export function apiServerCheck({ airflow }: AirflowSettings, path: string): Check {
    return httpCheck(
        ports.apiServer,
        mapInput(airflow.url, (url) => `${urlPath(url)}${path}`),
    );
}

/** Addresses of the proxies that it believes, as uvicorn reads them. */
export function trustedProxies({ airflow, apiServer }: AirflowSettings): pulumi.Input<string> {
    return apiServer.trustedProxies === undefined
        ? mapInput(airflow.url, believedProxies)
        : mapInput(apiServer.trustedProxies, (proxies) => proxies.join(","));
}
