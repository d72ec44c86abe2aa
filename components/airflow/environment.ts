import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { dagsEnvironment } from "../dags/dagsEnvironment";
import { packagesEnvironment } from "../dags/packages/packagesEnvironment";
import { databaseEnvironment } from "../database/connection";
import { isFields } from "../kubernetes/fields";
import { mapInput } from "../kubernetes/known";
import { PodUser } from "../kubernetes/podSecurity";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { backupConnectionVariable, logsConnectionVariable, remoteLogsEnvironment } from "../logs/remoteLogs";
import { metricsEnvironment } from "../monitoring/metricsEnvironment";
import { executionApiUrl, isHttps, redirectBase } from "../networking/urls";
import type { Mount } from "../pods/airflowPod";
import { type Environment, fromSecret } from "../pods/environment";
import { paths } from "../pods/paths";
import type { SecretKeys, SecretVariable } from "../pods/secretKeys";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { AuthManager } from "../settings/authArgs";
import { sharesVolumes } from "../settings/storageSettings";
import { outageEnvironment } from "./outages";
import { authEnvironment } from "./signIn";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** The executor, by the name that a task may ask for it by. */
const executor = "KubernetesExecutor";

/** Environment of every process and every task. Nothing in it is secret. */
export function commonEnvironment(settings: AirflowSettings): Environment {
    return { ...dagsEnvironment(settings.dags), ...installationEnvironment(settings) };
}

/** What whatever runs Airflow needs. */
const startEnvironment = {
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    // All options come from the environment. Without a file, each process would first write one of some thousand lines,
    // which a read-only root file system does not allow.
    AIRFLOW_CONFIG: "/dev/null",
    // The image would otherwise check the database before each start. Tasks have none, and the processes start only after
    // the migration Job has used it.
    CONNECTION_CHECK_MAX_COUNT: "0",
} as const;

/** The part of it that does not depend on the DAG delivery. */
function installationEnvironment(settings: AirflowSettings): Environment {
    return {
        AIRFLOW__API__BASE_URL: settings.airflow.url,
        AIRFLOW__CORE__EXECUTION_API_SERVER_URL: executionApiUrl(settings.airflow, settings.namespaces),
        ...startEnvironment,
        AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: "False",
        AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
        ...outageEnvironment,
        ...userVariables(settings.airflow.podUser),
        ...remoteLogsEnvironment(settings),
    };
}

/** Stands in for an entry of the user in /etc/passwd, which a user that the platform chooses does not have. */
function userVariables(podUser: PodUser): Environment {
    return podUser === PodUser.Platform ? { HOME: "/home/airflow", USER: "airflow" } : {};
}

/** Environment of Airflow's own processes. The user's options come last. */
export function processEnvironment(settings: AirflowSettings): Environment {
    return {
        ...dagsEnvironment(settings.dags),
        ...liveLogEnvironment(settings),
        // The migration Job has seen to it. After one that has failed half-way, a process of the version before could not be started
        // anew.
        AIRFLOW__DATABASE__CHECK_MIGRATIONS: "False",
        ...serverEnvironment(settings),
    };
}

/**
 * The log of a task that runs is on the shared volume. Where there is none, the api-server asks Kubernetes for that of its pod,
 * of which it would show a hundred lines.
 */
function liveLogEnvironment(settings: AirflowSettings): Environment {
    return sharesVolumes(settings) ? {} : { AIRFLOW__KUBERNETES_EXECUTOR__RUNNING_POD_LOG_LINES: "10000" };
}

/**
 * Lets Python find the extension, and Airflow its executor. The alias is the name that DAGs know it by.
 *
 * @param packages The variables of Python packages beside the DAGs, which the extension comes before.
 */
export function extensionEnvironment(packages: Environment): Environment {
    return {
        ...packages,
        AIRFLOW__CORE__EXECUTOR: `${executor}:airflow_kubernetes.executor.KubernetesExecutor`,
        PYTHONPATH: mapInput(packages.PYTHONPATH, (path) => (path ? `${paths.extension}:${path}` : paths.extension)),
    };
}

/** Sections of options that Jobs read which only use the database. */
const databaseSections: ReadonlySet<string> = new Set(["database", "fab"]);

/**
 * Environment of Jobs that only use the database. It leaves out all that they do not read, so that a change of it does not re-run
 * them.
 */
export function databaseJobEnvironment(settings: AirflowSettings): Environment {
    const options = Object.entries(settings.airflow.options).filter(([section]) =>
        databaseSections.has(section.toLowerCase()),
    );
    return {
        ...startEnvironment,
        ...userVariables(settings.airflow.podUser),
        ...databaseEnvironment(settings),
        ...authEnvironment(settings),
        AIRFLOW__CORE__EXECUTOR: executor,
        ...optionEnvironment(Object.fromEntries(options)),
    };
}

/** Environment of Airflow's own processes, but for what concerns DAGs. */
function serverEnvironment(settings: AirflowSettings): Environment {
    return {
        ...installationEnvironment(settings),
        ...databaseEnvironment(settings),
        // Keycloak leads people back to a whole address alone.
        ...(settings.auth.manager !== AuthManager.Keycloak && {
            AIRFLOW__API__BASE_URL: mapInput(settings.airflow.url, redirectBase),
        }),
        ...authEnvironment(settings),
        AIRFLOW__CORE__EXECUTOR: executor,
        AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: String(settings.dags.refreshSeconds),
        ...(settings.auth.manager === AuthManager.Fab && {
            // The cookie of a log-in is told by the request; that of its session is not.
            AIRFLOW__FAB__COOKIE_SECURE: mapInput(settings.airflow.url, (url) => (isHttps(url) ? "True" : "False")),
            AIRFLOW__FAB__ENABLE_PROXY_FIX: "True",
        }),
        AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE: "False",
        AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: settings.namespaces.workers,
        AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: paths.podTemplate,
        // Tasks wait for a used-up quota or an API server that is away, up to Airflow's own limit for queued tasks.
        AIRFLOW__KUBERNETES_EXECUTOR__TASK_PUBLISH_MAX_RETRIES: "-1",
        AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE: String(settings.workers.podsCreationBatchSize),
        AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "True",
        // Interval in which a scheduler deletes the finished pods of a lost one; five minutes by default.
        AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: "60",
        ...metricsEnvironment(settings),
        ...optionEnvironment(settings.airflow.options),
    };
}

/** Environment of a task. It parses its DAG file again, in which a task may name the executor. */
export function workerEnvironment(settings: AirflowSettings): Environment {
    return {
        ...commonEnvironment(settings),
        AIRFLOW__CORE__EXECUTOR: executor,
        ...packagesEnvironment(settings),
        ...metricsEnvironment(settings),
        ...optionEnvironment(settings.airflow.options),
    };
}

/** Name of the variable that sets an option. */
export function optionVariable(section: string, key: string): string {
    return `AIRFLOW__${section}__${key}`.toUpperCase().replaceAll(".", "_");
}

function optionEnvironment(options: AirflowSettings["airflow"]["options"]): Environment {
    return Object.fromEntries(
        Object.entries(options).flatMap(([section, keys]) =>
            Object.entries(keys).map(([key, value]) => [optionVariable(section, key), value]),
        ),
    );
}

/** Environment variable of each secret. */
export const secretVariables = {
    databaseConnection: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    asyncDatabaseConnection: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    fernetKey: "AIRFLOW__CORE__FERNET_KEY",
    jwtKey: "AIRFLOW__API_AUTH__JWT_SECRET",
    apiSecretKey: "AIRFLOW__API__SECRET_KEY",
    logsConnection: logsConnectionVariable,
    backupConnection: backupConnectionVariable,
    oidcClientSecret: "AIRFLOW_KUBERNETES_OIDC_CLIENT_SECRET",
    ldapBindPassword: "AIRFLOW_KUBERNETES_LDAP_BIND_PASSWORD",
    keycloakClientSecret: "AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET",
} as const satisfies Partial<Record<keyof SecretKeys, string>>;

/** A secret that a process may know, or several by their variables: connections to bundles of DAGs, passwords. */
export type ProcessSecret = keyof typeof secretVariables | "bundleConnections" | "simplePasswords";

/** Secrets of a process, by reference, as far as they exist. A process with the database's URL gets the one for each driver. */
export function secretEnvironment(keys: SecretKeys, secrets: readonly ProcessSecret[]): EnvVar[] {
    const all = secrets.flatMap((secret): ProcessSecret[] =>
        secret === "databaseConnection" ? [secret, "asyncDatabaseConnection"] : [secret],
    );
    const variables = all
        .flatMap((secret): [string, SecretVariable | undefined][] =>
            secret === "bundleConnections" || secret === "simplePasswords"
                ? Object.entries(keys[secret] ?? {})
                : [[secretVariables[secret], keys[secret]]],
        )
        .flatMap(([variable, { value, with: others = {} } = {}]) =>
            value === undefined
                ? []
                : [
                      ...Object.entries(others).map(([name, key]) => fromSecret(name, key)),
                      isSecretKey(value) ? fromSecret(variable, value) : { name: variable, value },
                  ],
        );
    return variables.filter(({ name }, index) => variables.findIndex((other) => other.name === name) === index);
}

/** Files that a pod with these secrets needs. */
export function secretMounts(keys: SecretKeys, secrets: readonly ProcessSecret[]): Mount[] {
    return secrets.includes("databaseConnection") && keys.databaseAuthority ? [keys.databaseAuthority] : [];
}

function isSecretKey(value: SecretKeyArgs | pulumi.Input<string>): value is SecretKeyArgs {
    return isFields(value) && "key" in value;
}
