import { isMap, type PropertyMap, type PropertyValue } from "../values/propertyValue";

/** One entry of an object's managedFields: who set which fields. */
export type ManagedField = { manager?: string; operation?: string; subresource?: string } & PropertyMap;

/** The parts of an object's metadata that are worked with. */
export interface ObjectMetadata extends PropertyMap {
    name: string;
}

/** Any object of the Kubernetes API. */
export type KubernetesObject = PropertyMap & { apiVersion: string; kind: string; metadata: PropertyMap };

/** The name in an object's metadata. */
export function objectName(object: PropertyMap): string {
    return textAt(object, "metadata", "name");
}

/** The namespace in an object's metadata, empty when it says none. */
export function objectNamespace(object: PropertyMap): string {
    return textAt(object, "metadata", "namespace");
}

/** An annotation, undefined when it is not set or not known yet. */
export function annotation(object: PropertyMap, name: string): string | undefined {
    const value = at(object, "metadata", "annotations", name);
    return typeof value === "string" ? value : undefined;
}

/** The value at a path of keys. */
export function at(value: PropertyValue | undefined, ...path: string[]): PropertyValue | undefined {
    return path.reduce<PropertyValue | undefined>((current, key) => (isMap(current) ? current[key] : undefined), value);
}

/** {@link at} for text; empty when there is none. */
export function textAt(value: PropertyValue | undefined, ...path: string[]): string {
    const found = at(value, ...path);
    return typeof found === "string" ? found : "";
}

/** {@link at} for numbers. */
export function numberAt(value: PropertyValue | undefined, ...path: string[]): number | undefined {
    const found = at(value, ...path);
    return typeof found === "number" ? found : undefined;
}

/** {@link at} for lists of objects; empty when there is none. */
export function listAt(value: PropertyValue | undefined, ...path: string[]): PropertyMap[] {
    const found = at(value, ...path);
    return Array.isArray(found) ? found.filter(isMap) : [];
}

/** A copy of an object with an annotation. */
export function withAnnotation(object: PropertyMap, name: string, value: string): PropertyMap {
    const metadata = at(object, "metadata");
    const annotations = at(metadata, "annotations");
    return {
        ...object,
        metadata: {
            ...(isMap(metadata) ? metadata : {}),
            annotations: { ...(isMap(annotations) ? annotations : {}), [name]: value },
        },
    };
}

/** How people name an object: `Deployment airflow/airflow-scheduler`. */
export function describeObject(object: PropertyMap): string {
    const namespace = objectNamespace(object);
    return `${textAt(object, "kind")} ${namespace === "" ? "" : `${namespace}/`}${objectName(object)}`;
}
