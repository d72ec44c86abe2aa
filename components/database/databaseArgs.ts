import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../airflowKubernetesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { ExistingClaimArgs } from "../storage/storageArgs";

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
     * Image of Postgres, with a tag.
     * @default "postgres:17.12-trixie"
     * @see https://hub.docker.com/_/postgres
     */
    readonly image?: string;
    /**
     * Size of its volume, a Kubernetes quantity.
     * @default "5Gi"
     */
    readonly size?: string;
    /**
     * StorageClass of its volume.
     * @default - the cluster's default class
     */
    readonly storageClass?: string;
    /**
     * Whether the data outlive the stack. Then their keys must too: `airflow.fernetKey` and `database.password` have to be
     * given, or `up` refuses. Decide before the first `up`: the two settings use different volumes.
     * @default false
     */
    readonly retain?: boolean;
    /**
     * The claim of an installation before, to go on with its data, when hosting is `readWriteMany` and `retain` is true. The
     * stack output `retained` names it.
     * @default - a new claim
     */
    readonly existingClaim?: ExistingClaimArgs;
    /**
     * Password of the database. A secret.
     * @default - made once and kept in the stack; needed for an external database
     */
    readonly password?: pulumi.Input<string>;
    /**
     * Where the password lies, in place of `password`. It reaches the processes by the variable `PGPASSWORD`, so it may have any
     * characters. The component's own Postgres takes it where it lies in Airflow's namespace.
     * @default - none
     */
    readonly passwordSecret?: SecretKeyArgs;
    /** CPU and memory of Postgres. */
    readonly resources?: ResourcesArgs;
    /**
     * What is merged onto its pod. Its container is called `postgres`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
    /**
     * A Postgres that exists. The component then makes none, and of the settings above only `password` counts.
     * @default - none
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
    readonly parameters?: Record<string, string>;
}
