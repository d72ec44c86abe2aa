import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { script } from "../kubernetes/script";
import { airflowJob } from "../pods/airflowJob";
import type { Mount } from "../pods/airflowPod";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJob } from "./databaseJob";
import { usersEnvironment, usersPasswords, webserverConfigFiles } from "./signIn";
import { webserverConfigEnvironment } from "./webserverConfig";

/** Arguments of {@link AdminUser}. */
export interface AdminUserArgs extends AirflowPartArgs {
    /** How people log in, where the user says so: it may name roles, and needs what the api-server's variables hold. */
    readonly webserverConfig?: Mount;
}

/**
 * Writes Airflow's permissions and the roles that have them, makes the first user, and keeps the users and roles of the stack in
 * step. It ends before any process starts: none of them writes these tables then. Passwords reach it through Secrets, never through
 * an argument that a process list shows.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/index.html
 */
export class AdminUser extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AdminUserArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AdminUser", name, {}, opts);

        const { apiServer } = args.settings;
        const { webserverConfig } = args;
        const common = databaseJob(args, ["databaseConnection", "fernetKey", "apiSecretKey"]);
        airflowJob(
            `${name}-job`,
            {
                ...common,
                noun: "create-admin",
                script: script(__dirname, "create_admin.py"),
                environment: {
                    ...common.environment,
                    ...usersEnvironment(args.settings),
                    ...(webserverConfig && webserverConfigEnvironment),
                },
                mounts: [...common.mounts, ...(webserverConfig ? [webserverConfig] : [])],
                ...(webserverConfig && {
                    // A Job cannot be changed: with other files it is another one.
                    trigger:
                        apiServer.webserverConfig ??
                        mapInput(webserverConfigFiles(args.settings), (files) => JSON.stringify(files)),
                    variables: apiServer.env,
                }),
                secrets: [...common.secrets, ...usersPasswords(args.keys)],
                deadlineSeconds: 600,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
