import { createHash } from "node:crypto";
import type { ResourceState } from "../state/resourceState";
import type { PropertyMap } from "../values/propertyValue";
import { type KubernetesObject, listAt } from "./kubernetesObject";

/** Kept among the outputs, as the real provider keeps it: who the fields of an object belong to. */
export const fieldManagerKey = "__fieldManager";

/** A name for who sets the fields of an object, of one stack and resource alone. */
export function fieldManagerName(stackId: string, urn: string): string {
    return `pulumi-kubernetes-${createHash("sha256").update(`${stackId} ${urn}`).digest("hex").slice(0, 12)}`;
}

/** The index in managedFields of what a create has set and no apply has taken over yet. */
export function createdFields(live: KubernetesObject, manager: string): number | undefined {
    const fields = listAt(live, "metadata", "managedFields");
    const applied = fields.some((field) => isOwn(field, manager) && field.operation === "Apply");
    const ours = fields.findIndex((field) => isOwn(field, manager) && field.operation === "Update");
    return ours < 0 || applied ? undefined : ours;
}

/** Who the fields of an object in the state belong to. */
export function managerOf(old: ResourceState): string {
    const manager = old.outputs[fieldManagerKey];
    return typeof manager === "string" ? manager : "pulumi-kubernetes";
}

function isOwn(field: PropertyMap, manager: string): boolean {
    return field.manager === manager && (field.subresource === undefined || field.subresource === "");
}

/** True for an object of which a manager has set fields. */
export function isManagedBy(live: PropertyMap, manager: string): boolean {
    return listAt(live, "metadata", "managedFields").some((field) => field.manager === manager);
}
