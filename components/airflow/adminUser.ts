import * as pulumi from "@pulumi/pulumi";
import { script } from "../kubernetes/script";
import { airflowJob } from "./airflowJob";
import type { AirflowPartArgs } from "./airflowProcess";
import { fromSecret, jobEnvironment, secretEnvironment } from "./environment";

/**
 * Writes Airflow's permissions and the roles that have them, and makes the first user. It ends before any process starts: none
 * of them writes these tables then. The password reaches it through a Secret, never through an argument that a process list shows.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/index.html
 */
export class AdminUser extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowPartArgs, opts?: pulumi.ComponentResourceOptions) {
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
                    ...jobEnvironment(args.settings),
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
