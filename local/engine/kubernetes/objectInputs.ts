import { isMap, type PropertyMap, type PropertyValue, plainMap, secret } from "../values/propertyValue";
import { type KubernetesObject, objectNamespace, textAt } from "./kubernetesObject";

/** Throws for the types of `@pulumi/kubernetes` that are more than one object of the API. */
export function refuseType(type: string): void {
    const [, module = "", kind = ""] = type.split(":");
    if (/^(yaml|helm\.sh|helm|kustomize)(\/|$)/.test(module)) {
        throw new Error(
            `${type}: charts, YAML files and kustomizations are not supported by this engine; use plain resources`,
        );
    }
    if (kind.endsWith("Patch") || kind.endsWith("List")) {
        throw new Error(`${type}: ${kind.endsWith("Patch") ? "patches" : "lists"} are not supported by this engine`);
    }
}

/** The inputs as the object that the API gets. The SDK writes `x_kubernetes_...` for keys that are no identifiers. */
export function asObject(inputs: PropertyMap): KubernetesObject {
    return dashed(plainMap(inputs)) as KubernetesObject;
}

function dashed(value: PropertyValue): PropertyValue {
    if (Array.isArray(value)) {
        return value.map(dashed);
    }
    if (!isMap(value)) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
            key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key,
            dashed(inner),
        ]),
    );
}

/** Inputs for comparison: the namespace `default` is the same as none. */
export function comparable(inputs: PropertyMap): PropertyMap {
    if (!isMap(inputs.metadata) || inputs.metadata.namespace !== "default") {
        return inputs;
    }
    const { namespace: _default, ...metadata } = inputs.metadata;
    return { ...inputs, metadata };
}

/** The namespace of an object; none is `default`. */
export function canonicalNamespace(inputs: PropertyMap): string {
    return objectNamespace(inputs) || "default";
}

/** Inputs without what only the cluster sets. */
export function withoutReadOnly(inputs: PropertyMap): PropertyMap {
    if (!isMap(inputs.metadata)) {
        return inputs;
    }
    const {
        creationTimestamp: _created,
        deletionGracePeriodSeconds: _grace,
        deletionTimestamp: _deleted,
        generation: _generation,
        managedFields: _managed,
        resourceVersion: _version,
        uid: _uid,
        ...metadata
    } = inputs.metadata;
    return { ...inputs, metadata };
}

/** They are long, and what they say is asked of the cluster when it matters. */
export function withoutManagedFields(live: PropertyMap): PropertyMap {
    if (!isMap(live.metadata)) {
        return live;
    }
    const { managedFields: _managed, ...metadata } = live.metadata;
    return { ...live, metadata };
}

/** An object as a dry run shows it: nothing has happened to it yet. */
export function withoutStatus(live: PropertyMap): PropertyMap {
    const { status: _status, ...rest } = live;
    return rest;
}

/** What a Secret holds is secret, whether the program said so or not. */
export function secretData(inputs: PropertyMap): PropertyMap {
    if (textAt(inputs, "kind") !== "Secret" || textAt(inputs, "apiVersion") !== "v1") {
        return inputs;
    }
    return Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [
            key,
            key === "data" || key === "stringData" ? secret(value) : value,
        ]),
    );
}
