import type { Fields } from "../kubernetes/fields";
import { check, dnsName, isLabelValue, isQualifiedName, labels } from "../validation/checks";
import type { Problem } from "../validation/problems";

/** Where a pod is put, as far as it is known. */
export interface Placement {
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Fields[];
    readonly priorityClassName?: string;
}

/** Problems of where pods are put. */
export function placementProblems(path: string, placement: Placement): Problem[] {
    const { nodeSelector = {}, tolerations = [], priorityClassName } = placement;
    return [
        ...labels(`${path}.nodeSelector`, nodeSelector),
        ...(priorityClassName === undefined ? [] : dnsName(`${path}.priorityClassName`, priorityClassName)),
        ...tolerations.flatMap((toleration, index) => tolerationProblems(`${path}.tolerations[${index}]`, toleration)),
    ];
}

/** @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerationProblems(path: string, toleration: Fields): Problem[] {
    const { key = "", operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
    // What is not known yet is taken as right.
    if ([key, operator, value].some((text) => typeof text !== "string") || typeof effect === "object") {
        return [];
    }
    const exists = operator === "Exists";
    const among = (text: unknown, allowed: readonly unknown[]) => allowed.includes(text);
    return [
        ...check(among(operator, ["Equal", "Exists"]), `${path}.operator`, operator, "Equal, Exists"),
        ...check(
            among(effect, [undefined, "NoSchedule", "PreferNoSchedule", "NoExecute"]),
            `${path}.effect`,
            effect,
            "NoSchedule, PreferNoSchedule, NoExecute",
        ),
        ...check(key !== "" || exists, `${path}.key`, key, "the key of a taint; none only with the operator Exists"),
        ...check(
            key === "" || isQualifiedName(String(key)),
            `${path}.key`,
            key,
            "the key of a taint, such as example.org/team",
        ),
        ...check(!exists || value === "", `${path}.value`, value, "none with the operator Exists"),
        ...check(
            exists || isLabelValue(String(value)),
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
