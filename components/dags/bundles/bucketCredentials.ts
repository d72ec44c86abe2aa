import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../kubernetes/labels";
import type { PlacedNamespace } from "../../kubernetes/placedNamespace";
import { replacedWithData } from "../../kubernetes/replacement";
import { awsConnection } from "../../pods/connections";
import type { SecretVariable } from "../../pods/secretKeys";
import type { S3BundleSettings } from "../../settings/dagsSettings";

/** Arguments of {@link BucketCredentials}. */
export interface BucketCredentialsArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly s3: S3BundleSettings;
}

/**
 * The Secret with the connection of a bucket whose access key is of the stack. It is in Airflow's namespace only, and named by the
 * provider, so that a changed key rolls the pods that use it.
 */
export class BucketCredentials extends pulumi.ComponentResource {
    /** The connection. */
    public readonly connection: SecretVariable;

    /** @param name The unique name of this component. */
    constructor(name: string, args: BucketCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:BucketCredentials", name, {}, opts);

        const connection = pulumi.output(args.s3).apply((known) => awsConnection(known, known.secretAccessKey));
        const secret = new k8s.core.v1.Secret(
            `${name}-secret`,
            {
                metadata: {
                    namespace: args.namespace.metadata.name,
                    labels: objectLabels(args.instance, "dag-bundle"),
                },
                stringData: pulumi.secret({ connection }),
            },
            { parent: this, ...replacedWithData },
        );

        this.connection = { value: { name: secret.metadata.name, key: "connection" } };
        this.registerOutputs({});
    }
}
