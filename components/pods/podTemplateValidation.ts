import type * as k8s from "@pulumi/kubernetes";
import { elementsOf, type Fields, isFields } from "../kubernetes/fields";
import { isOutput } from "../kubernetes/known";
import type { PodSecurityLevel } from "../kubernetes/podSecurity";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { annotations, check, dnsLabel, labels, wholeNumber } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { placementProblems } from "./placementValidation";
import { podFieldsProblems } from "./podFieldsValidation";
import { podSecurityProblems } from "./podSecurityValidation";
import { everyContainer } from "./podTemplate";
import type { ReservedNames } from "./reservedNames";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** The pod that a patch is merged onto. */
export interface PatchedPod {
    /** Name of the component's container; left out where there are several. */
    readonly container?: string;
    readonly reserved: ReservedNames;
    /** The standard that the pod's namespace enforces. */
    readonly podSecurity: PodSecurityLevel;
    /** The argument for the image of the component's container; left out where the patch may choose one. */
    readonly imageArgument?: string;
    /** What is wrong with variables of the component's container, where it has some of its own. */
    readonly environment?: (path: string, variables: readonly EnvVar[]) => Problem[];
}

/** Fields of a pod that the component sets itself, and what to do instead. */
const ownedFields: Readonly<Record<string, string>> = {
    automountServiceAccountToken:
        "Who speaks to the Kubernetes API has a token. For a container of yours, mount a projected volume with a serviceAccountToken.",
    hostname: "It is that of the pod.",
    restartPolicy: "It follows from what the pod runs.",
    serviceAccount: "Set serviceAccounts.",
    serviceAccountName: "Set serviceAccounts.",
    subdomain: "It is that of the pod.",
};

/** Labels by which the component finds its pods. */
const selectors = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"];

/** Everything that is wrong with what is to be merged onto a pod. Values that are not known yet are taken as right. */
export function podTemplateProblems(path: string, patch: PodTemplatePatch | undefined, pod: PatchedPod): Problem[] {
    if (patch === undefined) {
        return [];
    }
    const { metadata, spec, ...others } = patch as Fields;
    const shape = [
        ...Object.entries({ metadata, spec }).flatMap(([field, value]) =>
            check(
                value === undefined || isFields(value),
                `${path}.${field}`,
                undefined,
                "an object, whose fields may be Outputs",
            ),
        ),
        ...podFieldsProblems(`${path}.spec`, spec),
    ];
    return shape.length > 0
        ? shape
        : [
              ...Object.keys(others).flatMap((field) =>
                  check(
                      ["apiVersion", "kind"].includes(field),
                      `${path}.${field}`,
                      undefined,
                      "the fields metadata, spec",
                  ),
              ),
              ...metadataProblems(`${path}.metadata`, metadata as Fields | undefined),
              ...(spec === undefined ? [] : specProblems(`${path}.spec`, spec as Fields, pod)),
          ];
}

function metadataProblems(path: string, metadata: Fields = {}): Problem[] {
    return Object.entries(metadata).flatMap(([field, value]) => {
        if (field !== "labels" && field !== "annotations") {
            return [{ path: `${path}.${field}`, allowed: "the fields labels, annotations" }];
        }
        if (!isFields(value)) {
            const allowed = isOutput(value) || (value === null && field === "annotations");
            return check(allowed, `${path}.${field}`, undefined, "an object of texts");
        }
        const texts = plainTexts(value);
        return field === "annotations"
            ? annotations(`${path}.${field}`, texts)
            : [
                  ...labels(`${path}.${field}`, texts),
                  ...Object.keys(value).flatMap((key) =>
                      check(
                          !selectors.includes(key),
                          `${path}.${field}.${key}`,
                          undefined,
                          "any other label: the component finds its pods by this one",
                      ),
                  ),
              ];
    });
}

function specProblems(path: string, spec: Fields, pod: PatchedPod): Problem[] {
    const { nodeSelector, tolerations, priorityClassName, terminationGracePeriodSeconds } = spec;
    return [
        ...unsetProblems(path, spec, ["containers", "initContainers", "securityContext", "volumes"]),
        ...Object.keys(spec).flatMap((field) =>
            check(
                !Object.hasOwn(ownedFields, field),
                `${path}.${field}`,
                undefined,
                "nothing: the component sets it itself",
                ownedFields[field],
            ),
        ),
        ...placementProblems(path, {
            nodeSelector: isFields(nodeSelector) ? plainTexts(nodeSelector) : undefined,
            tolerations: elementsOf(tolerations).map(([toleration]) => toleration),
            priorityClassName: typeof priorityClassName === "string" ? priorityClassName : undefined,
        }),
        ...(typeof terminationGracePeriodSeconds === "number"
            ? wholeNumber(`${path}.terminationGracePeriodSeconds`, terminationGracePeriodSeconds, 1, 86_400)
            : []),
        ...named(spec.volumes).flatMap(([name, , index]) =>
            check(
                !pod.reserved.volumes.includes(name),
                `${path}.volumes[${index}].name`,
                name,
                "another name: the component has a volume of this one",
            ),
        ),
        ...named(spec.initContainers).flatMap(([name, container, index]) =>
            pod.reserved.initContainers.includes(name)
                ? [
                      {
                          path: `${path}.initContainers[${index}].name`,
                          value: name,
                          allowed: "another name: the component has a container of this one",
                      },
                  ]
                : name === everyContainer
                  ? []
                  : newContainerProblems(`${path}.initContainers[${index}]`, container),
        ),
        ...named(spec.containers).flatMap(([name, container, index]) =>
            name === everyContainer || name === pod.container
                ? ownContainerProblems(`${path}.containers[${index}]`, container, pod)
                : newContainerProblems(`${path}.containers[${index}]`, container),
        ),
        ...["containers", "initContainers", "volumes"].flatMap((list) => nameProblems(`${path}.${list}`, spec[list])),
        ...podSecurityProblems(path, spec, pod.podSecurity),
    ];
}

/** Problems of fields that hold parts of the component's, and so cannot be unset as a whole. */
function unsetProblems(path: string, holder: Fields, fields: readonly string[]): Problem[] {
    return fields.flatMap((field) =>
        check(holder[field] !== null, `${path}.${field}`, null, "anything but null: the component has something there"),
    );
}

/** Problems of names that are invalid or come twice. */
function nameProblems(path: string, list: unknown): Problem[] {
    const all = named(list);
    return all.flatMap(([name, , index]) => [
        ...(name === everyContainer ? [] : dnsLabel(`${path}[${index}].name`, name)),
        ...check(
            all.every(([other, , place]) => other !== name || place >= index),
            `${path}[${index}].name`,
            name,
            "each name once",
        ),
    ]);
}

/** Problems of fields that a patch of the component's container must not set. */
function ownContainerProblems(path: string, container: Fields, pod: PatchedPod): Problem[] {
    const { env, volumeMounts } = container;
    return [
        ...unsetProblems(path, container, ["env", "image", "ports", "securityContext", "volumeMounts"]),
        ...["command", "args"].flatMap((field) =>
            check(container[field] === undefined, `${path}.${field}`, undefined, "nothing: the component starts it"),
        ),
        ...check(
            container.image === undefined || pod.imageArgument === undefined,
            `${path}.image`,
            undefined,
            "nothing: the image has an argument of its own",
            `Set ${pod.imageArgument}.`,
        ),
        ...elementsOf(volumeMounts).flatMap(([{ mountPath }, index]) =>
            typeof mountPath === "string"
                ? check(
                      !pod.reserved.mountPaths.some((ours) => hides(mountPath, ours)),
                      `${path}.volumeMounts[${index}].mountPath`,
                      mountPath,
                      "a path that does not hide what the component mounts",
                  )
                : [],
        ),
        ...(Array.isArray(env)
            ? (pod.environment?.(`${path}.env`, env.filter(isFields) as unknown[] as EnvVar[]) ?? [])
            : []),
    ];
}

/** Whether a mount at one path would hide another. */
function hides(mountPath: string, other: string): boolean {
    const path = mountPath.replace(/\/+$/, "");
    return path === other || other.startsWith(`${path}/`);
}

function newContainerProblems(path: string, container: Fields): Problem[] {
    return check(
        container.image !== undefined,
        `${path}.image`,
        undefined,
        "an image, which a container beside those of the component needs",
        "For one of the component's own give its name, or * for all of them.",
    );
}

/** The objects of a list that have a name that is known, and their places in it. */
function named(list: unknown): [name: string, element: Fields, index: number][] {
    return elementsOf(list).flatMap(([element, index]) =>
        typeof element.name === "string" ? [[element.name, element, index] as [string, Fields, number]] : [],
    );
}

function plainTexts(value: Fields): Record<string, string> {
    return Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
}
