import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings, CommonSettings } from "../airflowKubernetesDefaults";
import { dagsEnvironment } from "../dags/dagsEnvironment";
import { connectionVariable } from "../dags/gitBundle";
import { packagesEnvironment } from "../dags/packagesEnvironment";
import { databaseEnvironment } from "../database/connection";
import { isFields } from "../kubernetes/fields";
import { mapInput } from "../kubernetes/known";
import { literal } from "../kubernetes/literal";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { logsConnectionVariable, remoteLogsEnvironment } from "../logs/remoteLogs";
import { executionApiUrl, redirectBase } from "../networking/urls";
import { outageEnvironment } from "./outages";
import { paths } from "./paths";
import type { SecretKeys } from "./secretKeys";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** The executor, by the name that a task may ask for it by. */
const executor = "KubernetesExecutor";

/** Environment variables by name: a name cannot come twice. */
export type Environment = Record<string, pulumi.Input<string>>;

/** What every process and every task is told. Nothing in it is secret. */
export function commonEnvironment(settings: AirflowSettings): Environment {
    return { ...dagsEnvironment(settings.dags), ...installationEnvironment(settings) };
}

/** What of that is the same however DAGs arrive. */
function installationEnvironment(settings: AirflowSettings): Environment {
    return {
        AIRFLOW__API__BASE_URL: settings.airflow.url,
        AIRFLOW__CORE__EXECUTION_API_SERVER_URL: executionApiUrl(settings.airflow, settings.namespaces),
        AIRFLOW__CORE__LOAD_EXAMPLES: "False",
        AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: "False",
        AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
        // All options come from the environment. Where there is no file, each process would write one of some thousand
        // lines before it begins, which a read-only root file system does not let it.
        AIRFLOW_CONFIG: "/dev/null",
        // The image would otherwise look for the database before each start. Tasks have none, and the processes are not
        // started before the migration Job has used it.
        CONNECTION_CHECK_MAX_COUNT: "0",
        ...outageEnvironment,
        ...remoteLogsEnvironment(settings),
    };
}

/** What Airflow's own processes are told. What Jobs are told comes last, because the user's options are in it. */
export function processEnvironment(settings: AirflowSettings): Environment {
    return { ...dagsEnvironment(settings.dags), ...jobEnvironment(settings) };
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

/** What Jobs are told that work on the database alone. A change of how DAGs arrive is none to them, and runs none again. */
export function jobEnvironment(settings: AirflowSettings): Environment {
    return {
        ...installationEnvironment(settings),
        ...databaseEnvironment(settings),
        AIRFLOW__API__BASE_URL: redirectBase(settings.airflow.url),
        AIRFLOW__CORE__AUTH_MANAGER: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        AIRFLOW__CORE__EXECUTOR: executor,
        AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: String(settings.dags.refreshSeconds),
        AIRFLOW__FAB__ENABLE_PROXY_FIX: "True",
        // The Job of the first user writes permissions and roles, once. Processes that did it side by side as they start
        // would run into each other.
        AIRFLOW__FAB__UPDATE_FAB_PERMS: "False",
        AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE: "False",
        AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: settings.namespaces.workers,
        AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: paths.podTemplate,
        // A quota that is used up, or an API server that is away, is waited for. What ends the wait is Airflow's own limit for
        // queued tasks.
        AIRFLOW__KUBERNETES_EXECUTOR__TASK_PUBLISH_MAX_RETRIES: "-1",
        AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE: String(settings.workers.podsCreationBatchSize),
        AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "True",
        // How soon a scheduler removes the finished pods of one that was lost; five minutes by default.
        AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: "60",
        ...optionEnvironment(settings.airflow.options),
    };
}

/** What a task is told. It reads its DAG file anew, in which a task may name the executor. */
export function workerEnvironment(settings: AirflowSettings): Environment {
    return {
        ...commonEnvironment(settings),
        AIRFLOW__CORE__EXECUTOR: executor,
        ...packagesEnvironment(settings),
        ...optionEnvironment(settings.airflow.options),
    };
}

/** Name of the variable that sets an option. */
export function optionVariable(section: string, key: string): string {
    return `AIRFLOW__${section}__${key}`.toUpperCase().replaceAll(".", "_");
}

function optionEnvironment(options: Record<string, Record<string, string>>): Environment {
    return Object.fromEntries(
        Object.entries(options).flatMap(([section, keys]) =>
            Object.entries(keys).map(([key, value]) => [optionVariable(section, key), value]),
        ),
    );
}

/** Circles of secrets, by the variables that carry them. */
export const secretVariables = {
    databaseConnection: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    asyncDatabaseConnection: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    fernetKey: "AIRFLOW__CORE__FERNET_KEY",
    jwtSecret: "AIRFLOW__API_AUTH__JWT_SECRET",
    apiSecretKey: "AIRFLOW__API__SECRET_KEY",
    logsConnection: logsConnectionVariable,
    gitConnection: connectionVariable,
} as const satisfies Partial<Record<keyof SecretKeys, string>>;

/** A secret that a process may know. */
export type ProcessSecret = keyof typeof secretVariables;

/** Secrets of a process, by reference, as far as there are any. Who may know the database may know both of its URLs. */
export function secretEnvironment(keys: SecretKeys, secrets: readonly ProcessSecret[]): EnvVar[] {
    const all = secrets.flatMap((secret): ProcessSecret[] =>
        secret === "databaseConnection" ? [secret, "asyncDatabaseConnection"] : [secret],
    );
    const variables = all.flatMap((secret) => {
        const { value, with: others = {} } = keys[secret] ?? {};
        return value === undefined
            ? []
            : [
                  ...Object.entries(others).map(([name, key]) => fromSecret(name, key)),
                  isSecretKey(value)
                      ? fromSecret(secretVariables[secret], value)
                      : { name: secretVariables[secret], value },
              ];
    });
    return variables.filter(({ name }, index) => variables.findIndex((other) => other.name === name) === index);
}

function isSecretKey(value: SecretKeyArgs | pulumi.Input<string>): value is SecretKeyArgs {
    return isFields(value) && "key" in value;
}

/** One variable that a Secret fills. */
export function fromSecret(name: string, { name: secretName, key }: SecretKeyArgs): EnvVar & { name: string } {
    return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

/** Plain variables, in the order of their names, so that equal settings give equal pods. */
export function plainEnvironment(environment: Environment): EnvVar[] {
    return Object.entries(environment)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ({ name, value: mapInput(value, literal) }));
}

/**
 * A container's variables: the component's, and in place of those of the same name the user's. The API server refuses a
 * name that comes twice.
 *
 * @param common Variables that the user gives to all containers of Airflow.
 * @param variables Variables that the user gives to this one.
 */
export function userEnvironment(
    own: readonly EnvVar[],
    common: Pick<CommonSettings, "env" | "envFrom">,
    variables: readonly EnvVar[] = [],
): Pick<k8s.types.input.core.v1.Container, "env" | "envFrom"> {
    const env = [common.env, variables].reduce<EnvVar[]>(
        (all, given) => [...all.filter(({ name }) => !given.some((variable) => variable.name === name)), ...given],
        [...own],
    );
    return { env, ...(common.envFrom.length > 0 && { envFrom: common.envFrom }) };
}
