import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { names, ports } from "../kubernetes/names";
import {
    type ExternalServiceArgs,
    ExternalServiceType,
    type HttpRouteArgs,
    type IngressArgs,
} from "../settings/exposureArgs";
import { isHttps, urlPath, urlPort } from "./urls";

/** Ports that Kubernetes gives nodes for Services, unless its administrator says otherwise. */
export const nodePorts = { first: 30_000, last: 32_767 } as const;

/**
 * The rule of an Ingress for a public URL: everything below its path goes to the api-server. With https it names the host for TLS,
 * also where the certificate is the controller's own.
 */
export function ingressSpec(url: string, args: IngressArgs): k8s.types.input.networking.v1.IngressSpec {
    const { hostname } = new URL(url);
    const { className, clusterIssuer, issuer } = args;
    const secretName = args.tlsSecretName ?? ((issuer ?? clusterIssuer) ? names.tls : undefined);
    return {
        ...(className !== undefined && { ingressClassName: className }),
        rules: [
            {
                host: hostname,
                http: {
                    paths: [
                        {
                            path: pathOf(url),
                            pathType: "Prefix",
                            backend: { service: { name: names.apiServer, port: { number: ports.apiServer } } },
                        },
                    ],
                },
            },
        ],
        ...(isHttps(url) && { tls: [{ hosts: [hostname], ...(secretName !== undefined && { secretName }) }] }),
    };
}

/** Asks cert-manager for a certificate. */
export function issuerAnnotations({ clusterIssuer, issuer }: IngressArgs): Record<string, pulumi.Input<string>> {
    return {
        ...(issuer !== undefined && { "cert-manager.io/issuer": issuer }),
        ...(clusterIssuer !== undefined && { "cert-manager.io/cluster-issuer": clusterIssuer }),
    };
}

/** What an HTTPRoute says, as far as it is said here. */
export interface HttpRouteSpec {
    readonly parentRefs: HttpRouteArgs["parentRefs"];
    readonly hostnames: string[];
    readonly rules: {
        readonly matches: { readonly path: { readonly type: string; readonly value: string } }[];
        readonly backendRefs: { readonly name: string; readonly port: number }[];
    }[];
}

/** The rule of an HTTPRoute for a public URL, likewise. */
export function httpRouteSpec(url: string, { parentRefs }: HttpRouteArgs): HttpRouteSpec {
    return {
        parentRefs,
        hostnames: [new URL(url).hostname],
        rules: [
            {
                matches: [{ path: { type: "PathPrefix", value: pathOf(url) } }],
                backendRefs: [{ name: names.apiServer, port: ports.apiServer }],
            },
        ],
    };
}

/** A Service for the world outside, but for its selector. */
export function externalServiceSpec(url: string, args: ExternalServiceArgs): k8s.types.input.core.v1.ServiceSpec {
    const { externalTrafficPolicy, loadBalancerClass, loadBalancerSourceRanges, type } = args;
    const port = urlPort(url);
    const isNodePort = type === ExternalServiceType.NodePort && port >= nodePorts.first && port <= nodePorts.last;
    const nodePort = args.nodePort ?? (isNodePort ? port : undefined);
    return {
        type,
        ports: [
            {
                name: "http",
                port: args.port ?? port,
                targetPort: "http",
                ...(nodePort !== undefined && { nodePort }),
            },
        ],
        ...(externalTrafficPolicy !== undefined && { externalTrafficPolicy }),
        ...(loadBalancerClass !== undefined && { loadBalancerClass }),
        ...(loadBalancerSourceRanges !== undefined && { loadBalancerSourceRanges }),
    };
}

/** Path of the public URL as routes have it. */
function pathOf(url: string): string {
    return urlPath(url) || "/";
}
