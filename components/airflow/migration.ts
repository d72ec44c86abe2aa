import * as pulumi from "@pulumi/pulumi";
import { script } from "../kubernetes/script";
import { airflowJob } from "./airflowJob";
import type { AirflowProcessArgs } from "./airflowProcess";
import { jobEnvironment, secretEnvironment } from "./environment";

/**
 * Brings the database to the schema of this Airflow before any process starts, and refuses a database that was written with
 * another key or password.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#initialize-the-database
 */
export class Migration extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Migration", name, {}, opts);

        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.settings.airflow,
                noun: "migrate",
                script: script(__dirname, "migrate.py"),
                environment: {
                    ...jobEnvironment(args.settings),
                    // What goes wrong with a database of somebody else's is a matter of other settings.
                    ...(args.settings.database.external && { EXTERNAL_DATABASE: "True" }),
                },
                secrets: secretEnvironment(args.keys, ["databaseConnection", "fernetKey"]),
                // Migrations of a large history take their time.
                deadlineSeconds: 1800,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
