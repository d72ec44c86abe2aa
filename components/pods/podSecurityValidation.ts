import { elementsOf, type Fields, fieldsOf } from "../kubernetes/fields";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import type { Problem } from "../validation/problems";

/** Capabilities that the standard `baseline` lets a container add. */
const baselineCapabilities = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/** Kinds of volumes that the standard `restricted` allows. */
const restrictedVolumes = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/**
 * Settings that the Pod Security Standard of the pod's namespace forbids. The API server refuses such a pod only when its
 * workload creates it, and the update would wait for it until a deadline. SELinux, AppArmor, sysctls and Windows are left to
 * the API server.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityProblems(path: string, spec: Fields, level: PodSecurityLevel): Problem[] {
    if (level === PodSecurityLevel.Privileged) {
        return [];
    }
    const restricted = level === PodSecurityLevel.Restricted;
    const refused = (at: string, bad: boolean, value: unknown): Problem[] =>
        bad
            ? [
                  {
                      path: at,
                      value,
                      allowed: `what the Pod Security Standard ${level} allows, which the pod's namespace enforces`,
                  },
              ]
            : [];
    const containers = ["containers", "initContainers"].flatMap((list) =>
        elementsOf(spec[list]).map(([container, index]) => [`${path}.${list}[${index}]`, container] as const),
    );
    return [
        ...["hostNetwork", "hostPID", "hostIPC"].flatMap((field) =>
            refused(`${path}.${field}`, spec[field] === true, true),
        ),
        ...elementsOf(spec.volumes).flatMap(([volume, index]) =>
            Object.keys(volume).flatMap((kind) =>
                refused(
                    `${path}.volumes[${index}].${kind}`,
                    kind === "hostPath" || (restricted && kind !== "name" && !restrictedVolumes.includes(kind)),
                    undefined,
                ),
            ),
        ),
        ...contextProblems(`${path}.securityContext`, fieldsOf(spec.securityContext)),
        ...containers.flatMap(([at, container]) => {
            const context = fieldsOf(container.securityContext);
            const added = fieldsOf(context.capabilities).add;
            const allowed = restricted ? ["NET_BIND_SERVICE"] : baselineCapabilities;
            return [
                ...contextProblems(`${at}.securityContext`, context),
                ...refused(`${at}.securityContext.privileged`, context.privileged === true, true),
                ...refused(
                    `${at}.securityContext.allowPrivilegeEscalation`,
                    restricted && context.allowPrivilegeEscalation === true,
                    true,
                ),
                ...refused(
                    `${at}.securityContext.capabilities.add`,
                    Array.isArray(added) && added.some((name) => typeof name === "string" && !allowed.includes(name)),
                    added,
                ),
                ...elementsOf(container.ports).flatMap(([{ hostPort }, index]) =>
                    refused(`${at}.ports[${index}].hostPort`, typeof hostPort === "number" && hostPort > 0, hostPort),
                ),
            ];
        }),
    ];

    function contextProblems(at: string, context: Fields): Problem[] {
        const { runAsNonRoot, runAsUser, seccompProfile } = context;
        const { type } = fieldsOf(seccompProfile);
        return [
            ...["runAsNonRoot", "seccompProfile", "allowPrivilegeEscalation", "capabilities"].flatMap((field) =>
                refused(`${at}.${field}`, restricted && context[field] === null, null),
            ),
            ...refused(`${at}.runAsNonRoot`, restricted && runAsNonRoot === false, false),
            ...refused(`${at}.runAsUser`, restricted && runAsUser === 0, 0),
            ...refused(`${at}.seccompProfile.type`, type === "Unconfined", type),
        ];
    }
}
