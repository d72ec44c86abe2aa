import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { script } from "../kubernetes/script";
import { airflowJob } from "./airflowJob";
import { processEnvironment, secretEnvironment } from "./environment";
import type { SecretKeys } from "./secretKeys";

/** Arguments of {@link Migration}. */
export interface MigrationArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
    readonly keys: SecretKeys;
}

/**
 * Brings the database to the schema of this Airflow before any process starts, and refuses a database that was written with
 * another key or password.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#initialize-the-database
 */
export class Migration extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Migration", name, {}, opts);

        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.settings.airflow,
                noun: "migrate",
                script: script(__dirname, "migrate.py"),
                environment: processEnvironment(args.settings),
                secrets: secretEnvironment(args.keys, ["databaseConnection", "fernetKey"]),
                // Migrations of a large history take their time.
                deadlineSeconds: 1800,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
