import type { types } from "@pulumi/kubernetes";
import { known } from "./known";

/** What rules look at in a resource. */
export interface Looked {
    readonly type: string;
    readonly props: Readonly<Record<string, unknown>>;
}

/** A container, whatever its kind. */
export type Container = types.output.core.v1.Container;

type PodTemplate = types.output.core.v1.PodTemplateSpec;

/** Pods that an object makes. */
export interface Pods {
    readonly namespace: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly spec: types.output.core.v1.PodSpec;
}

/** `Deployment` of `kubernetes:apps/v1:Deployment`; undefined for what is no object of Kubernetes. */
export function kindOf({ type }: Looked): string | undefined {
    return type.startsWith("kubernetes:") ? type.split(":").at(-1) : undefined;
}

/** The namespace of an object, where it is known. */
export function namespaceOf({ props }: Looked): string | undefined {
    return known(() => (props.metadata as { namespace?: string } | undefined)?.namespace);
}

/** The pods that an object makes; undefined when it makes none, or when a preview does not know which. */
export function podsOf(resource: Looked): Pods | undefined {
    const template = known(() => templateOf(resource));
    const spec = known(() => template?.spec);
    return spec && { namespace: namespaceOf(resource), labels: known(() => template?.metadata?.labels) ?? {}, spec };
}

/** Containers of pods, those that run first and those that are attached included. */
export function containersOf({ spec }: Pods): readonly Container[] {
    return [known(() => spec.initContainers), known(() => spec.containers)].flatMap((list) => list ?? []);
}

function templateOf(resource: Looked): PodTemplate | undefined {
    const { props } = resource;
    switch (kindOf(resource)) {
        case "Pod":
            return props as unknown as PodTemplate;
        case "PodTemplate":
            return props.template as PodTemplate;
        case "CronJob":
            return (props.spec as types.output.batch.v1.CronJobSpec).jobTemplate.spec.template;
        case "DaemonSet":
        case "Deployment":
        case "Job":
        case "ReplicaSet":
        case "StatefulSet":
            return (props.spec as { template: PodTemplate }).template;
        default:
            return undefined;
    }
}
