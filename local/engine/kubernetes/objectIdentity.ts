import type { ResourceState } from "../state/resourceState";
import { isMap, type PropertyMap, plainMap } from "../values/propertyValue";
import { type KubernetesObject, objectName, objectNamespace } from "./kubernetesObject";
import { refuseType } from "./objectInputs";

/** The name and namespace of an object that is in the state. */
export function identity(known: ResourceState): { metadata: PropertyMap } {
    const inputs = plainMap(known.inputs);
    const [namespace, name] = splitId(known.id);
    const metadata = isMap(inputs.metadata) ? inputs.metadata : {};
    return { metadata: { ...metadata, name, ...(namespace === "" ? {} : { namespace }) } };
}

/** An object's id in a stack: its name, after its namespace if it has one. */
export function objectId(live: PropertyMap): string {
    const namespace = objectNamespace(live);
    return namespace === "" ? objectName(live) : `${namespace}/${objectName(live)}`;
}

function splitId(id: string): [namespace: string, name: string] {
    const slash = id.indexOf("/");
    return slash < 0 ? ["", id] : [id.slice(0, slash), id.slice(slash + 1)];
}

/** The object that a type and an id stand for. */
export function objectOfId(type: string, id: string): KubernetesObject {
    refuseType(type);
    const [, module = "", kind = ""] = type.split(":");
    const apiVersion = module.startsWith("core/") ? module.slice("core/".length) : module;
    const [namespace, name] = splitId(id);
    return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } };
}
