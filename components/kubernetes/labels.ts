/** A set of Kubernetes labels. */
export interface Labels {
    readonly [key: string]: string;
}

/**
 * Labels that say what an object belongs to. Selectors use them too, so they carry nothing that an upgrade changes:
 * a Deployment's selector cannot be changed afterwards.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function selectorLabels(instance: string, component: string): Labels {
    return {
        "app.kubernetes.io/name": "airflow",
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": component,
    };
}

/** {@link selectorLabels} and who made the object. */
export function objectLabels(instance: string, component: string): Labels {
    return {
        ...selectorLabels(instance, component),
        "app.kubernetes.io/part-of": "airflow-kubernetes",
        "app.kubernetes.io/managed-by": "pulumi",
    };
}
