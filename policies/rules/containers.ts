import type { ResourceValidationPolicy } from "@pulumi/policy";
import { known } from "../known";
import { type Container, containersOf, type Looked, type Pods, podsOf } from "../pods";

/** A rule for each container: what is wrong with it. */
type Judge = (container: Container, pods: Pods) => readonly string[];

const parts = ["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"] as const;

export const containersHaveLimits: ResourceValidationPolicy = {
    name: "containers-have-limits",
    description: "Containers request CPU and memory and have limits of both, so that none starves its neighbours.",
    validateResource: (args, reportViolation) =>
        judge(args, reportViolation, ({ resources }) =>
            parts
                .filter((part) => {
                    const [group, noun] = part.split(".") as ["requests" | "limits", string];
                    return !isKnownOrPending(() => resources?.[group]?.[noun]);
                })
                .map((part) => `has no resources.${part}`),
        ),
};

/** A process of the component's that the kernel's filter would stop: it opens files by handle. */
const unfiltered = "nfs-server";

export const containersStayConfined: ResourceValidationPolicy = {
    name: "containers-stay-confined",
    description:
        "Containers have a seccomp profile, drop all capabilities, cannot raise their rights and use nothing of their node's.",
    validateResource: (args, reportViolation) =>
        judge(args, reportViolation, ({ securityContext }, { labels, spec }) => {
            const profile = securityContext?.seccompProfile?.type ?? spec.securityContext?.seccompProfile?.type;
            const filtered = profile === "RuntimeDefault" || profile === "Localhost";
            const exempt = labels["app.kubernetes.io/component"] === unfiltered;
            return [
                ...(filtered || exempt ? [] : ["has no seccompProfile of type RuntimeDefault or Localhost"]),
                ...(securityContext?.privileged === true ? ["is privileged"] : []),
                ...(securityContext?.allowPrivilegeEscalation === false ? [] : ["allows privilege escalation"]),
                ...(securityContext?.capabilities?.drop?.includes("ALL") ? [] : ["does not drop ALL capabilities"]),
                ...(["hostNetwork", "hostPID", "hostIPC"] as const)
                    .filter((field) => spec[field] === true)
                    .map((field) => `runs with ${field}`),
            ];
        }),
};

export const imagesHaveAVersion: ResourceValidationPolicy = {
    name: "images-have-a-version",
    description: "Images have a tag other than latest, or a digest: the same stack is the same program tomorrow.",
    validateResource: (args, reportViolation) =>
        judge(args, reportViolation, (container) => {
            const image = known(() => container.image);
            const tag = image === undefined ? undefined : /:([\w.-]+)$/.exec(image.split("/").at(-1) ?? "")?.[1];
            return image === undefined || image.includes("@sha256:") || (tag !== undefined && tag !== "latest")
                ? []
                : [`has image ${image}, whose content may change`];
        }),
};

function judge(resource: Looked, reportViolation: (message: string) => void, problems: Judge): void {
    const pods = podsOf(resource);
    for (const container of pods === undefined ? [] : containersOf(pods)) {
        for (const problem of problems(container, pods as Pods)) {
            reportViolation(`container ${container.name} ${problem}`);
        }
    }
}

/** Whether a value is there, or is going to be once it is known. */
function isKnownOrPending(read: () => unknown): boolean {
    let isPending = true;
    const value = known(() => {
        const found = read();
        isPending = false;
        return found;
    });
    return isPending || value !== undefined;
}
