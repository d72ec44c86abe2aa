import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { Mount } from "./airflowPod";

/** A variable that is secret. */
export interface SecretVariable {
    /** Where its value lies, or a text without secrets, in which `$(NAME)` stands for variables of `with`. */
    readonly value: SecretKeyArgs | pulumi.Input<string>;
    /** Variables that come before it, and where their values lie. */
    readonly with?: Readonly<Record<string, SecretKeyArgs>>;
}

/** Where the secrets of the processes lie. */
export interface SecretKeys {
    /** URL of the database, with its password or with that in a variable beside it. */
    readonly databaseConnection: SecretVariable;
    /** The same for the driver that does not block. */
    readonly asyncDatabaseConnection: SecretVariable;
    /** The authority of the component's own database, for every pod with its URL. */
    readonly databaseAuthority?: Mount;
    /** Opens connections and variables. */
    readonly fernetKey: SecretVariable;
    /** Signs the tokens of users and tasks. While it is rotated: the new one and the old one, with a comma between. */
    readonly jwtKey: SecretVariable;
    /** Signs sessions, and requests for logs of the triggerer. */
    readonly apiSecretKey: SecretVariable;
    /** Password of the first user, if there is one. */
    readonly adminPassword?: SecretKeyArgs;
    /** Passwords of the users of `auth.users`, in their order. */
    readonly userPasswords: readonly SecretKeyArgs[];
    /** Secret of the client that Airflow is to a provider of OpenID Connect. */
    readonly oidcClientSecret?: SecretVariable;
    /** Password with which a directory is searched. */
    readonly ldapBindPassword?: SecretVariable;
    /** Secret of the client that Airflow is to Keycloak. */
    readonly keycloakClientSecret?: SecretVariable;
    /** Passwords of the Simple auth manager, by the variables that carry them. */
    readonly simplePasswords?: Readonly<Record<string, SecretVariable>>;
    /** How to reach the bucket of logs, if there is one. */
    readonly logsConnection?: SecretVariable;
    /** How to reach the bucket of backups, if there is one. */
    readonly backupConnection?: SecretVariable;
    /** How Airflow itself reads bundles of DAGs, if it does: connections by the variables that carry them. */
    readonly bundleConnections?: Readonly<Record<string, SecretVariable>>;
}
