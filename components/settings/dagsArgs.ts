import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../kubernetes/resourcesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** How DAG files reach Airflow. */
export enum DagDelivery {
    /** One git-sync Deployment keeps the shared volume at a branch, tag or commit. */
    GitSync = "gitSync",
    /** A folder or an archive of the machine that runs Pulumi, or a folder of an image, is loaded onto the shared volume by an update. */
    Volume = "volume",
    /** The DAGs are part of the Airflow image. */
    Image = "image",
    /** Airflow's own versioned bundle: a run keeps the commit that it began with. */
    GitBundle = "gitBundle",
    /** None of these: all DAGs come from `dags.bundles`. */
    Bundles = "bundles",
}

/** What a further bundle of DAGs is read from. */
export enum DagBundleKind {
    /** A Git repository: a run keeps the commit that it began with. */
    Git = "git",
    /** A bucket of S3, or of a service that speaks like it. */
    S3 = "s3",
    /** A bucket of Google Cloud Storage. */
    Gcs = "gcs",
    /** A folder of the Airflow image, or of a volume that `podTemplate` mounts. */
    Local = "local",
}

/** Which submodules of the repository are fetched. */
export enum GitSubmodules {
    /** None. */
    Off = "off",
    /** Those of the repository itself. */
    Shallow = "shallow",
    /** Those, and their submodules in turn. */
    Recursive = "recursive",
}

/** Delivery of DAGs. */
export interface DagsArgs {
    /**
     * How DAG files reach Airflow.
     * @default DagDelivery.Volume
     * @see docs/dags.md
     */
    readonly delivery?: DagDelivery;
    /** Settings of the delivery `volume`. */
    readonly volume?: DagsVolumeArgs;
    /** The repository of the deliveries `gitSync` and `gitBundle`. */
    readonly git?: GitArgs;
    /** Settings of the delivery `gitSync`. */
    readonly gitSync?: GitSyncArgs;
    /** Settings of the delivery `image`. */
    readonly image?: DagsImageArgs;
    /**
     * Further bundles of DAGs beside the delivery, such as the repositories of other teams. Airflow itself reads them.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dag-bundles.html
     */
    readonly bundles?: DagBundleArgs[];
    /**
     * Folder of plugins: relative to the folder of DAGs with the deliveries `volume`, `gitSync` and `image`, or an absolute
     * path in the image with any. All processes and tasks load it, the api-server included.
     * @default - `plugins` beside the DAGs with `volume` and `gitSync`, for all but the api-server; otherwise `/opt/airflow/plugins`
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html
     */
    readonly pluginsFolder?: string;
    /**
     * How often the dag-processor looks for new and removed files, in seconds, 5 to 3600.
     * @default 20
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#refresh-interval
     */
    readonly refreshSeconds?: number;
}

/** What is loaded onto the shared volume: a folder, an archive, or a folder of an image. One of them is needed. */
export interface DagsVolumeArgs {
    /**
     * Folder on the machine that runs Pulumi, relative to the program. Its files travel through the Kubernetes API, so
     * they may not exceed 5 MiB compressed. Files whose names begin with a dot stay behind, `.airflowignore` excepted.
     * @default - none
     */
    readonly folder?: string;
    /**
     * Archive on the machine that runs Pulumi, relative to the program: `.tar`, `.tar.gz` or `.tgz`. The same limits as
     * for a folder.
     * @default - none
     */
    readonly archive?: string;
    /**
     * Image that holds DAGs, with a tag or digest and a shell in it; together with `imagePath`.
     * @default - none
     */
    readonly image?: pulumi.Input<string>;
    /**
     * Absolute path of the folder of DAGs in that image.
     * @default - none
     */
    readonly imagePath?: pulumi.Input<string>;
}

/** A Git repository of DAGs, and the access to it. */
export interface GitArgs {
    /**
     * URL: `https://host/path`, `ssh://user@host/path` or `user@host:path`. Without a user's name or password in it. It is read
     * over ssh with a key, and otherwise over https.
     * @default - none; needed
     */
    readonly repository?: pulumi.Input<string>;
    /**
     * Branch, tag or full commit.
     * @default "main"
     */
    readonly ref?: pulumi.Input<string>;
    /**
     * Folder of DAGs in the repository, relative.
     * @default - the root of the repository
     */
    readonly subPath?: pulumi.Input<string>;
    /**
     * User's name that goes with `token`. GitHub and GitLab take any.
     * @default "git"
     */
    readonly username?: pulumi.Input<string>;
    /**
     * Token or password for https. A secret.
     * @default - none: the repository is public
     */
    readonly token?: pulumi.Input<string>;
    /**
     * Key of a Secret with the token, in place of `token`. git-sync reads it again at each check of the repository.
     * @default - none
     */
    readonly tokenSecret?: SecretKeyArgs;
    /**
     * Private key for ssh, in OpenSSH or PEM format, without a passphrase. A secret.
     * @default - none; needed for ssh
     */
    readonly sshKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with the private key, in place of `sshKey`, with the delivery `gitSync`.
     * @default - none
     */
    readonly sshKeySecret?: SecretKeyArgs;
    /**
     * Public keys of the ssh host, as lines of a `known_hosts` file.
     * @default - those of GitHub, GitLab and Bitbucket; needed for any other host
     * @see docs/dags.md#ssh-with-a-key
     */
    readonly knownHosts?: pulumi.Input<string>;
    /**
     * Certificate of the authority that signed the https server's, PEM.
     * @default - the authorities that the image trusts
     */
    readonly caCertificate?: pulumi.Input<string>;
}

/**
 * The git-sync Deployment.
 *
 * @see https://github.com/kubernetes/git-sync
 */
export interface GitSyncArgs {
    /**
     * How often the repository is asked for changes, in seconds, 1 to 3600.
     * @default 10
     */
    readonly periodSeconds?: number;
    /**
     * How many commits are fetched; 0 fetches all.
     * @default 1
     */
    readonly depth?: number;
    /**
     * Which submodules are fetched.
     * @default GitSubmodules.Recursive
     */
    readonly submodules?: GitSubmodules;
    /**
     * Image of git-sync version 4, with a tag or digest.
     * @default - the version that the tests run with
     */
    readonly image?: pulumi.Input<string>;
    /** CPU and memory. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of its pod. Its container is called `git-sync`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** DAGs in the Airflow image. */
export interface DagsImageArgs {
    /**
     * Absolute path of the folder of DAGs in `airflow.image`.
     * @default "/opt/airflow/dags"
     */
    readonly path?: string;
}

/**
 * A further bundle of DAGs. One of `git`, `s3`, `gcs` and `local` goes with each kind.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dag-bundles.html
 */
export interface DagBundleArgs {
    /** Its name in Airflow, and part of names of Kubernetes: lower-case letters, digits and dashes. */
    readonly name: string;
    /** What it is read from. */
    readonly kind: DagBundleKind;
    /** The repository of the kind `git`. */
    readonly git?: GitArgs;
    /** The bucket of the kind `s3`. */
    readonly s3?: S3BundleArgs;
    /** The bucket of the kind `gcs`. */
    readonly gcs?: GcsBundleArgs;
    /** The folder of the kind `local`. */
    readonly local?: LocalBundleArgs;
    /**
     * How often the dag-processor asks for changes, in seconds, 5 to 3600.
     * @default - `dags.refreshSeconds`
     */
    readonly refreshSeconds?: number;
}

/**
 * DAGs in a bucket of S3.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/bundles/index.html
 */
export interface S3BundleArgs {
    /** Bucket and folder, such as `s3://bucket/dags`. */
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
     * Access key, which goes with `secretAccessKey`. It should have the right to read only: any task can ask for it.
     * @default - none: dag-processor and tasks have a role of the cloud
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
}

/**
 * DAGs in a bucket of Google Cloud Storage, which dag-processor and tasks read with their role of the cloud.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-google/stable/bundles/index.html
 */
export interface GcsBundleArgs {
    /** Bucket and folder, such as `gs://bucket/dags`. */
    readonly url: pulumi.Input<string>;
}

/** DAGs in a folder that every pod has. */
export interface LocalBundleArgs {
    /** Absolute path of the folder. */
    readonly path: string;
}
