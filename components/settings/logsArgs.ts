import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** Logs of tasks: how long they are kept, and copies in a bucket. */
export interface LogsArgs {
    /**
     * Age in days at which a log file is removed, 1 to 3650; 0 keeps all.
     * @default 30
     */
    readonly retentionDays?: number;
    /**
     * Size that all log files together may have, a Kubernetes quantity: beyond it the oldest are removed.
     * @default - 80 % of `storage.logsSize`
     */
    readonly maximumSize?: pulumi.Input<string>;
    /**
     * Schedule of the CronJob that cleans up the logs.
     * @default "17 * * * *", every hour
     * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
     */
    readonly cleanupSchedule?: pulumi.Input<string>;
    /**
     * Where logs go when a task ends.
     * @default - none: they stay on the shared volume
     */
    readonly remote?: RemoteLogsArgs;
}

/**
 * Logs elsewhere: in one of an S3-compatible bucket (`url`), `gcs`, `azureBlob` and `cloudWatch`. The other fields go with `url`.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/logging/s3-task-handler.html
 */
export interface RemoteLogsArgs {
    /**
     * S3 bucket and folder, such as `s3://bucket/airflow`.
     * @default - none: the logs are in no such bucket
     */
    readonly url?: pulumi.Input<string>;
    /**
     * Address of the S3 service.
     * @default - that of AWS
     */
    readonly endpointUrl?: pulumi.Input<string>;
    /**
     * Region of the S3 bucket.
     * @default "us-east-1"
     */
    readonly region?: pulumi.Input<string>;
    /**
     * Access key, which goes with `secretAccessKey`.
     * @default - none: the pods have a role of the cloud
     */
    readonly accessKeyId?: pulumi.Input<string>;
    /**
     * Secret half of the access key. A secret.
     * @default - none
     */
    readonly secretAccessKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with the secret access key, in place of `secretAccessKey`.
     * @default - none
     */
    readonly secretAccessKeySecret?: SecretKeyArgs;
    /** Logs in Google Cloud Storage. */
    readonly gcs?: GcsLogsArgs;
    /** Logs in Azure Blob Storage. */
    readonly azureBlob?: AzureBlobLogsArgs;
    /** Logs in Amazon CloudWatch. */
    readonly cloudWatch?: CloudWatchLogsArgs;
}

/**
 * Logs in Google Cloud Storage.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-google/stable/logging/gcs.html
 */
export interface GcsLogsArgs {
    /** Bucket and folder, such as `gs://bucket/airflow`. */
    readonly url: pulumi.Input<string>;
    /**
     * Project that requests are made for.
     * @default - that of the key or of the pods' identity
     */
    readonly project?: pulumi.Input<string>;
    /**
     * Key of a service account, JSON. A secret.
     * @default - none: the pods have an identity of the cloud
     */
    readonly key?: pulumi.Input<string>;
    /**
     * Key of a Secret with the key, in place of `key`.
     * @default - none
     */
    readonly keySecret?: SecretKeyArgs;
}

/**
 * Logs in Azure Blob Storage.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-microsoft-azure/stable/logging/index.html
 */
export interface AzureBlobLogsArgs {
    /** Blob endpoint of the storage account, such as `https://account.blob.core.windows.net`. */
    readonly accountUrl: pulumi.Input<string>;
    /** Container, which exists. */
    readonly container: pulumi.Input<string>;
    /**
     * Folder in the container.
     * @default "airflow"
     */
    readonly folder?: pulumi.Input<string>;
    /**
     * Client id of the managed identity to use, where pods have several.
     * @default - that of the pods
     */
    readonly managedIdentityClientId?: pulumi.Input<string>;
    /**
     * Key of the storage account. A secret.
     * @default - none: the pods have an identity of the cloud
     */
    readonly accountKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with the key, in place of `accountKey`.
     * @default - none
     */
    readonly accountKeySecret?: SecretKeyArgs;
}

/**
 * Logs in Amazon CloudWatch, where a task sends them while it runs. The pods have a role of the cloud for it: Airflow's handler begins
 * before a task can ask for a connection, so it would not get a key.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/logging/cloud-watch-task-handlers.html
 */
export interface CloudWatchLogsArgs {
    /** ARN of the log group, which exists and names its region. */
    readonly logGroupArn: pulumi.Input<string>;
}
