import type * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import type { Registration } from "./mocks";

/** Metadata of a Kubernetes object. */
export interface Metadata {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly ownerReferences?: readonly { kind: string; name: string }[];
}

/** A pod that an object makes. */
export interface Pod {
    /** Name of the registration that holds it. */
    readonly owner: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly metadata: Metadata;
    readonly spec: k8s.types.output.core.v1.PodSpec;
}

type PodTemplate = k8s.types.output.core.v1.PodTemplateSpec;

/** Kubernetes objects of one kind, or all of them. */
export function objects(registrations: readonly Registration[], kind?: string): Registration[] {
    return registrations.filter(
        ({ type }) => type.startsWith("kubernetes:") && (kind === undefined || kindOf(type) === kind),
    );
}

/** `Deployment` of `kubernetes:apps/v1:Deployment`. */
export function kindOf(type: string): string {
    return type.split(":").at(-1) ?? "";
}

/** Metadata of an object. */
export function metadata({ inputs }: Registration): Metadata {
    return (inputs.metadata ?? {}) as Metadata;
}

/** Specification of an object, as the caller knows it to be. */
export function spec<T>({ inputs }: Registration): T {
    return inputs.spec as T;
}

/** The registration of a name, of which there has to be one. */
export function named(registrations: readonly Registration[], name: string, kind?: string): Registration {
    const found = registrations.filter(
        (registration) => registration.name === name && (kind === undefined || kindOf(registration.type) === kind),
    );
    if (found.length !== 1) {
        throw new Error(`${found.length} registrations are named ${name}`);
    }
    return found[0];
}

/** The pods of all workloads and Jobs, without those of tasks. */
export function pods(registrations: readonly Registration[]): Pod[] {
    return ["Deployment", "StatefulSet", "Job", "CronJob"].flatMap((kind) =>
        objects(registrations, kind).map((registration) => {
            const { template } =
                kind === "CronJob"
                    ? spec<{ jobTemplate: { spec: { template: PodTemplate } } }>(registration).jobTemplate.spec
                    : spec<{ template: PodTemplate }>(registration);
            return {
                owner: registration.name,
                kind,
                namespace: metadata(registration).namespace,
                metadata: template.metadata as Metadata,
                spec: template.spec,
            };
        }),
    );
}

/** The pod of tasks, as the scheduler reads it. */
export function workerPod(registrations: readonly Registration[]): Pod {
    const template = named(registrations, "airflow-worker-templates-file");
    const pod = parse((template.inputs.data as Record<string, string>)["worker.yaml"], {
        // As Python reads it.
        version: "1.1",
    }) as k8s.types.output.core.v1.Pod;
    return { owner: template.name, kind: "Pod", metadata: pod.metadata as Metadata, spec: pod.spec };
}

/** What a registration waits for, by what its parents and what they wait for say as well; names of registrations. */
export function waitsFor(registrations: readonly Registration[], name: string, kind?: string): Set<string> {
    const byUrn = new Map(registrations.map((registration) => [registration.urn, registration]));
    const seen = new Set<Registration>();
    const visit = (registration: Registration | undefined): void => {
        if (registration === undefined || seen.has(registration)) {
            return;
        }
        seen.add(registration);
        for (const urn of [...registration.dependencies, registration.parent]) {
            visit(byUrn.get(urn));
        }
    };
    visit(named(registrations, name, kind));
    return new Set([...seen].map((registration) => registration.name));
}
