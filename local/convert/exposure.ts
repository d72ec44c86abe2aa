import { type Fields, isFields } from "../../components/kubernetes/fields";
import { isTemplated, listOf, numberOf, plain, textsOf, valueAt } from "./chartValues";
import type { Row } from "./row";
import { carried, left, type Step, same } from "./steps";

type Convert = Row["convert"];

const needsHost =
    "set airflow.url to the address that people know, and apiServer.ingress or apiServer.httpRoute, which have its host and path";

/** Whether the address of the UI is among the options of Airflow. */
function hasUrl(values: Fields): boolean {
    return ["config.api.base_url", "config.webserver.base_url"].some((key) => valueAt(values, key) !== undefined);
}

/** A host that a URL can have. */
function isHost(value: unknown): value is string {
    return typeof value === "string" && value !== "" && !isTemplated(value) && !value.includes("*");
}

/** A patch of `apiServer`, and of the URL where nothing else says it. */
function withUrl(values: Fields, host: unknown, url: string, apiServer: Fields): Fields | undefined {
    if (hasUrl(values)) {
        return { apiServer };
    }
    return isHost(host) ? { airflow: { url }, apiServer } : undefined;
}

/** An Ingress: its first host and path are in `airflow.url`. */
export const ingress: Convert = (value, { values }) => {
    const given = isFields(value) ? value : {};
    const { annotations, enabled, hosts, host, ingressClassName, path, tls } = given;
    const [first, ...others] = listOf(hosts) ?? [];
    const name = isFields(first) ? first.name : (first ?? host);
    if (enabled !== true && valueAt(values, "ingress.enabled") !== true) {
        return [enabled === false ? same("none is made") : left(needsHost)];
    }
    const secure = [tls, isFields(first) ? first.tls : undefined].filter(
        (part): part is Fields => isFields(part) && part.enabled === true,
    );
    const { secretName } = secure.find((part) => part.secretName !== undefined) ?? {};
    const prefix = typeof path === "string" ? path.replace(/[^/\w-].*$|\/+$/g, "") : "";
    const patch = withUrl(values, name, `${secure.length > 0 ? "https" : "http"}://${name}${prefix}`, {
        ingress: {
            ...(ingressClassName !== undefined && { className: plain(ingressClassName) }),
            ...(annotations !== undefined && { annotations: textsOf(annotations) }),
            ...(secretName !== undefined && { tlsSecretName: plain(secretName) }),
        },
    });
    if (patch === undefined) {
        return [left(needsHost)];
    }
    const steps: Step[] = [{ ...carried("apiServer.ingress", undefined), patch }];
    const more = others.map((_, index) =>
        left("there is one host, that of airflow.url: make an Ingress of your own for others", `.hosts[${index + 1}]`),
    );
    const paths = ["precedingPaths", "succeedingPaths"]
        .filter((field) => given[field] !== undefined)
        .map((field) => left("make an Ingress of your own for further paths", `.${field}`));
    return [...steps, ...more, ...paths];
};

/** An HTTPRoute: its first host is in `airflow.url`. */
export const httpRoute: Convert = (value, { values }) => {
    const { annotations, enabled, gateway, hostnames, labels, parentRefs } = isFields(value) ? value : {};
    if (enabled !== true) {
        return [same("none is made")];
    }
    const [host, ...others] = listOf(hostnames) ?? [];
    const parents = listOf(parentRefs) ?? (gateway === undefined ? [] : [gateway]);
    const patch = withUrl(values, host, `https://${host}`, {
        httpRoute: {
            parentRefs: parents.map((parent) => {
                const { name, namespace, sectionName, port } = isFields(parent) ? parent : {};
                return {
                    name: plain(name),
                    ...(namespace !== undefined && { namespace: plain(namespace) }),
                    ...(sectionName !== undefined && { sectionName: plain(sectionName) }),
                    ...(port !== undefined && { port: numberOf(port) }),
                };
            }),
            ...(annotations !== undefined && { annotations: textsOf(annotations) }),
            ...(labels !== undefined && { labels: textsOf(labels) }),
        },
    });
    if (patch === undefined) {
        return [left(needsHost)];
    }
    return [
        { ...carried("apiServer.httpRoute", undefined), patch },
        ...others.map((_, index) =>
            left(
                "there is one host, that of airflow.url: make a route of your own for others",
                `.hostnames[${index + 1}]`,
            ),
        ),
    ];
};

/** The Service: one for the world outside is another one than that inside. */
export const service: Convert = (value) => {
    const {
        annotations,
        loadBalancerSourceRanges,
        ports,
        type = "ClusterIP",
        ...others
    } = isFields(value) ? value : {};
    const rest = Object.keys(others).map((field) => left("the Service is the component's", `.${field}`));
    if (type === "ClusterIP") {
        const added =
            annotations === undefined
                ? []
                : [carried("apiServer.serviceAnnotations", textsOf(annotations), ".annotations")];
        const port = ports === undefined ? [] : [left("the Service inside the cluster has the port 8080", ".ports")];
        return [
            ...(added.length + port.length + rest.length > 0 ? [] : [same("the Service is a ClusterIP")]),
            ...added,
            ...port,
            ...rest,
        ];
    }
    const [first] = listOf(ports) ?? [];
    const { nodePort, port } = isFields(first) ? first : {};
    return [
        {
            ...carried("apiServer.externalService", {
                type: plain(type),
                ...(annotations !== undefined && { annotations: textsOf(annotations) }),
                ...(loadBalancerSourceRanges !== undefined && { loadBalancerSourceRanges }),
                ...(typeof port === "number" && { port }),
                ...(nodePort !== undefined && { nodePort: numberOf(nodePort) }),
            }),
        },
        ...rest,
    ];
};
