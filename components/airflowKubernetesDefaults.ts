import type * as pulumi from "@pulumi/pulumi";
import {
    type AirflowKubernetesArgs,
    type EnvironmentVariableArgs,
    Hosting,
    type PlacementArgs,
    type ProcessArgs,
    type ResourcesArgs,
} from "./airflowKubernetesArgs";
import { type DagsSettings, dagsSettings, gitSyncImage } from "./dags/dagsSettings";
import type { PythonPackagesArgs } from "./dags/pythonPackagesArgs";
import { type DatabaseSettings, databaseSettings, postgresImage } from "./database/databaseSettings";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import { type LogsSettings, logsSettings } from "./logs/logsSettings";
import { nfsServerImage, type StorageSettings, storageSettings } from "./storage/storageSettings";

/** The versions that the tests run with. */
export const versions = {
    airflow: "3.3.2",
    postgresImage,
    gitSyncImage,
    nfsServerImage,
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
    readonly resources: Required<ResourcesArgs>;
    readonly env: EnvironmentVariableArgs[];
    readonly placement: PlacementArgs;
}

/** Settings of task pods. */
export interface WorkerSettings {
    readonly resources: Required<ResourcesArgs>;
    readonly env: EnvironmentVariableArgs[];
    readonly placement: PlacementArgs;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly terminationGracePeriodSeconds: number;
    readonly podsCreationBatchSize: number;
    readonly kubernetesPodOperator: boolean;
}

/** Small enough that all of Airflow and some tasks fit on a laptop's two cores. */
const resources = {
    apiServer: { cpuRequest: "100m", cpuLimit: "2", memoryRequest: "512Mi", memoryLimit: "2Gi" },
    scheduler: { cpuRequest: "100m", cpuLimit: "2", memoryRequest: "384Mi", memoryLimit: "2Gi" },
    dagProcessor: { cpuRequest: "100m", cpuLimit: "2", memoryRequest: "384Mi", memoryLimit: "2Gi" },
    triggerer: { cpuRequest: "50m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "1Gi" },
    worker: { cpuRequest: "100m", cpuLimit: "2", memoryRequest: "256Mi", memoryLimit: "1Gi" },
} as const;

/** Fills in every default. */
export function withDefaults(args: AirflowKubernetesArgs): AirflowSettings {
    const version = args.airflow?.version ?? versions.airflow;
    return {
        hosting: args.hosting ?? Hosting.Minikube,
        namespaces: {
            airflow: args.namespaces?.airflow ?? "airflow",
            workers: args.namespaces?.workers ?? "airflow-workers",
            storage: args.namespaces?.storage ?? "airflow-storage",
        },
        workersPodSecurity: args.namespaces?.workersPodSecurity ?? PodSecurityLevel.Baseline,
        storage: storageSettings(args.storage),
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
        },
    };
}

function processSettings(args: ProcessArgs | undefined, size: Required<ResourcesArgs>): ProcessSettings {
    return {
        replicas: args?.replicas ?? 1,
        resources: { ...size, ...args?.resources },
        env: args?.env ?? [],
        placement: args?.placement ?? {},
    };
}
