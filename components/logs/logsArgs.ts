import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** Logs of tasks: how long they are kept, and where else they go. */
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
    readonly maximumSize?: string;
    /**
     * When the CronJob looks after the logs.
     * @default "17 * * * *", every hour
     * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
     */
    readonly cleanupSchedule?: string;
    /**
     * An S3-compatible bucket that logs are copied to when a task ends.
     * @default - none
     */
    readonly remote?: RemoteLogsArgs;
}

/**
 * Logs in an S3-compatible bucket.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/logging/s3-task-handler.html
 */
export interface RemoteLogsArgs {
    /** Bucket and folder, such as `s3://bucket/airflow`. */
    readonly url: pulumi.Input<string>;
    /**
     * Address of the S3 service.
     * @default - that of AWS
     */
    readonly endpointUrl?: pulumi.Input<string>;
    /**
     * Region of the bucket.
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
     * Where the secret access key lies, in place of `secretAccessKey`.
     * @default - none
     */
    readonly secretAccessKeySecret?: SecretKeyArgs;
}
