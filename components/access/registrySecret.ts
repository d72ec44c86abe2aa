import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import { dockerConfig } from "./dockerConfig";

/** Where a pull Secret belongs. */
export interface RegistrySecretArgs {
    readonly instance: string;
    readonly namespace: pulumi.Input<string>;
    readonly airflow: Pick<CommonSettings, "registries">;
}

/**
 * The pull Secret of the registries in one namespace, if there are any. Pods that pull have to depend on it. Its name is fixed:
 * another password is a matter of the next pull, and restarts nothing.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
 */
export function registrySecret(
    name: string,
    { instance, namespace, airflow: { registries } }: RegistrySecretArgs,
    parent: pulumi.Resource,
): k8s.core.v1.Secret[] {
    if (registries.length === 0) {
        return [];
    }
    const config = pulumi.output(registries).apply((known) => JSON.stringify(dockerConfig(known)));
    return [
        new k8s.core.v1.Secret(
            `${name}-registries`,
            {
                metadata: { name: names.registries, namespace, labels: objectLabels(instance, "registries") },
                type: "kubernetes.io/dockerconfigjson",
                stringData: pulumi.secret({ ".dockerconfigjson": config }),
            },
            { parent },
        ),
    ];
}
