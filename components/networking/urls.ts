import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { names, ports } from "../kubernetes/names";
import type { CommonSettings, NamespaceNames } from "../settings/airflowKubernetesDefaults";

/** Path of the public URL, without a slash at its end: empty, or like `/airflow`. */
export function urlPath(url: string): string {
    return new URL(url).pathname.replace(/\/+$/, "");
}

/**
 * What the api-server redirects to. An address of the own machine is one end of a port-forward, whose port may be another
 * one today: a path alone lets the browser stay where it is.
 */
export function redirectBase(url: string): string {
    return isLoopback(url) ? `${urlPath(url)}/` : url;
}

/** Port of the public URL, named there or that of its protocol. */
export function urlPort(url: string): number {
    const { port } = new URL(url);
    return Number(port || (isHttps(url) ? "443" : "80"));
}

/** Whether people come by https. */
export function isHttps(url: string): boolean {
    return new URL(url).protocol === "https:";
}

/** Whether an address is one end of a port-forward. */
export function isLoopback(url: string): boolean {
    return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

/**
 * Addresses of proxies that the api-server believes, when they say by which protocol and from where a request came: all where people
 * come by https, since there is a proxy then whose address nobody knows beforehand; otherwise a port-forward.
 *
 * @see https://www.uvicorn.org/deployment/#proxies-and-forwarded-headers
 */
export function believedProxies(url: string): string {
    return isHttps(url) ? "*" : "127.0.0.1";
}

/**
 * Where tasks report to: a Service of its own, so that no task notices when the pods behind it become others. The host is fully
 * qualified, because tasks live in a namespace of their own; the path is that of the public URL, because the api-server serves
 * everything under one prefix.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#execution-api-server-url
 */
export function executionApiUrl(airflow: CommonSettings, namespaces: NamespaceNames): pulumi.Input<string> {
    const host = `${names.executionApi}.${namespaces.airflow}.svc.${airflow.clusterDomain}`;
    return mapInput(airflow.url, (url) => `http://${host}:${ports.apiServer}${urlPath(url)}/execution/`);
}

/** The command that makes the public URL of a laptop's installation answer. */
export function openUiCommand(airflow: CommonSettings, namespaces: NamespaceNames): pulumi.Input<string> {
    const forward = `kubectl port-forward --namespace ${namespaces.airflow} service/${names.apiServer}`;
    return mapInput(airflow.url, (url) => {
        return `${forward} ${urlPort(url)}:${ports.apiServer}`;
    });
}
