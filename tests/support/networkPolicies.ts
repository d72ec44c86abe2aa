import { BlockList, isIPv6 } from "node:net";
import type * as k8s from "@pulumi/kubernetes";
import type { Registration } from "./mocks";
import { metadata, objects, spec } from "./objects";

type NetworkPolicySpec = k8s.types.output.networking.v1.NetworkPolicySpec;
type NetworkPolicyPeer = k8s.types.output.networking.v1.NetworkPolicyPeer;
type NetworkPolicyPort = k8s.types.output.networking.v1.NetworkPolicyPort;
type LabelSelector = k8s.types.output.meta.v1.LabelSelector;
type Labels = Readonly<Record<string, string>>;

/** A pod, or an address outside of the cluster. */
export interface Endpoint {
    readonly name: string;
    /** Undefined for what is no pod. */
    readonly namespace?: string;
    readonly labels?: Labels;
    /** Names of ports, for policies that use these. */
    readonly ports?: Readonly<Record<string, number>>;
    readonly address?: string;
}

/** A NetworkPolicy with its namespace. */
export interface Policy {
    readonly namespace: string;
    readonly spec: NetworkPolicySpec;
}

/** The NetworkPolicies of an installation. */
export function policiesOf(registrations: readonly Registration[]): Policy[] {
    return objects(registrations, "NetworkPolicy").map((policy) => ({
        namespace: metadata(policy).namespace ?? "",
        spec: spec<NetworkPolicySpec>(policy),
    }));
}

/**
 * Whether a connection is let through, by the rules that Kubernetes documents: a pod that no policy of a direction selects is open
 * in it; one that is selected is open for what any of them names. Labels of namespaces are those that Kubernetes gives itself. An
 * address is never a pod's.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export function lets(
    policies: readonly Policy[],
    from: Endpoint,
    to: Endpoint,
    port: number,
    protocol = "TCP",
): boolean {
    const allowed = (pod: Endpoint, other: Endpoint, type: "Ingress" | "Egress"): boolean => {
        const isolating = policies.filter(
            ({ namespace, spec: { podSelector, policyTypes } }) =>
                pod.namespace === namespace && policyTypes.includes(type) && selects(podSelector, pod.labels ?? {}),
        );
        return (
            isolating.length === 0 ||
            isolating.some(({ namespace, spec: { ingress, egress } }) =>
                (type === "Ingress"
                    ? (ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
                    : (egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports }))
                ).some(
                    ({ peers, ports }) =>
                        (isNone(peers) || peers.some((peer) => isPeer(peer, other, namespace))) &&
                        (isNone(ports) || ports.some((one) => isPort(one, to, port, protocol))),
                ),
            )
        );
    };
    return allowed(from, to, "Egress") && allowed(to, from, "Ingress");
}

/** An absent list and an empty one are the same: no restriction. */
function isNone(list: readonly unknown[] | undefined): list is undefined {
    return list === undefined || list.length === 0;
}

function isPeer({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer, other: Endpoint, namespace: string) {
    if (ipBlock !== undefined) {
        return (
            other.address !== undefined &&
            isWithin(other.address, ipBlock.cidr) &&
            !(ipBlock.except ?? []).some((range) => isWithin(other.address as string, range))
        );
    }
    if (other.namespace === undefined) {
        return false;
    }
    const inNamespace =
        namespaceSelector === undefined
            ? other.namespace === namespace
            : selects(namespaceSelector, { "kubernetes.io/metadata.name": other.namespace });
    return inNamespace && (podSelector === undefined || selects(podSelector, other.labels ?? {}));
}

function isPort(
    { port: wanted, endPort, protocol: kind }: NetworkPolicyPort,
    to: Endpoint,
    port: number,
    protocol: string,
) {
    const first = typeof wanted === "string" ? to.ports?.[wanted] : wanted;
    return (
        (kind ?? "TCP") === protocol &&
        (wanted === undefined || port === first || (endPort !== undefined && port >= Number(first) && port <= endPort))
    );
}

function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
    return (
        Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
        (matchExpressions ?? []).every(({ key, operator, values = [] }) => {
            const value = labels[key];
            switch (operator) {
                case "In":
                    return value !== undefined && values.includes(value);
                case "NotIn":
                    return value === undefined || !values.includes(value);
                case "Exists":
                    return value !== undefined;
                case "DoesNotExist":
                    return value === undefined;
                default:
                    throw new Error(`An operator that Kubernetes does not know: ${operator}`);
            }
        })
    );
}

function isWithin(address: string, range: string): boolean {
    const [network = "", length] = range.split("/");
    const list = new BlockList();
    list.addSubnet(network, Number(length), isIPv6(network) ? "ipv6" : "ipv4");
    return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
