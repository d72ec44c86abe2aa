import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { expanding } from "../kubernetes/literal";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { awsConnection, connectionVariable } from "../pods/connections";
import type { SecretVariable } from "../pods/secretKeys";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import type { AzureBlobLogsArgs, CloudWatchLogsArgs, GcsLogsArgs } from "../settings/logsArgs";
import type { RemoteLogsSettings } from "../settings/logsSettings";
import { ArgumentsError } from "../validation/problems";
import { gcsKeyProblems } from "./gcsKey";

/** Name of the connection to the place of logs. */
const connectionId = "airflow_logs";

/** Variables with a secret from a Secret of somebody else's. */
const secretAccessKeyVariable = "AIRFLOW_BUCKET_SECRET_ACCESS_KEY";
const keyVariable = "AIRFLOW_BUCKET_KEY";

/** The variable that Airflow finds that connection in. */
export const logsConnectionVariable = connectionVariable(connectionId);

/** The same for the connection to the bucket of backups, which is called `airflow_backups`. */
export const backupConnectionVariable = connectionVariable("airflow_backups");

/** A place that logs go to. */
interface RemotePlace {
    /** Its URL for Airflow, whose scheme selects the provider. */
    readonly base: pulumi.Input<string>;
    /** Further variables. */
    readonly environment?: Record<string, pulumi.Input<string>>;
    /** The connection, as Airflow reads it from a variable, for a secret or for none. */
    readonly connection: (secret?: string) => pulumi.Input<string>;
    readonly secret?: pulumi.Input<string>;
    /** Key of a Secret of somebody else's with the secret. */
    readonly keptSecret?: SecretKeyArgs;
    /** Variable for that one. */
    readonly secretVariable: string;
}

/**
 * Environment of processes and tasks for the place of logs. Nothing in it is secret: a task asks the Execution API for the connection.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/logging-tasks.html
 */
export function remoteLogsEnvironment({ logs: { remote } }: AirflowSettings): Record<string, pulumi.Input<string>> {
    if (remote === undefined) {
        return {};
    }
    const { base, environment } = placeOf(remote);
    return {
        // The file on the shared volume is what the UI shows while a task runs. It is emptied once it was copied, and may be
        // written again by a task that was deferred; the CronJob removes it in its time.
        AIRFLOW__LOGGING__DELETE_LOCAL_LOGS: "False",
        AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: base,
        AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID: connectionId,
        AIRFLOW__LOGGING__REMOTE_LOGGING: "True",
        ...environment,
    };
}

/** The place of logs alone, by which the migration Job sees whether the image can reach it. */
export function remoteLogsFolder({ logs: { remote } }: AirflowSettings): Record<string, pulumi.Input<string>> {
    return remote === undefined ? {} : { AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: placeOf(remote).base };
}

/** The connection to a bucket, as Airflow reads it from a variable. */
export function bucketConnection(remote: RemoteLogsSettings): pulumi.Output<string> {
    const { connection, secret } = placeOf(remote);
    return pulumi.output(secret).apply((known) => pulumi.output(connection(known)));
}

/** The same with the secret from a Secret of somebody else's. */
export function bucketVariable(remote: RemoteLogsSettings): SecretVariable | undefined {
    const { connection, keptSecret, secretVariable } = placeOf(remote);
    return (
        keptSecret && {
            value: mapInput(connection(`$(${secretVariable})`), (text) => expanding(text, [secretVariable])),
            with: { [secretVariable]: keptSecret },
        }
    );
}

/** URL of a bucket with its folder, and the container of Azure, whose URL has none. */
export function bucketPlace(remote: RemoteLogsSettings): {
    base: pulumi.Input<string>;
    container?: pulumi.Input<string>;
} {
    return { base: placeOf(remote).base, container: remote.azureBlob?.container };
}

function placeOf(remote: RemoteLogsSettings): RemotePlace {
    const { azureBlob, cloudWatch, gcs, url = "", endpointUrl, region, accessKeyId } = remote;
    if (gcs !== undefined) {
        return gcsPlace(gcs);
    }
    if (azureBlob !== undefined) {
        return azurePlace(azureBlob);
    }
    return cloudWatch === undefined
        ? {
              base: url,
              connection: (secret) =>
                  mapInput({ endpointUrl, region, accessKeyId }, (aws) => awsConnection(aws, secret)),
              secret: remote.secretAccessKey,
              keptSecret: remote.secretAccessKeySecret,
              secretVariable: secretAccessKeyVariable,
          }
        : cloudWatchPlace(cloudWatch);
}

function gcsPlace({ url, project, key, keySecret }: GcsLogsArgs): RemotePlace {
    return {
        base: url,
        connection: (secret) =>
            mapInput({ project }, (known) => {
                const keyfile = secret === undefined ? {} : { keyfile_dict: secret };
                const text = JSON.stringify({
                    conn_type: "google_cloud_platform",
                    extra: { ...(known.project !== undefined && { project: known.project }), ...keyfile },
                });
                // The key is JSON itself, so as it is it has a place there.
                return secret === undefined ? text : text.replace(JSON.stringify(secret), () => keyJson(secret));
            }),
        secret: key,
        keptSecret: keySecret,
        secretVariable: keyVariable,
    };
}

/** A key, or the reference to a variable with it, unchanged. A key that only the update knows is checked when it arrives. */
function keyJson(key: string): string {
    const problems = key === `$(${keyVariable})` ? [] : gcsKeyProblems(key);
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
    return key;
}

function azurePlace(args: AzureBlobLogsArgs & { readonly folder: pulumi.Input<string> }): RemotePlace {
    const { accountUrl, container, folder, managedIdentityClientId, accountKey, accountKeySecret } = args;
    return {
        base: mapInput(folder, (known) => `wasb://${known}`),
        environment: { AIRFLOW__AZURE_REMOTE_LOGGING__REMOTE_WASB_LOG_CONTAINER: container },
        connection: (secret) =>
            mapInput({ accountUrl, managedIdentityClientId }, (known) =>
                JSON.stringify({
                    conn_type: "wasb",
                    host: known.accountUrl,
                    ...(secret !== undefined && { password: secret }),
                    ...(known.managedIdentityClientId !== undefined && {
                        extra: { managed_identity_client_id: known.managedIdentityClientId },
                    }),
                }),
            ),
        secret: accountKey,
        keptSecret: accountKeySecret,
        secretVariable: keyVariable,
    };
}

function cloudWatchPlace({ logGroupArn }: CloudWatchLogsArgs): RemotePlace {
    return {
        // The ending for all streams of the group is not part of its name.
        base: mapInput(logGroupArn, (arn) => `cloudwatch://${arn.replace(/:\*$/, "")}`),
        connection: () => awsConnection({}),
        secretVariable: secretAccessKeyVariable,
    };
}
