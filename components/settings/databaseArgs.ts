import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../kubernetes/resourcesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { BackupArgs, DatabaseCleanupArgs } from "./backupArgs";
import type { ExistingClaimArgs } from "./storageArgs";

/**
 * Whether a connection to the database is encrypted, and how its server is checked.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export enum SslMode {
    Disable = "disable",
    Allow = "allow",
    Prefer = "prefer",
    Require = "require",
    VerifyCa = "verify-ca",
    VerifyFull = "verify-full",
}

/** Airflow's metadata database: a Postgres made by the component, or one that exists. */
export interface DatabaseArgs {
    /**
     * Image of Postgres, with a tag. Backups are made and restored with it, of an external database, too: it must not be older
     * than that.
     * @default "postgres:17.12-trixie"
     * @see https://hub.docker.com/_/postgres
     */
    readonly image?: pulumi.Input<string>;
    /**
     * Size of its volume, a Kubernetes quantity.
     * @default "5Gi"
     */
    readonly size?: pulumi.Input<string>;
    /**
     * StorageClass of its volume. It counts when the volume is made: another one later changes nothing, but with `retain`, where
     * Postgres begins with an empty volume of that class beside the one before.
     * @default - the cluster's default class
     */
    readonly storageClass?: pulumi.Input<string>;
    /**
     * Whether the data outlive the stack. Then their keys must too: `airflow.fernetKey` and `database.password` have to be
     * given, or `up` refuses. Decide before the first `up`: the two settings use different volumes.
     * @default false
     * @see docs/data.md
     */
    readonly retain?: boolean;
    /**
     * Claim left by an earlier installation, whose data are to be reused, when hosting is `readWriteMany` and `retain` is true.
     * The output `retained` names it.
     * @default - a new claim
     * @see docs/data.md#keep-the-run-history
     */
    readonly existingClaim?: ExistingClaimArgs;
    /**
     * Password of the database. `new,old` rotates that of the component's own Postgres: it takes both, and Airflow uses the new
     * one. A secret.
     * @see docs/operations.md#rotate-keys
     * @default - made once and kept in the stack; needed for an external database
     */
    readonly password?: pulumi.Input<string>;
    /**
     * Key of a Secret with the password, in place of `password`. The processes read it from the variable `PGPASSWORD`, so it
     * may have any characters. The component's own Postgres can use it only while it runs in Airflow's namespace.
     * @default - none
     */
    readonly passwordSecret?: SecretKeyArgs;
    /**
     * Image of the older major version of Postgres, with a tag, while `image` is changed to a newer one: the data are dumped by the
     * older one and restored into the newer one. The data before the upgrade stay beside it on the volume.
     * @default - none
     * @see docs/operations.md#upgrade-postgres
     */
    readonly upgradeFrom?: pulumi.Input<string>;
    /** CPU and memory of Postgres. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of its pod. Its container is called `postgres`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
    /**
     * Backups of the database. An empty object is enough.
     * @default - none are made
     */
    readonly backup?: BackupArgs;
    /**
     * Removal of old rows. An empty object is enough.
     * @default - none are removed
     */
    readonly cleanup?: DatabaseCleanupArgs;
    /**
     * A Postgres that exists. The component then makes none, and of the settings above only `password`, `passwordSecret`, `backup`
     * with `image`, and `cleanup` count.
     * @default - none
     * @see docs/storage.md#a-database-that-exists
     */
    readonly external?: ExternalDatabaseArgs;
}

/**
 * A Postgres that exists.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#setting-up-a-postgresql-database
 */
export interface ExternalDatabaseArgs {
    /** Name or address of the server, as seen from the cluster's pods. */
    readonly host: pulumi.Input<string>;
    /**
     * Port of the server.
     * @default 5432
     */
    readonly port?: pulumi.Input<number>;
    /**
     * Name of the database.
     * @default "airflow"
     */
    readonly name?: pulumi.Input<string>;
    /**
     * Name of the user, who owns the database.
     * @default "airflow"
     */
    readonly user?: pulumi.Input<string>;
    /**
     * Encryption of the connection.
     * @default SslMode.Require
     */
    readonly sslMode?: SslMode;
    /**
     * Further parameters of the connection, such as `connect_timeout`. No secrets.
     * @default - none
     * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
     */
    readonly parameters?: Record<string, pulumi.Input<string>>;
}
