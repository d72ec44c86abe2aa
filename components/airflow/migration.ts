import * as pulumi from "@pulumi/pulumi";
import { script } from "../kubernetes/script";
import { remoteLogsFolder } from "../logs/remoteLogs";
import { airflowJob } from "../pods/airflowJob";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJob } from "./databaseJob";
import { executorVersions } from "./providerVersions";

/** Where it is written what a newer image has to undo: a place that the containers of a pod share. */
const planFile = "/tmp/downgrade.json";

/**
 * Brings the database to the schema of this Airflow before any process starts. It refuses an image with another version of
 * Airflow than `airflow.version`, a database that was written with another key or password, and one with the schema of a newer
 * Airflow, unless `airflow.downgradeFrom` names the image that can undo it: this image looks first at what it would refuse, then
 * that one goes back.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#initialize-the-database
 */
export class Migration extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowPartArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Migration", name, {}, opts);

        const { airflow } = args.settings;
        const { oldest, newer } = executorVersions();
        const common = databaseJob(args, ["databaseConnection", "fernetKey"]);
        const own = [airflow.image, airflow.version, oldest, newer];
        airflowJob(
            `${name}-job`,
            {
                ...common,
                noun: "migrate",
                script: script(__dirname, "migrate.py"),
                earlier:
                    airflow.downgradeFrom === undefined
                        ? undefined
                        : [
                              { name: "plan", args: ["plan", planFile, ...own] },
                              {
                                  name: "downgrade",
                                  image: airflow.downgradeFrom,
                                  args: ["downgrade", planFile, airflow.downgradeFrom],
                              },
                          ],
                args: ["migrate", ...own],
                environment: {
                    ...common.environment,
                    // It refuses an image that cannot take the logs there.
                    ...remoteLogsFolder(args.settings),
                    // Tells the script to name `database.external.*` in its messages.
                    ...(args.settings.database.external && { EXTERNAL_DATABASE: "True" }),
                },
                deadlineSeconds: airflow.migrationTimeoutSeconds,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
