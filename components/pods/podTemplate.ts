import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Fields, isFields } from "../kubernetes/fields";
import { isOutput } from "../kubernetes/known";
import { restrictedStandard } from "../kubernetes/podSecurity";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";

/** A pod as the component makes it. */
export interface PodTemplate {
    readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
    readonly spec: k8s.types.input.core.v1.PodSpec;
}

/** Name that stands for each container of the component in a pod. No container can have this name. */
export const everyContainer = "*";

/** Fields that tell the elements of a list apart. Any other list is replaced as a whole. */
const mergeKeys: Readonly<Record<string, string>> = {
    containers: "name",
    initContainers: "name",
    volumes: "name",
    imagePullSecrets: "name",
    hostAliases: "ip",
    topologySpreadConstraints: "topologyKey",
    resourceClaims: "name",
    schedulingGates: "name",
    env: "name",
    ports: "containerPort",
    volumeMounts: "mountPath",
    volumeDevices: "devicePath",
};

/** Lists whose elements are replaced as a whole: merged, a variable would have two values and a volume two sources. */
const wholeElements = ["env", "volumes"];

/**
 * A pod with patches merged onto it as `kubectl patch` does: maps by key, lists of containers, volumes, variables and the like
 * by name, mounts by path; any other list is replaced, and null unsets. It differs in three things: what is new comes after what
 * is there; a variable or a volume takes the place of that of the same name; and `*` stands for each container of the
 * component. A container of the user's complies with the `restricted` standard where it says nothing of it.
 *
 * Only what is an Output itself becomes a part of one, so that a preview shows the rest.
 *
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function mergePodTemplate(ours: PodTemplate, patches: readonly (PodTemplatePatch | undefined)[]): PodTemplate {
    const own = ownNames(ours);
    const given = patches.filter((patch) => patch !== undefined);
    const merged = given.reduce<unknown>((template, patch) => merge(template, patch, own), ours);
    return given.length === 0 ? ours : withSecurity(merged as PodTemplate);
}

/** Names of the component's containers. */
function ownNames({ spec }: PodTemplate): ReadonlySet<unknown> {
    const lists = [spec.containers, spec.initContainers];
    return new Set(
        lists.flatMap((list) =>
            Array.isArray(list) ? list.map((container: unknown) => isFields(container) && container.name) : [],
        ),
    );
}

function merge(ours: unknown, patch: unknown, own: ReadonlySet<unknown>, field = ""): unknown {
    if (isOutput(ours) || isOutput(patch)) {
        return pulumi.all([ours, patch]).apply(([known, change]) => merge(known, change, own, field));
    }
    if (Array.isArray(patch)) {
        return Object.hasOwn(mergeKeys, field) ? mergeLists(Array.isArray(ours) ? ours : [], patch, own, field) : patch;
    }
    return isFields(patch) ? mergeFields(isFields(ours) ? ours : {}, patch, own) : patch;
}

function mergeFields(ours: Fields, patch: Fields, own: ReadonlySet<unknown>): Fields {
    const merged = new Map(Object.entries(ours));
    for (const [key, change] of Object.entries(patch)) {
        if (change === null) {
            merged.delete(key);
        } else if (change !== undefined) {
            merged.set(key, merge(merged.get(key), change, own, key));
        }
    }
    return Object.fromEntries(merged);
}

function mergeLists(
    ours: readonly unknown[],
    patch: readonly unknown[],
    own: ReadonlySet<unknown>,
    field: string,
): unknown {
    const key = mergeKeys[field];
    const keyOf = (element: unknown) => (isFields(element) ? element[key] : undefined);
    if ([...ours, ...patch].some((element) => isOutput(element) || isOutput(keyOf(element)))) {
        return pulumi.all([ours, patch]).apply(([known, change]) => mergeLists(known, change, own, field));
    }
    const everyOne = patch.filter((element) => keyOf(element) === everyContainer);
    const merged = ours.map((element) =>
        own.has(keyOf(element))
            ? everyOne.reduce<unknown>(
                  (each, change) => merge(each, { ...(change as Fields), [key]: keyOf(element) }, own),
                  element,
              )
            : element,
    );
    for (const change of patch.filter((element) => !everyOne.includes(element))) {
        const place = merged.findIndex((element) => keyOf(element) === keyOf(change));
        const isNew = place < 0 || wholeElements.includes(field);
        merged[place < 0 ? merged.length : place] = merge(isNew ? undefined : merged[place], change, own);
    }
    return merged;
}

/** Fills in what the `restricted` standard asks of each container, where that says nothing of it. */
function withSecurity({ metadata, spec }: PodTemplate): PodTemplate {
    const secured = <T>(list: T): T => {
        const each = (known: unknown) =>
            Array.isArray(known)
                ? known.map((container) => merge({ securityContext: restrictedStandard }, container, new Set()))
                : known;
        return (isOutput(list) ? pulumi.output(list as unknown as Promise<object>).apply(each) : each(list)) as T;
    };
    const { containers, initContainers } = spec;
    return {
        metadata,
        spec: {
            ...spec,
            containers: secured(containers),
            ...(initContainers !== undefined && { initContainers: secured(initContainers) }),
        },
    };
}
