import * as pulumi from "@pulumi/pulumi";
import { replacedAt } from "../validation/argumentPaths";
import type { AirflowKubernetesArgs } from "./airflowKubernetesArgs";

/** Paths of the arguments whose values are secret. */
export const secretArguments = [
    "airflow.fernetKey",
    "airflow.jwtKey",
    "airflow.apiSecretKey",
    "database.password",
    "admin.password",
    "auth.oidc.clientSecret",
    "auth.ldap.bindPassword",
    "auth.keycloak.clientSecret",
    "dags.git.token",
    "dags.git.sshKey",
    "logs.remote.secretAccessKey",
    "logs.remote.gcs.key",
    "logs.remote.azureBlob.accountKey",
    "database.backup.bucket.secretAccessKey",
    "database.backup.bucket.gcs.key",
    "database.backup.bucket.azureBlob.accountKey",
] as const;

/** Paths of those in lists; `*` stands for each element. They have no keys of their own in a stack. */
export const listedSecretArguments = [
    "airflow.registries.*.password",
    "auth.users.*.password",
    "dags.bundles.*.git.token",
    "dags.bundles.*.git.sshKey",
    "dags.bundles.*.s3.secretAccessKey",
] as const;

/** Paths of the arguments that hold a secret under each name. */
export const secretRecords = ["airflow.connections", "airflow.variables"] as const;

/** Path of an argument whose value is secret. */
export type SecretArgument = (typeof secretArguments)[number];

/** Path of an argument that holds secrets by name. */
export type SecretRecord = (typeof secretRecords)[number];

/** The arguments, with all that is secret marked so. Arguments end up in the state of the stack. */
export function withSecretsMarked(args: AirflowKubernetesArgs): AirflowKubernetesArgs {
    return [...secretArguments, ...listedSecretArguments, ...secretRecords].reduce(
        (marked, path) => replacedAt(marked, path.split("."), pulumi.secret),
        args,
    );
}
