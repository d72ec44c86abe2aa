import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceAccountsArgs } from "./access/serviceAccountsArgs";
import type { DagsArgs } from "./dags/dagsArgs";
import type { PythonPackagesArgs } from "./dags/pythonPackagesArgs";
import type { DatabaseArgs } from "./database/databaseArgs";
import type { PodSecurityLevel } from "./kubernetes/podSecurity";
import type { SecretKeyArgs } from "./kubernetes/secretKeyArgs";
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
    /** Names of the namespaces, and what else they are known by. */
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
    /** The Jobs that an update runs, and the CronJob that cleans up logs. */
    readonly jobs?: JobsArgs;
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
    /**
     * Labels of the namespaces beside the component's own, such as one that a service mesh or a NetworkPolicy looks for.
     * @default - none
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
    /**
     * Annotations of the namespaces, such as a project of Rancher.
     * @default - none
     */
    readonly annotations?: Record<string, pulumi.Input<string>>;
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
    readonly image?: pulumi.Input<string>;
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
     * Where the fernet key lies, in place of `fernetKey`.
     * @default - none
     */
    readonly fernetKeySecret?: SecretKeyArgs;
    /**
     * Where the key lies that signs the tokens of users and tasks, 64 bytes or more.
     * @default - made once and kept in the stack
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#jwt-secret
     */
    readonly jwtSecret?: SecretKeyArgs;
    /**
     * Where the key lies that signs sessions, and requests for logs of the triggerer.
     * @default - made once and kept in the stack
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#secret-key
     */
    readonly apiSecretKey?: SecretKeyArgs;
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
     * Further environment variables of all Airflow processes, Jobs and tasks, such as `HTTPS_PROXY`. Every task can read them.
     * @default - none
     * @see https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
     */
    readonly env?: k8s.types.input.core.v1.EnvVar[];
    /**
     * ConfigMaps and Secrets whose keys become environment variables of all Airflow processes, Jobs and tasks. They have to
     * exist in the namespaces `airflow` and `workers`.
     * @default - none
     * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
     */
    readonly envFrom?: k8s.types.input.core.v1.EnvFromSource[];
    /**
     * What is merged onto every pod that the component makes, also those of Postgres, git-sync and the NFS server. A container
     * named `*` stands for each of the component's own.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
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
    /**
     * Where the password lies, in place of `password`. The output `adminPassword` is then empty.
     * @default - none
     */
    readonly passwordSecret?: SecretKeyArgs;
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
    readonly env?: k8s.types.input.core.v1.EnvVar[];
    /**
     * What is merged onto its pods. Its container has the name of its command, such as `api-server`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** Jobs of Airflow's image: migration, first user, loading and checks of DAGs, volumes, clean-up of logs. */
export interface JobsArgs {
    /** CPU and memory of a Job that runs Airflow: 100m to 2 CPUs and 256Mi to 1Gi unless given. */
    readonly resources?: ResourcesArgs;
    /**
     * What is merged onto their pods. A container named `*` stands for each of the component's own. A changed one runs the
     * Jobs again.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** Task pods. */
export interface WorkersArgs {
    /** CPU and memory of a task, unless the task asks for others. */
    readonly resources?: ResourcesArgs;
    /**
     * Further environment variables. They are visible to every task.
     * @default - none
     */
    readonly env?: k8s.types.input.core.v1.EnvVar[];
    /**
     * What is merged onto the pod of each task. Its container is called `base`; a task changes more with `pod_override`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
    /**
     * Further kinds of task pods by name, such as `gpu`, each merged onto the one above. A task asks for it with
     * `executor_config={"pod_template_file": "/opt/airflow/pod_templates/gpu.yaml"}`.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
     */
    readonly templates?: Record<string, k8s.types.input.core.v1.PodTemplateSpecPatch>;
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
     * Further namespaces in which tasks may make pods and Jobs, and the triggerer may follow them; together with
     * `kubernetesPodOperator`. They have to exist.
     * @default - none
     */
    readonly podNamespaces?: string[];
    /**
     * Further rights of tasks and the triggerer, in the workers' namespace and in `podNamespaces`, such as those on custom
     * resources of Spark or Ray. Task pods then carry a token of their ServiceAccount.
     * @default - none
     * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
     */
    readonly rules?: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * What a container reserves and what it never exceeds, as Kubernetes quantities by resource: `cpu`, `memory`,
 * `ephemeral-storage`, or that of a device such as `nvidia.com/gpu`.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface ResourcesArgs {
    /**
     * What the scheduler of Kubernetes reserves.
     * @default - what the component asks for, also for each resource that is left out
     */
    readonly requests?: Record<string, pulumi.Input<string>>;
    /**
     * CPU that is never exceeded; memory beyond which the container is killed; `ephemeral-storage`, which counts `/tmp` and the
     * container's log too, beyond which the pod is evicted. Of CPU and memory, what is left out here has no limit.
     * @default - those of the component
     */
    readonly limits?: Record<string, pulumi.Input<string>>;
}
