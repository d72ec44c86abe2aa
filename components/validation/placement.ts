import type { PlacementArgs, TolerationArgs } from "../airflowKubernetesArgs";
import type { Problem } from "../problems";
import { check, dnsName, isLabelValue, isQualifiedName, labels } from "./checks";

/** Problems of where pods are put. */
export function placementProblems(path: string, placement: PlacementArgs): Problem[] {
    const { nodeSelector = {}, tolerations = [], priorityClassName } = placement;
    return [
        ...labels(`${path}.nodeSelector`, nodeSelector),
        ...(priorityClassName === undefined ? [] : dnsName(`${path}.priorityClassName`, priorityClassName)),
        ...tolerations.flatMap((toleration, index) => tolerationProblems(`${path}.tolerations[${index}]`, toleration)),
    ];
}

/** @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerationProblems(path: string, toleration: TolerationArgs): Problem[] {
    const { key = "", operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
    const exists = operator === "Exists";
    return [
        ...check(["Equal", "Exists"].includes(operator), `${path}.operator`, operator, "Equal, Exists"),
        ...check(
            effect === undefined || ["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(effect),
            `${path}.effect`,
            effect,
            "NoSchedule, PreferNoSchedule, NoExecute",
        ),
        ...check(key !== "" || exists, `${path}.key`, key, "the key of a taint; none only with the operator Exists"),
        ...check(
            key === "" || isQualifiedName(key),
            `${path}.key`,
            key,
            "the key of a taint, such as example.org/team",
        ),
        ...check(!exists || value === "", `${path}.value`, value, "none with the operator Exists"),
        ...check(
            exists || isLabelValue(value),
            `${path}.value`,
            value,
            "the value of a taint: at most 63 letters, digits, - _ .",
        ),
        ...check(
            tolerationSeconds === undefined || effect === "NoExecute",
            `${path}.tolerationSeconds`,
            tolerationSeconds,
            "nothing but with the effect NoExecute",
        ),
    ];
}
