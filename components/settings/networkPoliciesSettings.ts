import type * as k8s from "@pulumi/kubernetes";
import type { NetworkPoliciesArgs } from "./networkPoliciesArgs";

type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** {@link NetworkPoliciesArgs} with nothing left open. */
export interface NetworkPoliciesSettings {
    readonly enabled: boolean;
    /** Undefined for everybody. */
    readonly apiServer?: NetworkPolicyPeer[];
    readonly database: NetworkPolicyPeer[];
    readonly workers: NetworkPolicyPeer[];
    /** Undefined for everybody. */
    readonly metrics?: NetworkPolicyPeer[];
}

/** Fills in every default of the NetworkPolicies. */
export function networkPoliciesSettings(args: NetworkPoliciesArgs = {}): NetworkPoliciesSettings {
    return {
        enabled: args.enabled ?? true,
        apiServer: args.apiServer,
        database: args.database ?? [],
        workers: args.workers ?? [],
        metrics: args.metrics,
    };
}
