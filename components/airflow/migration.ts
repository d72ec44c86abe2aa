import * as pulumi from "@pulumi/pulumi";
import { script } from "../kubernetes/script";
import { airflowJob } from "./airflowJob";
import type { AirflowPartArgs } from "./airflowProcess";
import { jobEnvironment, secretEnvironment } from "./environment";
import { executorVersions } from "./providerVersions";

/**
 * Brings the database to the schema of this Airflow before any process starts. It refuses an image with another Airflow than
 * was said, and a database that was written with another key or password.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#initialize-the-database
 */
export class Migration extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowPartArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Migration", name, {}, opts);

        const { oldest, newer } = executorVersions();
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.settings.airflow,
                noun: "migrate",
                script: script(__dirname, "migrate.py"),
                args: [args.settings.airflow.version, oldest, newer],
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
