import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isOutput, knownElements } from "../kubernetes/known";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { check, cidrRange, isQualifiedName, whenKnown } from "../validation/checks";
import type { Problem } from "../validation/problems";

type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Everything that is wrong with the NetworkPolicies. What is not known yet is taken as right. */
export function networkPoliciesProblems({ networkPolicies, database }: AirflowSettings): Problem[] {
    const peers = (["apiServer", "database", "workers", "metrics"] as const).flatMap((noun) =>
        (networkPolicies[noun] ?? []).flatMap((peer, index) => peerProblems(`networkPolicies.${noun}[${index}]`, peer)),
    );
    return [
        ...peers,
        ...check(
            database.external === undefined || networkPolicies.database.length === 0,
            "networkPolicies.database",
            undefined,
            "nothing with database.external: who reaches that is not up to this cluster",
        ),
    ];
}

function peerProblems(path: string, peer: NetworkPolicyPeer): Problem[] {
    if (isOutput(peer)) {
        return [];
    }
    const { ipBlock, namespaceSelector, podSelector } = peer;
    const selects = namespaceSelector !== undefined || podSelector !== undefined;
    return [
        ...check(
            (ipBlock !== undefined) !== selects,
            path,
            undefined,
            "either ipBlock, or namespaceSelector and podSelector, of which one may be left out",
        ),
        ...(ipBlock === undefined || isOutput(ipBlock) ? [] : ipBlockProblems(`${path}.ipBlock`, ipBlock)),
        ...selectorProblems(`${path}.namespaceSelector`, namespaceSelector),
        ...selectorProblems(`${path}.podSelector`, podSelector),
    ];
}

function ipBlockProblems(path: string, { cidr, except }: k8s.types.input.networking.v1.IPBlock): Problem[] {
    return [
        ...cidrRange(`${path}.cidr`, cidr),
        ...knownElements(except).flatMap((one, index) => cidrRange(`${path}.except[${index}]`, one)),
    ];
}

function selectorProblems(
    path: string,
    selector: pulumi.Input<k8s.types.input.meta.v1.LabelSelector | undefined>,
): Problem[] {
    return whenKnown(selector, (known) => {
        const { matchLabels = {}, matchExpressions = [] } = known ?? {};
        return [
            ...Object.keys(matchLabels).flatMap((key) => labelKey(`${path}.matchLabels.${key}`, key)),
            ...matchExpressions.flatMap(({ key, operator, values = [] }, index) => {
                const at = `${path}.matchExpressions[${index}]`;
                const listed = ["In", "NotIn"].includes(operator);
                return [
                    ...labelKey(`${at}.key`, key),
                    ...check(
                        listed || ["Exists", "DoesNotExist"].includes(operator),
                        `${at}.operator`,
                        operator,
                        "In, NotIn, Exists, DoesNotExist",
                    ),
                    ...check(
                        listed === values.length > 0,
                        `${at}.values`,
                        undefined,
                        "a list that is not empty with In and NotIn, and none with the other operators",
                    ),
                ];
            }),
        ];
    });
}

function labelKey(path: string, key: string): Problem[] {
    return check(isQualifiedName(key), path, key, "a key of a label, such as app.kubernetes.io/name");
}
