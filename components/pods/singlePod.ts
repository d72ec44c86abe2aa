import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../kubernetes/labels";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { leavesLostNode } from "./placement";
import { mergePodTemplate, type PodTemplate } from "./podTemplate";

/** Arguments of {@link singlePod}. */
export interface SinglePodArgs {
    readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
    /** Labels that it is found by. */
    readonly selector: Labels;
    readonly template: PodTemplate;
    /** What the user gives to it, in the order in which it is merged. */
    readonly patches: readonly (PodTemplatePatch | undefined)[];
}

/** The Deployment of a pod of which there must never be two: the one before ends first. */
export function singlePod(
    name: string,
    { metadata, patches, selector, template }: SinglePodArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment {
    return new k8s.apps.v1.Deployment(
        `${name}-deployment`,
        {
            metadata,
            spec: {
                replicas: 1,
                strategy: { type: "Recreate" },
                selector: { matchLabels: selector },
                template: leavesLostNode(mergePodTemplate(template, patches)),
            },
        },
        { ...opts, customTimeouts: workloadTimeouts },
    );
}
