import type * as k8s from "@pulumi/kubernetes";
import type { Labels } from "./labels";

/** Pods that nobody may open connections to, unless another policy lets them. Their node always may. */
export function isolated(matchLabels: Labels): k8s.types.input.networking.v1.NetworkPolicySpec {
    return { podSelector: { matchLabels }, policyTypes: ["Ingress"] };
}
