import type * as pulumi from "@pulumi/pulumi";

/** A key in a Secret. */
export interface SecretKey {
    /** Name of the Secret. */
    readonly name: pulumi.Output<string>;
    readonly key: string;
}

/** Where the processes find what they may know. */
export interface SecretKeys {
    /** URL of the database, with its password. */
    readonly databaseConnection: SecretKey;
    /** The same for the driver that does not block. */
    readonly asyncDatabaseConnection: SecretKey;
    /** In the namespace of the component's own database. */
    readonly databasePassword: SecretKey;
    /** Opens connections and variables. */
    readonly fernetKey: SecretKey;
    /** Signs the tokens of users and tasks. */
    readonly jwtSecret: SecretKey;
    /** Signs sessions, and requests for logs of the triggerer. */
    readonly apiSecretKey: SecretKey;
    readonly adminPassword: SecretKey;
    /** How to reach the bucket of logs, if there is one. */
    readonly logsConnection?: SecretKey;
    /** How Airflow itself reads the repository of DAGs, if it does. */
    readonly gitConnection?: SecretKey;
}
