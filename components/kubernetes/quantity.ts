const factors: Record<string, number> = {
    m: 1e-3,
    "": 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    Pi: 2 ** 50,
};

/**
 * Value of a Kubernetes quantity such as `500m` or `2Gi`, or undefined for any other text.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string): number | undefined {
    const match = /^(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(text);
    return match ? Number(match[1]) * factors[match[2] ?? ""] : undefined;
}

/** The sum of two quantities of storage, in whole gibibytes. Any other text counts as zero. */
export function addQuantities(one: string, other: string): string {
    const bytes = (parseQuantity(one) ?? 0) + (parseQuantity(other) ?? 0);
    return `${Math.max(1, Math.ceil(bytes / factors.Gi))}Gi`;
}
