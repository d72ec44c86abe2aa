import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** A variable that is secret. */
export interface SecretVariable {
    /** Where its value lies, or text that is none, in which `$(NAME)` stands for variables of `with`. */
    readonly value: SecretKeyArgs | pulumi.Input<string>;
    /** Variables that come before it, and where their values lie. */
    readonly with?: Readonly<Record<string, SecretKeyArgs>>;
}

/** Where the processes find what they may know. */
export interface SecretKeys {
    /** URL of the database, with its password or with that in a variable beside it. */
    readonly databaseConnection: SecretVariable;
    /** The same for the driver that does not block. */
    readonly asyncDatabaseConnection: SecretVariable;
    /** In the namespace of the component's own database. */
    readonly databasePassword: SecretKeyArgs;
    /** Opens connections and variables. */
    readonly fernetKey: SecretVariable;
    /** Signs the tokens of users and tasks. */
    readonly jwtSecret: SecretVariable;
    /** Signs sessions, and requests for logs of the triggerer. */
    readonly apiSecretKey: SecretVariable;
    readonly adminPassword: SecretKeyArgs;
    /** How to reach the bucket of logs, if there is one. */
    readonly logsConnection?: SecretVariable;
    /** How Airflow itself reads the repository of DAGs, if it does. */
    readonly gitConnection?: SecretVariable;
}
