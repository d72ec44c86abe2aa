import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { script } from "../kubernetes/script";
import { airflowJob } from "./airflowJob";
import { fromSecret, processEnvironment, secretEnvironment } from "./environment";
import type { SecretKeys } from "./secretKeys";

/** Arguments of {@link AdminUser}. */
export interface AdminUserArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
    readonly keys: SecretKeys;
}

/**
 * Makes the first user. The password reaches it through a Secret, never through an argument that a process list shows.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/index.html
 */
export class AdminUser extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AdminUserArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AdminUser", name, {}, opts);

        const { admin } = args.settings;
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.settings.airflow,
                noun: "create-admin",
                script: script(__dirname, "create_admin.py"),
                environment: {
                    ...processEnvironment(args.settings),
                    ADMIN_USER: admin.user,
                    ADMIN_EMAIL: admin.email,
                },
                secrets: [
                    ...secretEnvironment(args.keys, ["databaseConnection", "fernetKey", "apiSecretKey"]),
                    fromSecret("ADMIN_PASSWORD", args.keys.adminPassword),
                ],
                deadlineSeconds: 600,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
