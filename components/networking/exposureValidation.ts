import { isIP } from "node:net";
import { isOutput } from "../kubernetes/known";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import {
    type ExternalServiceArgs,
    ExternalServiceType,
    type HttpRouteArgs,
    type IngressArgs,
    TrafficPolicy,
} from "../settings/exposureArgs";
import {
    addressRange,
    annotations,
    check,
    cidrRange,
    dnsName,
    oneOf,
    shown,
    whenKnown,
    wholeNumber,
} from "../validation/checks";
import { addedMetadataProblems } from "../validation/metadata";
import type { Problem } from "../validation/problems";
import { isLoopback } from "./urls";

/** Prefixes of labels that are the component's own. */
const kept = ["app.kubernetes.io/"];

/** Everything that is wrong with how the api-server is reached. What is not known yet is taken as right. */
export function exposureProblems(settings: AirflowSettings): Problem[] {
    const { externalService, httpRoute, ingress, serviceAnnotations, trustedProxies = [] } = settings.apiServer;
    const given = Object.entries({ ingress, httpRoute, externalService }).filter(([, value]) => value !== undefined);
    return [
        ...check(
            given.length <= 1,
            "apiServer",
            given.map(([noun]) => noun).join(", "),
            "one of ingress, httpRoute and externalService",
        ),
        ...(ingress === undefined ? [] : ingressProblems(ingress, settings)),
        ...(httpRoute === undefined ? [] : httpRouteProblems(httpRoute, settings)),
        ...(externalService === undefined ? [] : externalServiceProblems(externalService)),
        ...annotations(
            "apiServer.serviceAnnotations",
            Object.fromEntries(Object.keys(serviceAnnotations).map((key) => [key, ""])),
        ),
        ...trustedProxies.flatMap((proxy, index) =>
            proxy === "*" ? [] : addressRange(`apiServer.trustedProxies[${index}]`, proxy),
        ),
    ];
}

/** A rule has a host, and one that people's machines look up. */
function hostProblems(noun: string, { airflow }: AirflowSettings): Problem[] {
    return whenKnown(airflow.url, (url) => {
        // A URL that is none is told already.
        const { hostname = "" } = URL.canParse(url) ? new URL(url) : {};
        return check(
            hostname === "" || !(isLoopback(url) || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0),
            "airflow.url",
            shown(url),
            `a URL with the host name that people know, such as https://airflow.example.com: apiServer.${noun} gets it`,
        );
    });
}

function ingressProblems(ingress: IngressArgs, settings: AirflowSettings): Problem[] {
    const path = "apiServer.ingress";
    const { className, clusterIssuer, issuer, tlsSecretName } = ingress;
    const certificate = Object.entries({ tlsSecretName, issuer, clusterIssuer }).filter(
        ([, value]) => value !== undefined,
    );
    return [
        ...hostProblems("ingress", settings),
        ...addedMetadataProblems(path, ingress, kept),
        ...Object.entries({ className, tlsSecretName, issuer, clusterIssuer }).flatMap(([field, value]) =>
            value === undefined ? [] : dnsName(`${path}.${field}`, value),
        ),
        ...check(
            issuer === undefined || clusterIssuer === undefined,
            `${path}.clusterIssuer`,
            undefined,
            `either this or ${path}.issuer`,
        ),
        ...check(
            className === undefined || ingress.annotations?.["kubernetes.io/ingress.class"] === undefined,
            `${path}.className`,
            undefined,
            "either this or the annotation kubernetes.io/ingress.class",
        ),
        ...whenKnown(settings.airflow.url, (url) =>
            certificate.flatMap(([field]) =>
                check(
                    !url.startsWith("http:"),
                    `${path}.${field}`,
                    undefined,
                    "a certificate only where airflow.url begins with https://",
                ),
            ),
        ),
    ];
}

function httpRouteProblems(httpRoute: HttpRouteArgs, settings: AirflowSettings): Problem[] {
    const path = "apiServer.httpRoute";
    return [
        ...hostProblems("httpRoute", settings),
        ...addedMetadataProblems(path, httpRoute, kept),
        ...check(httpRoute.parentRefs.length > 0, `${path}.parentRefs`, undefined, "one Gateway at least"),
        ...httpRoute.parentRefs.flatMap(({ name, namespace, port, sectionName }, index) => {
            const at = `${path}.parentRefs[${index}]`;
            return [
                ...Object.entries({ name, namespace, sectionName }).flatMap(([field, value]) =>
                    value === undefined ? [] : dnsName(`${at}.${field}`, value),
                ),
                ...portProblems(`${at}.port`, port),
            ];
        }),
    ];
}

function externalServiceProblems(service: ExternalServiceArgs): Problem[] {
    const path = "apiServer.externalService";
    const { externalTrafficPolicy, loadBalancerClass, loadBalancerSourceRanges, nodePort, port, type } = service;
    const ofLoadBalancers = Object.entries({ loadBalancerClass, loadBalancerSourceRanges });
    return [
        ...addedMetadataProblems(path, service, kept),
        ...oneOf(`${path}.type`, type, ExternalServiceType),
        ...(externalTrafficPolicy === undefined
            ? []
            : oneOf(`${path}.externalTrafficPolicy`, externalTrafficPolicy, TrafficPolicy)),
        ...portProblems(`${path}.port`, port),
        ...portProblems(`${path}.nodePort`, nodePort),
        ...ofLoadBalancers.flatMap(([field, value]) =>
            check(
                value === undefined || type === ExternalServiceType.LoadBalancer,
                `${path}.${field}`,
                undefined,
                `nothing with the type ${type}: only a load balancer has it`,
            ),
        ),
        ...(loadBalancerSourceRanges ?? []).flatMap((range, index) =>
            cidrRange(`${path}.loadBalancerSourceRanges[${index}]`, range),
        ),
    ];
}

function portProblems(path: string, port: unknown): Problem[] {
    return port === undefined || isOutput(port) ? [] : wholeNumber(path, port as number, 1, 65_535);
}
