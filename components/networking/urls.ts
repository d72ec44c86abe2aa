import type { CommonSettings, NamespaceNames } from "../airflowKubernetesDefaults";
import { names, ports } from "../kubernetes/names";

/** Path of the public URL, without a slash at its end: empty, or like `/airflow`. */
export function urlPath(url: string): string {
    return new URL(url).pathname.replace(/\/+$/, "");
}

/**
 * What the api-server redirects to. An address of the own machine is one end of a port-forward, whose port may be another
 * one today: a path alone lets the browser stay where it is.
 */
export function redirectBase(url: string): string {
    const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
    return loopback ? `${urlPath(url)}/` : url;
}

/**
 * Where tasks report to. The host is fully qualified, because tasks live in a namespace of their own; the path is that
 * of the public URL, because the api-server serves everything under one prefix.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#execution-api-server-url
 */
export function executionApiUrl(airflow: CommonSettings, namespaces: NamespaceNames): string {
    const host = `${names.apiServer}.${namespaces.airflow}.svc.${airflow.clusterDomain}`;
    return `http://${host}:${ports.apiServer}${urlPath(airflow.url)}/execution/`;
}

/** The command that makes the public URL of a laptop's installation answer. */
export function openUiCommand(airflow: CommonSettings, namespaces: NamespaceNames): string {
    const { port, protocol } = new URL(airflow.url);
    const local = port || (protocol === "https:" ? "443" : "80");
    return `kubectl port-forward --namespace ${namespaces.airflow} service/${names.apiServer} ${local}:${ports.apiServer}`;
}
