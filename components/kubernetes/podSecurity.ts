import type * as k8s from "@pulumi/kubernetes";
import type { Labels } from "./labels";

/**
 * The Pod Security Standards.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export enum PodSecurityLevel {
    Privileged = "privileged",
    Baseline = "baseline",
    Restricted = "restricted",
}

/** Who says as which user pods run. */
export enum PodUser {
    /** The component: as the user of each image, such as 50000 of Airflow's. */
    Image = "image",
    /** The platform, such as OpenShift, which gives each namespace users of its own: no pod names one. */
    Platform = "platform",
}

/** A user by numbers. */
export interface UserIds {
    /** Numeric user. */
    readonly uid: number;
    /** Numeric primary group. */
    readonly gid: number;
}

/**
 * The user of the official Airflow image. Its group is 0, so that what one process writes on a shared volume
 * another may change.
 *
 * @see https://airflow.apache.org/docs/docker-stack/entrypoint.html#allowing-arbitrary-user-to-run-the-container
 */
export const airflowUser: UserIds = { uid: 50000, gid: 0 };

/** The user of the official Postgres image. */
export const postgresUser: UserIds = { uid: 999, gid: 999 };

/**
 * Who makes and restores backups, in both images: no task runs as this user, and its group is that of directories which somebody
 * else has prepared.
 */
export const backupUser: UserIds = { uid: postgresUser.uid, gid: airflowUser.gid };

/** Namespace labels that enforce one level, and warn of what a stricter one would refuse. */
export function podSecurityLabels(enforced: PodSecurityLevel, warned: PodSecurityLevel): Labels {
    return {
        "pod-security.kubernetes.io/enforce": enforced,
        "pod-security.kubernetes.io/warn": warned,
        "pod-security.kubernetes.io/audit": warned,
    };
}

/**
 * Pod half of the `restricted` standard.
 *
 * @param podUser Who says as which user the pod runs.
 * @param user That of the image.
 */
export function restrictedPod(podUser: PodUser, user: UserIds): k8s.types.input.core.v1.PodSecurityContext {
    return {
        runAsNonRoot: true,
        ...(podUser === PodUser.Image && { runAsUser: user.uid, runAsGroup: user.gid, fsGroup: user.gid }),
        // Without it the kubelet walks a whole disk at each start of a pod to set a group that is right already.
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
    };
}

/** Container half of the `restricted` standard. */
export const restrictedStandard = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
} satisfies k8s.types.input.core.v1.SecurityContext;

/**
 * A container that complies with the `restricted` standard.
 *
 * @param readOnlyRootFilesystem Whether nothing can write to the container's own files. The standard does not ask for it.
 */
export function restrictedContainer(readOnlyRootFilesystem = true): k8s.types.input.core.v1.SecurityContext {
    return { ...restrictedStandard, readOnlyRootFilesystem };
}
