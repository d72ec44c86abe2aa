import { AlreadyExists } from "../providers/provider";
import type { PropertyMap } from "../values/propertyValue";
import { KubernetesError } from "./kubernetesClient";
import { describeObject, objectName, objectNamespace, textAt } from "./kubernetesObject";

/** Answers to a dry run that say nothing about the update itself. */
export function isHarmlessInPreview(error: unknown): boolean {
    if (!(error instanceof KubernetesError)) {
        return false;
    }
    const namespaceMissing = error.code === 404;
    return (
        namespaceMissing || error.code === 403 || error.reason === "AlreadyExists" || /dry ?run/i.test(error.message)
    );
}

/** A refusal of the API in words, with what to do about it. */
export function explained(error: unknown, object: PropertyMap, what: string): Error {
    if (!(error instanceof KubernetesError)) {
        return error as Error;
    }
    if (error.reason === "AlreadyExists") {
        return new AlreadyExists(
            `${describeObject(object)} already exists in the cluster and is not of this stack. Delete it ` +
                `(kubectl delete ${textAt(object, "kind").toLowerCase()}` +
                `${objectNamespace(object) === "" ? "" : ` -n ${objectNamespace(object)}`} ${objectName(object)}), ` +
                "give this one another name, or take it over with the import option.",
        );
    }
    if (error.code === 409 && /conflict/i.test(error.message)) {
        return new Error(
            `${describeObject(object)}: others have set fields of it: ${error.message}. ` +
                'The annotation pulumi.com/patchForce: "true" takes them over.',
        );
    }
    return new Error(`${describeObject(object)}: ${what}: ${error.message}`);
}
