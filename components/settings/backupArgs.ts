import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/**
 * Backups of the database: a CronJob writes them, to a shared volume of their own or to a bucket.
 *
 * @see docs/backup.md
 */
export interface BackupArgs {
    /**
     * Schedule of the CronJob.
     * @default "41 2 * * *", every night
     * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
     */
    readonly schedule?: pulumi.Input<string>;
    /**
     * Age in days at which a backup is removed, 1 to 3650; 0 keeps all. The newest one always stays.
     * @default 14
     */
    readonly retentionDays?: number;
    /**
     * Size of the volume of backups, a Kubernetes quantity. With `bucket`, what one backup may take on the disk of a node before
     * it is uploaded.
     * @default - that of `database.size`
     */
    readonly size?: pulumi.Input<string>;
    /**
     * Bucket that backups go to.
     * @default - none: they lie on a shared volume that only Airflow's namespace has
     */
    readonly bucket?: BackupBucketArgs;
}

/**
 * A bucket of backups: one of an S3-compatible bucket (`url`), `gcs` and `azureBlob`. The other fields go with `url`. Without a key
 * the pods have the role that a cloud gives the ServiceAccount of Jobs (`serviceAccounts.jobs`).
 */
export interface BackupBucketArgs {
    /**
     * S3 bucket and folder, such as `s3://bucket/airflow-backups`.
     * @default - none: the backups are in no such bucket
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
    /** Backups in Google Cloud Storage. */
    readonly gcs?: GcsBackupArgs;
    /** Backups in Azure Blob Storage. */
    readonly azureBlob?: AzureBlobBackupArgs;
}

/** Backups in Google Cloud Storage. */
export interface GcsBackupArgs {
    /** Bucket and folder, such as `gs://bucket/airflow-backups`. */
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

/** Backups in Azure Blob Storage. */
export interface AzureBlobBackupArgs {
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
 * Removal of old rows of the database, as `airflow db clean` does it: runs of DAGs with all that belongs to them, events, sessions.
 *
 * @see docs/backup.md#old-rows
 */
export interface DatabaseCleanupArgs {
    /**
     * Age in days at which rows are removed, 1 to 3650. The last scheduled run of each DAG stays.
     * @default 90
     */
    readonly retentionDays?: number;
    /**
     * Schedule of the CronJob.
     * @default "23 4 * * 0", every Sunday
     * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
     */
    readonly schedule?: pulumi.Input<string>;
    /**
     * Rows that are removed in one transaction, 100 to 100000.
     * @default 5000
     */
    readonly batchSize?: number;
}
