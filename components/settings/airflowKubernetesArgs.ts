import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PodSecurityLevel, PodUser } from "../kubernetes/podSecurity";
import type { ResourcesArgs } from "../kubernetes/resourcesArgs";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { AuthArgs } from "./authArgs";
import type { DagsArgs } from "./dagsArgs";
import type { DatabaseArgs } from "./databaseArgs";
import type { ExternalServiceArgs, HttpRouteArgs, IngressArgs } from "./exposureArgs";
import type { LogsArgs } from "./logsArgs";
import type { MetricsArgs } from "./metricsArgs";
import type { NetworkPoliciesArgs } from "./networkPoliciesArgs";
import type { PoolArgs } from "./poolArgs";
import type { PythonPackagesArgs } from "./pythonPackagesArgs";
import type { RegistryArgs } from "./registryArgs";
import type { ServiceAccountsArgs } from "./serviceAccountsArgs";
import type { StorageArgs } from "./storageArgs";

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
     * @see docs/storage.md
     */
    readonly hosting?: Hosting;
    /** Names, labels and annotations of the namespaces. */
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
    /** How people sign in, and what they may do. */
    readonly auth?: AuthArgs;
    /** The api-server: UI, REST API, and the Execution API of the tasks. */
    readonly apiServer?: ApiServerArgs;
    /** The Execution API, which tasks report to, on api-servers of its own. */
    readonly executionApi?: ExecutionApiArgs;
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
    /** Airflow's ServiceAccounts: their annotations and labels, by which a cloud gives them a role, or others in their place. */
    readonly serviceAccounts?: ServiceAccountsArgs;
    /** What pods say of the user that they run as. */
    readonly podSecurity?: PodSecurityArgs;
    /** NetworkPolicies: who may open connections to the installation's pods. */
    readonly networkPolicies?: NetworkPoliciesArgs;
    /** Metrics, and what Prometheus and Grafana make of them. */
    readonly metrics?: MetricsArgs;
}

/** What pods say of the user that they run as. */
export interface PodSecurityArgs {
    /**
     * Who says as which user pods run. With `platform` no pod names a user or a group, so that OpenShift can give it some.
     * @default PodUser.Image
     * @see docs/shared-clusters.md#openshift
     * @see https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html
     */
    readonly user?: PodUser;
}

/** Names are plain strings: volumes refer to them before the namespaces exist. */
export interface NamespacesArgs {
    /**
     * Whether the component makes the namespaces. With `false` they exist, an update needs no rights outside of them, and
     * `destroy` leaves them.
     * @default true
     * @see docs/shared-clusters.md
     */
    readonly create?: boolean;
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
     * Pods that cannot comply with the `restricted` Pod Security Standard: the Job that prepares the volumes. Names of retained
     * namespaces begin with it. Not needed with the storage kind `claims`.
     * @default "airflow-storage"
     */
    readonly storage?: string;
    /**
     * Pod Security Standard enforced on the workers' namespace. Task pods comply with `restricted`; a lower level leaves
     * room for the pods that DAGs ask for themselves (KubernetesPodOperator, `pod_override`). With `create: false` it says what
     * that namespace enforces.
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
     * Version of Airflow, 3.2.2 or newer. In earlier ones a task can read any file of the api-server through a link in place of
     * its log.
     * @default "3.3.2"
     */
    readonly version?: string;
    /**
     * Image of Airflow, with a tag or digest. It must hold the version given above: the migration Job refuses another.
     * @default - `apache/airflow:<version>`
     */
    readonly image?: pulumi.Input<string>;
    /**
     * Image of the newer Airflow that the database was last used with, to go back to an older `version`: the migration Job has it
     * undo its migrations first. It changes nothing otherwise, and may stay until the next upgrade.
     * @default - none: a database with the schema of a newer Airflow is refused
     * @see docs/upgrade.md#going-back
     */
    readonly downgradeFrom?: pulumi.Input<string>;
    /**
     * How long the migration Job may take, in seconds: 60 to 86400. A large run history takes its time.
     * @default 1800
     * @see docs/upgrade.md#large-histories
     */
    readonly migrationTimeoutSeconds?: number;
    /**
     * Address under which people reach the UI. Its path, if any, is the prefix of UI, REST API and Execution API.
     * @default "http://localhost:8080"
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#base-url
     */
    readonly url?: pulumi.Input<string>;
    /**
     * Key that encrypts connections and variables: url-safe base64 of 32 bytes. `new,old` rotates: everything is encrypted
     * again with the new key. A secret.
     * @default - made once and kept in the stack
     * @see https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html
     */
    readonly fernetKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with the fernet key, in place of `fernetKey`.
     * @default - none
     * @see docs/security.md#secrets-that-somebody-else-keeps
     */
    readonly fernetKeySecret?: SecretKeyArgs;
    /**
     * Key that signs tokens of users and tasks, 32 characters or more, without commas. `new,old` rotates: the new one signs, and both
     * are trusted. A secret.
     * @default - made once and kept in the stack
     * @see docs/operations.md#rotate-keys
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#jwt-secret
     */
    readonly jwtKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with it, in place of `jwtKey`.
     * @default - none
     */
    readonly jwtKeySecret?: SecretKeyArgs;
    /**
     * Key that signs sessions, and requests for logs of the triggerer, 16 characters or more. Another one ends the sessions. A
     * secret.
     * @default - made once and kept in the stack
     * @see docs/operations.md#rotate-keys
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#secret-key
     */
    readonly apiSecretKey?: pulumi.Input<string>;
    /**
     * Key of a Secret with it, in place of `apiSecretKey`.
     * @default - none
     */
    readonly apiSecretKeySecret?: SecretKeyArgs;
    /**
     * Further Airflow options, for all processes and tasks: section, key, value. Options that the component decides on, and
     * those that Airflow marks as sensitive, are refused with what to set instead.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html
     */
    readonly options?: Record<string, Record<string, pulumi.Input<string>>>;
    /**
     * Connections by id: a URI, or the JSON object that Airflow takes in its place. Secrets, kept in Airflow's database, which
     * tasks get from the Execution API. One that leaves the arguments is removed; one that somebody else made is never changed.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html
     */
    readonly connections?: Record<string, pulumi.Input<string>>;
    /**
     * Variables by key, kept in the same way. Secrets.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/variable.html
     */
    readonly variables?: Record<string, pulumi.Input<string>>;
    /**
     * Pools by name, kept in the same way. `default_pool` may be among them: it is changed, and given back when it leaves.
     * @default - none
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/pools.html
     */
    readonly pools?: Record<string, PoolArgs>;
    /**
     * Names of image pull Secrets, which you make in each namespace.
     * @default - none
     */
    readonly imagePullSecrets?: pulumi.Input<string>[];
    /**
     * Registries that ask for a login, each with `server`, `username` and `password`, which is secret. The component makes the pull
     * Secret `airflow-registries` of them, in each namespace where pods run.
     * @default - none
     * @see docs/shared-clusters.md#images-of-a-registry-with-a-login
     * @see https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
     */
    readonly registries?: RegistryArgs[];
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
     * Patch of every pod that the component makes, including those of Postgres, git-sync and the NFS server. A container named
     * `*` stands for each of the component's own.
     * @default - nothing
     * @see docs/pods.md
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
    /**
     * Python of an `airflow_local_settings.py`, such as cluster policies, for all processes and tasks. It takes the place of one
     * in the image. A changed one rolls the processes.
     * @default - that of the image, if it has one
     * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
     */
    readonly localSettings?: pulumi.Input<string>;
    /**
     * Domain of the cluster's Services.
     * @default "cluster.local"
     */
    readonly clusterDomain?: string;
}

/** The first user, with the role Admin. */
export interface AdminArgs {
    /**
     * Whether there is one. With `false` none is made, and the one of before can no longer log in.
     * @default true
     * @see docs/sign-in.md#without-the-first-user
     */
    readonly enabled?: boolean;
    /**
     * Name to log in with. With another one, a user of that name is made, and the one before can no longer log in.
     * @default "admin"
     */
    readonly user?: pulumi.Input<string>;
    /**
     * Address that Airflow keeps for the user.
     * @default "admin@example.com"
     */
    readonly email?: pulumi.Input<string>;
    /**
     * Password, at least 8 characters. A secret. Changing it resets the user's password; one that was changed in the UI otherwise
     * stays.
     * @default - made once and kept in the stack
     */
    readonly password?: pulumi.Input<string>;
    /**
     * Key of a Secret with the password, in place of `password`. The output `adminPassword` is then empty.
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
     * Patch of its pods. Its container has the name of its command, such as `api-server`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
}

/** Api-servers of the Execution API alone. */
export interface ExecutionApiArgs extends ProcessArgs {
    /**
     * Whether there are any. What people do in the UI then takes nothing from what tasks report to, and tasks reach nothing else.
     * @default - no: the api-server serves it, too
     * @see docs/exposure.md#the-execution-api-apart
     */
    readonly enabled?: boolean;
}

/** The api-server. Of `ingress`, `httpRoute` and `externalService` one may be given. */
export interface ApiServerArgs extends ProcessArgs {
    /**
     * An Ingress, with the host and path of `airflow.url`.
     * @default - none
     */
    readonly ingress?: IngressArgs;
    /**
     * An HTTPRoute of the Gateway API, with the host and path of `airflow.url`.
     * @default - none
     */
    readonly httpRoute?: HttpRouteArgs;
    /**
     * A Service of type NodePort or LoadBalancer.
     * @default - none
     */
    readonly externalService?: ExternalServiceArgs;
    /**
     * Annotations of its Service inside the cluster, for what stands before it, such as `cloud.google.com/backend-config`.
     * @default - none
     */
    readonly serviceAnnotations?: Record<string, pulumi.Input<string>>;
    /**
     * Addresses and ranges of the proxies that the api-server believes when they say by which protocol, and from where, a request
     * came; `*` stands for all.
     * @default - all with an https URL, since what ends TLS may have any address; otherwise a port-forward alone
     * @see https://www.uvicorn.org/deployment/#proxies-and-forwarded-headers
     */
    readonly trustedProxies?: pulumi.Input<string>[];
    /**
     * Python of a `webserver_config.py`: how people log in (OAuth, LDAP) and which roles they get, where `auth.oidc` and `auth.ldap`
     * do not suffice. It lies in a ConfigMap, so it holds no secret: it reads that from `os.environ`, which `env` fills from a
     * Secret.
     * @default - that of the image, if it has one
     * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/webserver-authentication.html
     */
    readonly webserverConfig?: pulumi.Input<string>;
}

/** Jobs of Airflow's image: migration, first user, loading and checks of DAGs, volumes, clean-up of logs. */
export interface JobsArgs {
    /** CPU and memory of a Job that runs Airflow: 100m to 2 CPUs and 256Mi to 1Gi unless given. */
    readonly resources?: ResourcesArgs;
    /**
     * Patch of their pods. A container named `*` stands for each of the component's own. A change re-runs the Jobs.
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
     * Patch of the pod of each task. Its container is called `base`; a task changes more with `pod_override`.
     * @default - nothing
     * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
     */
    readonly podTemplate?: k8s.types.input.core.v1.PodTemplateSpecPatch;
    /**
     * Further kinds of task pods by name, such as `gpu`, each merged onto the one above. A task asks for it with
     * `executor_config={"pod_template_file": "/opt/airflow/pod_templates/gpu.yaml"}`.
     * @default - none
     * @see docs/pods.md#further-templates-for-tasks
     * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
     */
    readonly templates?: Record<string, k8s.types.input.core.v1.PodTemplateSpecPatch>;
    /**
     * How many task pods the scheduler makes in one of its loops.
     * @default 16
     */
    readonly podsCreationBatchSize?: number;
    /**
     * How long the pod of a failed task is kept, in seconds after its end, up to 2592000; then the scheduler removes it. Evicted pods
     * and those of a scheduler that is gone are among them. 0 keeps them for ever.
     * @default 3600
     */
    readonly keepFailedPodsSeconds?: number;
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
     * @see docs/security.md#kubernetes-api
     * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
     */
    readonly rules?: k8s.types.input.rbac.v1.PolicyRule[];
}
