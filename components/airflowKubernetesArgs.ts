import type * as pulumi from "@pulumi/pulumi";
import type { ServiceAccountsArgs } from "./access/serviceAccountsArgs";
import type { DagsArgs } from "./dags/dagsArgs";
import type { PythonPackagesArgs } from "./dags/pythonPackagesArgs";
import type { DatabaseArgs } from "./database/databaseArgs";
import type { PodSecurityLevel } from "./kubernetes/podSecurity";
import type { LogsArgs } from "./logs/logsArgs";
import type { StorageArgs } from "./storage/storageArgs";

/** What kind of cluster the volumes of DAGs and logs lie on. */
export enum Hosting {
    /** One node; volumes are directories of that node. Nothing to prepare. */
    Minikube = "minikube",
    /** Any number of nodes; volumes are ReadWriteMany storage. */
    ReadWriteMany = "readWriteMany",
}

/** Arguments of `AirflowKubernetes`. All have defaults. */
export interface AirflowKubernetesArgs {
    /**
     * What kind of cluster the volumes lie on.
     * @default Hosting.Minikube
     */
    readonly hosting?: Hosting;
    /** Names of the namespaces. */
    readonly namespaces?: NamespacesArgs;
    /** The volumes that all pods share. */
    readonly storage?: StorageArgs;
    /** Where DAG files come from. */
    readonly dags?: DagsArgs;
    /** Python packages that DAGs need and the image lacks. */
    readonly pythonPackages?: PythonPackagesArgs;
    /** Logs of tasks. */
    readonly logs?: LogsArgs;
    /** Airflow's metadata database. */
    readonly database?: DatabaseArgs;
    /** What all Airflow processes and tasks have in common. */
    readonly airflow?: AirflowArgs;
    /** The first user. */
    readonly admin?: AdminArgs;
    /** The api-server: UI, REST API, and the Execution API of the tasks. */
    readonly apiServer?: ProcessArgs;
    /** The scheduler, which also makes the task pods. */
    readonly scheduler?: ProcessArgs;
    /** The dag-processor, the only process that runs the top level of DAG files. */
    readonly dagProcessor?: ProcessArgs;
    /** The triggerer, which waits on behalf of deferred tasks. */
    readonly triggerer?: ProcessArgs;
    /** The pods that tasks run in. */
    readonly workers?: WorkersArgs;
    /** What a cloud knows Airflow's ServiceAccounts by: roles of AWS, Google Cloud or Azure. */
    readonly serviceAccounts?: ServiceAccountsArgs;
}

/** Names are plain strings: volumes refer to them before the namespaces exist. */
export interface NamespacesArgs {
    /**
     * Airflow's processes, the database and all secrets.
     * @default "airflow"
     */
    readonly airflow?: string;
    /**
     * Task pods. No secret of Airflow's is in it.
     * @default "airflow-workers"
     */
    readonly workers?: string;
    /**
     * What cannot comply with the `restricted` Pod Security Standard: the Job that prepares the volumes.
     * @default "airflow-storage"
     */
    readonly storage?: string;
    /**
     * Pod Security Standard enforced on the workers' namespace. Task pods comply with `restricted`; a lower level leaves
     * room for the pods that DAGs ask for themselves (KubernetesPodOperator, `pod_override`).
     * @default PodSecurityLevel.Baseline
     * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
     */
    readonly workersPodSecurity?: PodSecurityLevel;
}

/** What all Airflow processes and tasks have in common. */
export interface AirflowArgs {
    /**
     * Version of Airflow, 3.2.2 or newer. Earlier ones show whatever file of the api-server a task links to from its log.
     * @default "3.3.2"
     */
    readonly version?: string;
    /**
     * Image of Airflow, with a tag or digest. It must hold the version given above: the migration Job refuses another.
     * @default - `apache/airflow:<version>`
     */
    readonly image?: string;
    /**
     * Address under which people reach the UI. Its path, if any, is the prefix of UI, REST API and Execution API.
     * @default "http://localhost:8080"
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#base-url
     */
    readonly url?: string;
    /**
     * Key that encrypts connections and variables: url-safe base64 of 32 bytes. `new,old` rotates: everything is encrypted
     * again with the new key. A secret.
     * @default - made once and kept in the stack
     * @see https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html
     */
    readonly fernetKey?: pulumi.Input<string>;
    /**
     * Further Airflow options, for all processes and tasks: section, key, value. Options that the component owns and
     * options that hold secrets are refused.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html
     */
    readonly options?: Record<string, Record<string, string>>;
    /**
     * Names of image pull Secrets, which you make in each namespace.
     * @default - none
     */
    readonly imagePullSecrets?: string[];
    /**
     * Domain of the cluster's Services.
     * @default "cluster.local"
     */
    readonly clusterDomain?: string;
}

/** The first user, with the role Admin. */
export interface AdminArgs {
    /**
     * Name to log in with.
     * @default "admin"
     */
    readonly user?: string;
    /**
     * Address that Airflow keeps for the user.
     * @default "admin@example.com"
     */
    readonly email?: string;
    /**
     * Password. A secret. Changing it resets the user's password.
     * @default - made once and kept in the stack
     */
    readonly password?: pulumi.Input<string>;
}

/** One of Airflow's own processes. */
export interface ProcessArgs {
    /**
     * Number of pods, 1 to 20; of the triggerer also 0, where no DAG has a deferrable operator.
     * @default 1
     */
    readonly replicas?: number;
    /** CPU and memory of each pod. */
    readonly resources?: ResourcesArgs;
    /**
     * Further environment variables.
     * @default - none
     */
    readonly env?: EnvironmentVariableArgs[];
    /** Which nodes and with what priority. */
    readonly placement?: PlacementArgs;
}

/** Task pods. */
export interface WorkersArgs {
    /** CPU and memory of a task, unless the task asks for others. */
    readonly resources?: ResourcesArgs;
    /**
     * Further environment variables. They are visible to every task.
     * @default - none
     */
    readonly env?: EnvironmentVariableArgs[];
    /** Which nodes and with what priority. */
    readonly placement?: PlacementArgs;
    /**
     * Further labels.
     * @default - none
     */
    readonly labels?: Record<string, string>;
    /**
     * Further annotations.
     * @default - none
     */
    readonly annotations?: Record<string, string>;
    /**
     * How long a task may clean up after it was asked to stop, in seconds.
     * @default 30
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * How many task pods the scheduler makes in one of its loops.
     * @default 16
     */
    readonly podsCreationBatchSize?: number;
    /**
     * Whether tasks may make pods and Jobs in the workers' namespace themselves, which KubernetesPodOperator and
     * KubernetesJobOperator need. Task pods then carry a token of their ServiceAccount, and the triggerer carries one with
     * which it follows pods and Jobs for tasks that are deferred.
     * @default false
     * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
     */
    readonly kubernetesPodOperator?: boolean;
    /**
     * Whether tasks can write to `/tmp` and the logs only, as Airflow's processes can.
     * @default false, a task may write wherever its user may, up to `resources.ephemeralStorageLimit`
     */
    readonly readOnlyRootFilesystem?: boolean;
}

/**
 * Kubernetes quantities.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface ResourcesArgs {
    /** What the scheduler of Kubernetes reserves: CPU. */
    readonly cpuRequest?: string;
    /** CPU that is never exceeded. */
    readonly cpuLimit?: string;
    /** What the scheduler of Kubernetes reserves: memory. */
    readonly memoryRequest?: string;
    /** Memory; beyond it the container is killed. */
    readonly memoryLimit?: string;
    /**
     * What the scheduler of Kubernetes reserves: disk of the node, for what the container writes.
     * @default - nothing; "128Mi" for tasks
     */
    readonly ephemeralStorageRequest?: string;
    /**
     * Disk of the node: what the container writes to its own files and to `/tmp`, and its log. Beyond it the pod is evicted.
     * @default - none, and "4Gi" for `/tmp`; "8Gi" for tasks
     * @see https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
     */
    readonly ephemeralStorageLimit?: string;
}

/** An environment variable with a literal value, or with one from a Secret that exists in the pod's namespace. */
export interface EnvironmentVariableArgs {
    /** Name of the variable. */
    readonly name: string;
    /** Literal value, in which Kubernetes replaces `$(NAME)` by an earlier variable, and `$$` by `$`. Not for secrets. */
    readonly value?: pulumi.Input<string>;
    /** Name of a Secret, together with `secretKey`. */
    readonly secretName?: pulumi.Input<string>;
    /** Key in that Secret. */
    readonly secretKey?: pulumi.Input<string>;
}

/** Where Kubernetes puts a pod. */
export interface PlacementArgs {
    /**
     * Labels that a node must have.
     * @default - any node
     * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodeselector
     */
    readonly nodeSelector?: Record<string, string>;
    /**
     * Taints that are tolerated.
     * @default - none
     * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
     */
    readonly tolerations?: TolerationArgs[];
    /**
     * Name of a PriorityClass.
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
}

/** A taint that is tolerated. */
export interface TolerationArgs {
    /** Key of the taint; empty matches all. */
    readonly key?: string;
    /** `Equal` or `Exists`. */
    readonly operator?: string;
    /** Value of the taint. */
    readonly value?: string;
    /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. */
    readonly effect?: string;
    /** How long a pod stays after a `NoExecute` taint came. */
    readonly tolerationSeconds?: number;
}
