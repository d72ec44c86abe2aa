import type * as k8s from "@pulumi/kubernetes";

/** A user's additions to a pod of the component, and changes of it. */
export type PodTemplatePatch = k8s.types.input.core.v1.PodTemplateSpecPatch;
