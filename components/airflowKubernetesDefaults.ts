import type * as pulumi from "@pulumi/pulumi";
import type { ServiceAccountsArgs } from "./access/serviceAccountsArgs";
import {
    type AirflowKubernetesArgs,
    type EnvironmentVariableArgs,
    Hosting,
    type PlacementArgs,
    type ProcessArgs,
} from "./airflowKubernetesArgs";
import { type DagsSettings, dagsSettings } from "./dags/dagsSettings";
import type { PythonPackagesArgs } from "./dags/pythonPackagesArgs";
import { type DatabaseSettings, databaseSettings, postgresImage } from "./database/databaseSettings";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import type { ContainerResources } from "./kubernetes/resources";
import { type LogsSettings, logsSettings } from "./logs/logsSettings";
import { type StorageSettings, storageSettings } from "./storage/storageSettings";

/**
 * The versions that the tests run with, of Airflow from its Python packages and of Postgres from Debian's. What the tests put in
 * place of an image, such as that of git-sync, is not named here.
 */
export const versions = {
    airflow: "3.3.2",
    postgresImage,
} as const;

/** {@link AirflowKubernetesArgs} with nothing left open. */
export interface AirflowSettings {
    readonly hosting: Hosting;
    readonly namespaces: NamespaceNames;
    readonly workersPodSecurity: PodSecurityLevel;
    readonly storage: StorageSettings;
    readonly dags: DagsSettings;
    readonly pythonPackages: PythonPackagesArgs;
    readonly logs: LogsSettings;
    readonly database: DatabaseSettings;
    readonly airflow: CommonSettings;
    readonly admin: { readonly user: string; readonly email: string; readonly password?: pulumi.Input<string> };
    readonly apiServer: ProcessSettings;
    readonly scheduler: ProcessSettings;
    readonly dagProcessor: ProcessSettings;
    readonly triggerer: ProcessSettings;
    readonly workers: WorkerSettings;
    readonly serviceAccounts: ServiceAccountsArgs;
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
    readonly image: string;
    readonly url: string;
    readonly fernetKey?: pulumi.Input<string>;
    readonly options: Record<string, Record<string, string>>;
    readonly imagePullSecrets: string[];
    readonly clusterDomain: string;
}

/** Settings of one of Airflow's processes. */
export interface ProcessSettings {
    readonly replicas: number;
    readonly resources: ContainerResources;
    readonly env: EnvironmentVariableArgs[];
    readonly placement: PlacementArgs;
}

/** Settings of task pods. */
export interface WorkerSettings {
    readonly resources: ContainerResources;
    readonly env: EnvironmentVariableArgs[];
    readonly placement: PlacementArgs;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly terminationGracePeriodSeconds: number;
    readonly podsCreationBatchSize: number;
    readonly kubernetesPodOperator: boolean;
    readonly readOnlyRootFilesystem: boolean;
}

/**
 * Small enough that all of Airflow and some tasks fit on a laptop's two cores. Where tasks want more CPU than there is, each
 * container gets a share by its request: a process gets more than a task, so that the processes stay well.
 */
const resources = {
    apiServer: { cpuRequest: "200m", cpuLimit: "2", memoryRequest: "512Mi", memoryLimit: "2Gi" },
    scheduler: { cpuRequest: "200m", cpuLimit: "2", memoryRequest: "384Mi", memoryLimit: "2Gi" },
    dagProcessor: { cpuRequest: "200m", cpuLimit: "2", memoryRequest: "384Mi", memoryLimit: "2Gi" },
    triggerer: { cpuRequest: "100m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "1Gi" },
    worker: {
        cpuRequest: "100m",
        cpuLimit: "2",
        memoryRequest: "256Mi",
        memoryLimit: "1Gi",
        ephemeralStorageRequest: "128Mi",
        ephemeralStorageLimit: "8Gi",
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
            options: args.airflow?.options ?? {},
            imagePullSecrets: args.airflow?.imagePullSecrets ?? [],
            clusterDomain: args.airflow?.clusterDomain ?? "cluster.local",
        },
        admin: {
            user: args.admin?.user ?? "admin",
            email: args.admin?.email ?? "admin@example.com",
            password: args.admin?.password,
        },
        apiServer: processSettings(args.apiServer, resources.apiServer),
        scheduler: processSettings(args.scheduler, resources.scheduler),
        dagProcessor: processSettings(args.dagProcessor, resources.dagProcessor),
        triggerer: processSettings(args.triggerer, resources.triggerer),
        workers: {
            resources: { ...resources.worker, ...args.workers?.resources },
            env: args.workers?.env ?? [],
            placement: args.workers?.placement ?? {},
            labels: args.workers?.labels ?? {},
            annotations: args.workers?.annotations ?? {},
            terminationGracePeriodSeconds: args.workers?.terminationGracePeriodSeconds ?? 30,
            podsCreationBatchSize: args.workers?.podsCreationBatchSize ?? 16,
            kubernetesPodOperator: args.workers?.kubernetesPodOperator ?? false,
            readOnlyRootFilesystem: args.workers?.readOnlyRootFilesystem ?? false,
        },
        serviceAccounts: args.serviceAccounts ?? {},
    };
}

function processSettings(args: ProcessArgs | undefined, size: ContainerResources): ProcessSettings {
    return {
        replicas: args?.replicas ?? 1,
        resources: { ...size, ...args?.resources },
        env: args?.env ?? [],
        placement: args?.placement ?? {},
    };
}
