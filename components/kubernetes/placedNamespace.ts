import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A namespace that objects are put into. */
export interface PlacedNamespace {
    /** Its name, known as soon as it exists. */
    readonly metadata: { readonly name: pulumi.Output<string> };
    /** The namespace itself, where the component makes it. */
    readonly made?: k8s.core.v1.Namespace;
}

/** Leaves the deletion of an object to that of its namespace, where the component makes that. */
export function goesWith({ made }: PlacedNamespace): Pick<pulumi.ResourceOptions, "deletedWith" | "retainOnDelete"> {
    return made === undefined ? {} : { deletedWith: made, retainOnDelete: true };
}
