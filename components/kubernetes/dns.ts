import type * as k8s from "@pulumi/kubernetes";

/**
 * Looks names with two dots or more up as they are first. All that the component names end in the domain of the cluster; with the
 * five dots of Kubernetes's default, each connection would first ask for three names that do not exist.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config
 */
export const wholeNames: Pick<k8s.types.input.core.v1.PodSpec, "dnsConfig"> = {
    dnsConfig: { options: [{ name: "ndots", value: "2" }] },
};
