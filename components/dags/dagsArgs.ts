import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResourcesArgs } from "../airflowKubernetesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** How DAG files reach Airflow. */
export enum DagDelivery {
    /** One git-sync Deployment keeps the shared volume at a branch, tag or commit. */
    GitSync = "gitSync",
    /** A folder of the checkout, an archive or a folder of an image is loaded onto the shared volume by `pulumi up`. */
    Volume = "volume",
    /** The DAGs are part of the Airflow image. */
    Image = "image",
    /** Airflow's own versioned bundle: a run keeps the commit that it began with. */
    GitBundle = "gitBundle",
}

/** Which submodules of the repository are fetched. */
export enum GitSubmodules {
    /** None. */
    Off = "off",
    /** Those of the repository itself. */
    Shallow = "shallow",
    /** Those, and theirs in turn. */
    Recursive = "recursive",
}

/** Delivery of DAGs. */
export interface DagsArgs {
    /**
     * How DAG files reach Airflow.
     * @default DagDelivery.Volume
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
     * How often the dag-processor looks for new and removed files, in seconds, 5 to 30.
     * @default 20
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#refresh-interval
     */
    readonly refreshSeconds?: number;
}

/** What is loaded onto the shared volume: a folder, an archive, or a folder of an image. One of them. */
export interface DagsVolumeArgs {
    /**
     * Folder on the machine that runs Pulumi, relative to the program. Its files travel through the Kubernetes API, so
     * they may not exceed 5 MiB compressed. Files whose names begin with a dot stay behind, `.airflowignore` excepted.
     * @default "examples/dags", when neither `archive` nor `image` is given
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
    readonly image?: string;
    /**
     * Absolute path of the folder of DAGs in that image.
     * @default - none
     */
    readonly imagePath?: string;
}

/** A Git repository of DAGs, and how to get at it. */
export interface GitArgs {
    /**
     * URL: `https://host/path`, `ssh://user@host/path` or `user@host:path`. Without a user's name or password in it.
     * @default - none; needed
     */
    readonly repository?: string;
    /**
     * Branch, tag or full commit.
     * @default "main"
     */
    readonly ref?: string;
    /**
     * Folder of DAGs in the repository, relative.
     * @default - the root of the repository
     */
    readonly subPath?: string;
    /**
     * User's name that goes with `token`. GitHub and GitLab take any.
     * @default "git"
     */
    readonly username?: string;
    /**
     * Token or password for https. A secret.
     * @default - none: the repository is public
     */
    readonly token?: pulumi.Input<string>;
    /**
     * Where the token lies, in place of `token`. git-sync reads it anew with each look at the repository.
     * @default - none
     */
    readonly tokenSecret?: SecretKeyArgs;
    /**
     * Private key for ssh, in OpenSSH or PEM format, without a passphrase. A secret.
     * @default - none; needed for ssh
     */
    readonly sshKey?: pulumi.Input<string>;
    /**
     * Where the private key lies, in place of `sshKey`, with the delivery `gitSync`.
     * @default - none
     */
    readonly sshKeySecret?: SecretKeyArgs;
    /**
     * Public keys of the ssh host, as lines of a `known_hosts` file.
     * @default - those of GitHub, GitLab and Bitbucket; needed for any other host
     */
    readonly knownHosts?: string;
    /**
     * Certificate of the authority that signed the https server's, PEM.
     * @default - the authorities that the image trusts
     */
    readonly caCertificate?: string;
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
    readonly image?: string;
    /** CPU and memory. */
    readonly resources?: ResourcesArgs;
    /**
     * What is merged onto its pod. Its container is called `git-sync`.
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
