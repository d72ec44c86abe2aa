import { isMap, type PropertyMap } from "../values/propertyValue";
import { annotation } from "./kubernetesObject";

/** Set by the provider on an object whose name it made up. */
export const autonamed = "pulumi.com/autonamed";

/** True when the object should not be waited for. */
export function skipsAwait(object: PropertyMap): boolean {
    return annotation(object, "pulumi.com/skipAwait") === "true";
}

/** True when the object should be made again while it is not ready. */
export function replacesUnready(object: PropertyMap): boolean {
    return annotation(object, "pulumi.com/replaceUnready") === "true";
}

/** True when fields that others set are taken over. */
export function forcesPatch(object: PropertyMap): boolean {
    return annotation(object, "pulumi.com/patchForce") === "true";
}

/** How long to wait: the resource's own timeout, its annotation, else ten minutes. */
export function timeoutSeconds(object: PropertyMap, custom: number | undefined): number {
    const annotated = annotation(object, "pulumi.com/timeoutSeconds");
    if (custom) {
        return custom;
    }
    return annotated !== undefined && /^\d+$/.test(annotated) ? Number(annotated) : 600;
}

/** What a delete does with the objects that the object owns. */
export function deletionPropagation(object: PropertyMap): "Orphan" | "Background" | "Foreground" {
    switch (annotation(object, "pulumi.com/deletionPropagationPolicy")?.toLowerCase()) {
        case "orphan":
            return "Orphan";
        case "background":
            return "Background";
        default:
            return "Foreground";
    }
}

/** Expressions of `pulumi.com/waitFor`, which take the place of the built-in conditions. */
export function waitsFor(object: PropertyMap): string[] {
    const value = annotation(object, "pulumi.com/waitFor");
    if (value === undefined) {
        return [];
    }
    try {
        const parsed: unknown = JSON.parse(value);
        if (Array.isArray(parsed)) {
            return parsed.map(String);
        }
    } catch {
        // A single expression is not JSON.
    }
    return [value];
}

/** True for metadata that names the object, or will once a value is known. */
export function isNamed(object: PropertyMap): boolean {
    return isMap(object.metadata) ? object.metadata.name !== undefined : typeof object.metadata === "string";
}
