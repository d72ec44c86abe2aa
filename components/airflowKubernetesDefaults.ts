import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceAccountsArgs } from "./access/serviceAccountsArgs";
import { type AirflowKubernetesArgs, Hosting, type ProcessArgs } from "./airflowKubernetesArgs";
import { type DagsSettings, dagsSettings } from "./dags/dagsSettings";
import type { PythonPackagesArgs } from "./dags/pythonPackagesArgs";
import { type DatabaseSettings, databaseSettings, postgresImage } from "./database/databaseSettings";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import { type ContainerResources, jobResources, withResources } from "./kubernetes/resources";
import type { SecretKeyArgs } from "./kubernetes/secretKeyArgs";
import { type LogsSettings, logsSettings } from "./logs/logsSettings";
import type { PodTemplatePatch } from "./pods/podTemplate";
import { type StorageSettings, storageSettings } from "./storage/storageSettings";
import type { AddedMetadata } from "./validation/metadata";

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
    readonly namespaceMetadata: AddedMetadata;
    readonly workersPodSecurity: PodSecurityLevel;
    readonly storage: StorageSettings;
    readonly dags: DagsSettings;
    readonly pythonPackages: PythonPackagesArgs;
    readonly logs: LogsSettings;
    readonly database: DatabaseSettings;
    readonly airflow: CommonSettings;
    readonly admin: AdminSettings;
    readonly apiServer: ProcessSettings;
    readonly scheduler: ProcessSettings;
    readonly dagProcessor: ProcessSettings;
    readonly triggerer: ProcessSettings;
    readonly workers: WorkerSettings;
    readonly serviceAccounts: ServiceAccountsArgs;
}

/** Settings of the first user. */
export interface AdminSettings {
    readonly user: string;
    readonly email: string;
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
    readonly url: string;
    readonly fernetKey?: pulumi.Input<string>;
    readonly fernetKeySecret?: SecretKeyArgs;
    readonly jwtSecret?: SecretKeyArgs;
    readonly apiSecretKey?: SecretKeyArgs;
    readonly options: Record<string, Record<string, string>>;
    readonly imagePullSecrets: string[];
    readonly env: EnvVar[];
    readonly envFrom: k8s.types.input.core.v1.EnvFromSource[];
    readonly podTemplate?: PodTemplatePatch;
    readonly clusterDomain: string;
    readonly jobs: JobSettings;
}

/** Settings of the Jobs of Airflow's image. */
export interface JobSettings {
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

/** Settings of task pods. */
export interface WorkerSettings {
    readonly resources: ContainerResources;
    readonly env: EnvVar[];
    readonly podTemplate?: PodTemplatePatch;
    readonly templates: Readonly<Record<string, PodTemplatePatch>>;
    readonly podsCreationBatchSize: number;
    readonly kubernetesPodOperator: boolean;
    readonly podNamespaces: string[];
    readonly rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * Small enough that all of Airflow and some tasks fit on a laptop's two cores. Where tasks want more CPU than there is, each
 * container gets a share by its request: a process gets more than a task, so that the processes stay well.
 */
const resources = {
    apiServer: { requests: { cpu: "200m", memory: "512Mi" }, limits: { cpu: "2", memory: "2Gi" } },
    scheduler: { requests: { cpu: "200m", memory: "384Mi" }, limits: { cpu: "2", memory: "2Gi" } },
    dagProcessor: { requests: { cpu: "200m", memory: "384Mi" }, limits: { cpu: "2", memory: "2Gi" } },
    triggerer: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "1", memory: "1Gi" } },
    worker: {
        requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "128Mi" },
        limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "8Gi" },
    },
} as const;

/** Fills in every default. */
export function withDefaults(args: AirflowKubernetesArgs): AirflowSettings {
    const version = args.airflow?.version ?? versions.airflow;
    const hosting = args.hosting ?? Hosting.Minikube;
    const namespaces = {
        airflow: args.namespaces?.airflow ?? "airflow",
        workers: args.namespaces?.workers ?? "airflow-workers",
        storage: args.namespaces?.storage ?? "airflow-storage",
    };
    return {
        hosting,
        namespaces,
        namespaceMetadata: { labels: args.namespaces?.labels, annotations: args.namespaces?.annotations },
        workersPodSecurity: args.namespaces?.workersPodSecurity ?? PodSecurityLevel.Baseline,
        storage: storageSettings(args.storage, hosting, namespaces.airflow),
        dags: dagsSettings(args.dags),
        pythonPackages: args.pythonPackages ?? {},
        logs: logsSettings(args.logs),
        database: databaseSettings(args.database),
        airflow: {
            version,
            image: args.airflow?.image ?? `apache/airflow:${version}`,
            url: (args.airflow?.url ?? "http://localhost:8080").replace(/\/+$/, ""),
            fernetKey: args.airflow?.fernetKey,
            fernetKeySecret: args.airflow?.fernetKeySecret,
            jwtSecret: args.airflow?.jwtSecret,
            apiSecretKey: args.airflow?.apiSecretKey,
            options: args.airflow?.options ?? {},
            imagePullSecrets: args.airflow?.imagePullSecrets ?? [],
            env: args.airflow?.env ?? [],
            envFrom: args.airflow?.envFrom ?? [],
            podTemplate: args.airflow?.podTemplate,
            clusterDomain: args.airflow?.clusterDomain ?? "cluster.local",
            jobs: {
                resources: withResources(jobResources, args.jobs?.resources),
                podTemplate: args.jobs?.podTemplate,
            },
        },
        admin: {
            user: args.admin?.user ?? "admin",
            email: args.admin?.email ?? "admin@example.com",
            password: args.admin?.password,
            passwordSecret: args.admin?.passwordSecret,
        },
        apiServer: processSettings(args.apiServer, resources.apiServer),
        scheduler: processSettings(args.scheduler, resources.scheduler),
        dagProcessor: processSettings(args.dagProcessor, resources.dagProcessor),
        triggerer: processSettings(args.triggerer, resources.triggerer),
        workers: {
            resources: withResources(resources.worker, args.workers?.resources),
            env: args.workers?.env ?? [],
            podTemplate: args.workers?.podTemplate,
            templates: args.workers?.templates ?? {},
            podsCreationBatchSize: args.workers?.podsCreationBatchSize ?? 16,
            kubernetesPodOperator: args.workers?.kubernetesPodOperator ?? false,
            podNamespaces: args.workers?.podNamespaces ?? [],
            rules: args.workers?.rules ?? [],
        },
        serviceAccounts: args.serviceAccounts ?? {},
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
