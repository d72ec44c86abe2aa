import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { names } from "../kubernetes/names";
import { PodSecurityLevel, PodUser } from "../kubernetes/podSecurity";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { type ContainerResources, jobResources, withDisk, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { AddedMetadata } from "../validation/metadata";
import { type AirflowKubernetesArgs, Hosting, type ProcessArgs } from "./airflowKubernetesArgs";
import { type AuthSettings, authSettings } from "./authSettings";
import { type DagsSettings, dagsSettings } from "./dagsSettings";
import { backsUpToVolume, type DatabaseSettings, databaseSettings, postgresImage } from "./databaseSettings";
import type { ExternalServiceArgs, HttpRouteArgs, IngressArgs } from "./exposureArgs";
import { type LogsSettings, logsSettings } from "./logsSettings";
import { type MetricsSettings, metricsSettings } from "./metricsSettings";
import { type NetworkPoliciesSettings, networkPoliciesSettings } from "./networkPoliciesSettings";
import type { PoolArgs } from "./poolArgs";
import type { PythonPackagesArgs } from "./pythonPackagesArgs";
import type { RegistryArgs } from "./registryArgs";
import type { ServiceAccountsArgs } from "./serviceAccountsArgs";
import { accountName } from "./serviceAccountsSettings";
import { type StorageSettings, storageSettings } from "./storageSettings";

/**
 * The versions that the tests run with, of Airflow from its Python packages and of Postgres from Debian's. What the tests put in
 * place of an image, such as that of git-sync, is not named here.
 */
export const versions = {
    airflow: "3.3.2",
    postgresImage,
} as const;

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** {@link AirflowKubernetesArgs} with nothing left open. */
export interface AirflowSettings {
    readonly hosting: Hosting;
    readonly namespaces: NamespaceNames;
    /** Whether the component makes them. */
    readonly createNamespaces: boolean;
    readonly namespaceMetadata: AddedMetadata;
    readonly workersPodSecurity: PodSecurityLevel;
    readonly storage: StorageSettings;
    readonly dags: DagsSettings;
    readonly pythonPackages: PythonPackagesArgs;
    readonly logs: LogsSettings;
    readonly database: DatabaseSettings;
    readonly airflow: CommonSettings;
    readonly objects: ObjectSettings;
    readonly admin: AdminSettings;
    readonly auth: AuthSettings;
    readonly apiServer: ApiServerSettings;
    /** Undefined where the api-server serves the Execution API, too. */
    readonly executionApi?: ProcessSettings;
    readonly scheduler: ProcessSettings;
    readonly dagProcessor: ProcessSettings;
    readonly triggerer: ProcessSettings;
    readonly workers: WorkerSettings;
    readonly serviceAccounts: ServiceAccountsArgs;
    readonly networkPolicies: NetworkPoliciesSettings;
    readonly metrics: MetricsSettings;
}

/** What of Airflow's database the stack manages, by name. */
export interface ObjectSettings {
    readonly connections: Readonly<Record<string, pulumi.Input<string>>>;
    readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
    readonly pools: Readonly<Record<string, PoolArgs>>;
}

/** Settings of the first user. */
export interface AdminSettings {
    /** Whether there is one. */
    readonly enabled: boolean;
    readonly user: pulumi.Input<string>;
    readonly email: pulumi.Input<string>;
    readonly password?: pulumi.Input<string>;
    readonly passwordSecret?: SecretKeyArgs;
}

/** Names of the namespaces, known before any of them exists. */
export interface NamespaceNames {
    readonly airflow: string;
    readonly workers: string;
    readonly storage: string;
}

/** Settings of all Airflow processes and tasks. */
export interface CommonSettings {
    readonly version: string;
    readonly image: pulumi.Input<string>;
    readonly downgradeFrom?: pulumi.Input<string>;
    readonly migrationTimeoutSeconds: number;
    readonly url: pulumi.Input<string>;
    readonly fernetKey?: pulumi.Input<string>;
    readonly fernetKeySecret?: SecretKeyArgs;
    readonly jwtKey?: pulumi.Input<string>;
    readonly jwtKeySecret?: SecretKeyArgs;
    readonly apiSecretKey?: pulumi.Input<string>;
    readonly apiSecretKeySecret?: SecretKeyArgs;
    readonly options: Record<string, Record<string, pulumi.Input<string>>>;
    /** Names of all pull Secrets, that of the registries among them. */
    readonly imagePullSecrets: pulumi.Input<string>[];
    readonly registries: RegistryArgs[];
    /** Who says as which user pods run. */
    readonly podUser: PodUser;
    readonly env: EnvVar[];
    readonly envFrom: k8s.types.input.core.v1.EnvFromSource[];
    readonly podTemplate?: PodTemplatePatch;
    readonly localSettings?: pulumi.Input<string>;
    readonly clusterDomain: string;
    readonly jobs: JobSettings;
}

/** Settings of the Jobs of Airflow's image. */
export interface JobSettings {
    readonly serviceAccount: pulumi.Input<string>;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

/** Settings of one of Airflow's processes. */
export interface ProcessSettings {
    readonly replicas: number;
    readonly resources: ContainerResources;
    readonly env: EnvVar[];
    readonly podTemplate?: PodTemplatePatch;
}

/** Settings of the api-server. */
export interface ApiServerSettings extends ProcessSettings {
    readonly ingress?: IngressArgs;
    readonly httpRoute?: HttpRouteArgs;
    readonly externalService?: ExternalServiceArgs;
    readonly serviceAnnotations: Readonly<Record<string, pulumi.Input<string>>>;
    /** Undefined for those that follow from the URL. */
    readonly trustedProxies?: pulumi.Input<string>[];
    readonly webserverConfig?: pulumi.Input<string>;
}

/** Settings of task pods. */
export interface WorkerSettings {
    readonly resources: ContainerResources;
    readonly env: EnvVar[];
    readonly podTemplate?: PodTemplatePatch;
    readonly templates: Readonly<Record<string, PodTemplatePatch>>;
    readonly podsCreationBatchSize: number;
    readonly keepFailedPodsSeconds: number;
    readonly kubernetesPodOperator: boolean;
    readonly podNamespaces: string[];
    readonly rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * Small enough that all of Airflow and some tasks fit on a laptop's two cores. Where tasks want more CPU than there is, each
 * container gets a share by its request: a process gets more than a task, so that the processes stay well.
 */
const resources = {
    apiServer: withDisk({ requests: { cpu: "200m", memory: "512Mi" }, limits: { cpu: "2", memory: "2Gi" } }),
    executionApi: withDisk({ requests: { cpu: "200m", memory: "384Mi" }, limits: { cpu: "2", memory: "1Gi" } }),
    scheduler: withDisk({ requests: { cpu: "200m", memory: "384Mi" }, limits: { cpu: "2", memory: "2Gi" } }),
    dagProcessor: withDisk({ requests: { cpu: "200m", memory: "384Mi" }, limits: { cpu: "2", memory: "2Gi" } }),
    triggerer: withDisk({ requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "1", memory: "1Gi" } }),
    worker: {
        requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "128Mi" },
        limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "8Gi" },
    },
};

/** Fills in every default. */
export function withDefaults(args: AirflowKubernetesArgs): AirflowSettings {
    const version = args.airflow?.version ?? versions.airflow;
    const hosting = args.hosting ?? Hosting.Minikube;
    const podUser = args.podSecurity?.user ?? PodUser.Image;
    const registries = args.airflow?.registries ?? [];
    const serviceAccounts = args.serviceAccounts ?? {};
    const database = databaseSettings(args.database);
    const backupsSize = backsUpToVolume(database) ? database.backup?.size : undefined;
    const namespaces = {
        airflow: args.namespaces?.airflow ?? "airflow",
        workers: args.namespaces?.workers ?? "airflow-workers",
        storage: args.namespaces?.storage ?? "airflow-storage",
    };
    return {
        hosting,
        namespaces,
        createNamespaces: args.namespaces?.create ?? true,
        namespaceMetadata: { labels: args.namespaces?.labels, annotations: args.namespaces?.annotations },
        workersPodSecurity: args.namespaces?.workersPodSecurity ?? PodSecurityLevel.Baseline,
        storage: storageSettings(args.storage, hosting, namespaces.airflow, podUser, backupsSize),
        dags: dagsSettings(args.dags),
        pythonPackages: args.pythonPackages ?? {},
        logs: logsSettings(args.logs),
        database,
        airflow: {
            version,
            image: args.airflow?.image ?? `apache/airflow:${version}`,
            downgradeFrom: args.airflow?.downgradeFrom,
            migrationTimeoutSeconds: args.airflow?.migrationTimeoutSeconds ?? 1800,
            url: mapInput(args.airflow?.url ?? "http://localhost:8080", (url) => url.replace(/\/+$/, "")),
            fernetKey: args.airflow?.fernetKey,
            fernetKeySecret: args.airflow?.fernetKeySecret,
            jwtKey: args.airflow?.jwtKey,
            jwtKeySecret: args.airflow?.jwtKeySecret,
            apiSecretKey: args.airflow?.apiSecretKey,
            apiSecretKeySecret: args.airflow?.apiSecretKeySecret,
            options: args.airflow?.options ?? {},
            imagePullSecrets: [
                ...(args.airflow?.imagePullSecrets ?? []),
                ...(registries.length > 0 ? [names.registries] : []),
            ],
            registries,
            podUser,
            env: args.airflow?.env ?? [],
            envFrom: args.airflow?.envFrom ?? [],
            podTemplate: args.airflow?.podTemplate,
            localSettings: args.airflow?.localSettings,
            clusterDomain: args.airflow?.clusterDomain ?? "cluster.local",
            jobs: {
                serviceAccount: accountName(serviceAccounts, "jobs"),
                resources: withResources(jobResources, args.jobs?.resources),
                podTemplate: args.jobs?.podTemplate,
            },
        },
        objects: {
            connections: args.airflow?.connections ?? {},
            variables: args.airflow?.variables ?? {},
            pools: args.airflow?.pools ?? {},
        },
        admin: {
            enabled: args.admin?.enabled ?? true,
            user: args.admin?.user ?? "admin",
            email: args.admin?.email ?? "admin@example.com",
            password: args.admin?.password,
            passwordSecret: args.admin?.passwordSecret,
        },
        auth: authSettings(args.auth),
        apiServer: {
            ...processSettings(args.apiServer, resources.apiServer),
            ingress: args.apiServer?.ingress,
            httpRoute: args.apiServer?.httpRoute,
            externalService: args.apiServer?.externalService,
            serviceAnnotations: args.apiServer?.serviceAnnotations ?? {},
            trustedProxies: args.apiServer?.trustedProxies,
            webserverConfig: args.apiServer?.webserverConfig,
        },
        executionApi: args.executionApi?.enabled
            ? processSettings(args.executionApi, resources.executionApi)
            : undefined,
        scheduler: processSettings(args.scheduler, resources.scheduler),
        dagProcessor: processSettings(args.dagProcessor, resources.dagProcessor),
        triggerer: processSettings(args.triggerer, resources.triggerer),
        workers: {
            resources: withResources(resources.worker, args.workers?.resources),
            env: args.workers?.env ?? [],
            podTemplate: args.workers?.podTemplate,
            templates: args.workers?.templates ?? {},
            podsCreationBatchSize: args.workers?.podsCreationBatchSize ?? 16,
            keepFailedPodsSeconds: args.workers?.keepFailedPodsSeconds ?? 3600,
            kubernetesPodOperator: args.workers?.kubernetesPodOperator ?? false,
            podNamespaces: args.workers?.podNamespaces ?? [],
            rules: args.workers?.rules ?? [],
        },
        serviceAccounts,
        networkPolicies: networkPoliciesSettings(args.networkPolicies),
        metrics: metricsSettings(args.metrics),
    };
}

function processSettings(args: ProcessArgs | undefined, size: ContainerResources): ProcessSettings {
    return {
        replicas: args?.replicas ?? 1,
        resources: withResources(size, args?.resources),
        env: args?.env ?? [],
        podTemplate: args?.podTemplate,
    };
}
