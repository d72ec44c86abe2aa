import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A component with whatever a test puts into it. */
export class Group extends pulumi.ComponentResource {
    constructor(
        name: string,
        build: (options: pulumi.ResourceOptions) => void = () => undefined,
        options?: pulumi.ComponentResourceOptions,
    ) {
        super("demo:index:Group", name, {}, options);
        build({ parent: this });
        this.registerOutputs({});
    }
}

/** A ConfigMap that is called as its resource, in the namespace `default`. */
export function configMap(
    name: string,
    data: { [key: string]: pulumi.Input<string> } = {},
    options?: pulumi.CustomResourceOptions,
    annotations?: { [name: string]: string },
): k8s.core.v1.ConfigMap {
    return new k8s.core.v1.ConfigMap(name, { metadata: { name, annotations }, data }, options);
}

/** A ConfigMap whose name the provider makes up. */
export function namelessConfigMap(
    name: string,
    data: { [key: string]: pulumi.Input<string> } = {},
    options?: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
    return new k8s.core.v1.ConfigMap(name, { data }, options);
}

/** A ServiceAccount, of which labels can be changed in place. */
export function account(
    name: string,
    labels: { [key: string]: pulumi.Input<string> } = {},
    options?: pulumi.CustomResourceOptions,
    annotations?: { [name: string]: string },
): k8s.core.v1.ServiceAccount {
    return new k8s.core.v1.ServiceAccount(name, { metadata: { name, labels, annotations } }, options);
}

export function namespace(name: string, options?: pulumi.CustomResourceOptions): k8s.core.v1.Namespace {
    return new k8s.core.v1.Namespace(name, { metadata: { name } }, options);
}

export function deployment(
    name: string,
    options?: pulumi.CustomResourceOptions,
    annotations?: { [name: string]: string },
    image: pulumi.Input<string> = "image:1",
): k8s.apps.v1.Deployment {
    const labels = { app: name };
    return new k8s.apps.v1.Deployment(
        name,
        {
            metadata: { name, annotations },
            spec: {
                selector: { matchLabels: labels },
                template: { metadata: { labels }, spec: { containers: [{ name: "main", image }] } },
            },
        },
        options,
    );
}

export function job(
    name: string,
    image = "image:1",
    annotations?: { [name: string]: string },
    options?: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: { name, annotations },
            spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } } },
        },
        options,
    );
}
