import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link serviceAccount}. */
export interface ServiceAccountObjectArgs {
    readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
    /** Names of the pull Secrets of its pods. */
    readonly imagePullSecrets: readonly pulumi.Input<string>[];
}

/** A ServiceAccount. Pods that need a token ask for it themselves. */
export function serviceAccount(
    name: string,
    { metadata, imagePullSecrets }: ServiceAccountObjectArgs,
    parent: pulumi.Resource,
): k8s.core.v1.ServiceAccount {
    return new k8s.core.v1.ServiceAccount(
        name,
        {
            metadata,
            automountServiceAccountToken: false,
            imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })),
        },
        { parent },
    );
}
