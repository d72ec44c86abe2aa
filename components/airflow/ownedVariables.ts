import { readFileSync } from "node:fs";
import { join } from "node:path";
import { optionVariable, secretVariables } from "./environment";

/** What Airflow says of its options, `section.key` each. `local/development/airflowOptions.ts` writes it. */
interface AirflowOptions {
    /** Options that Airflow marks as sensitive. */
    readonly sensitive: readonly string[];
    /** Old names that Airflow still reads, and the option that each is today. */
    readonly renamed: Readonly<Record<string, string>>;
    /** Parts of names by which Airflow takes a value for a secret. */
    readonly secretNames: readonly string[];
}

const known = JSON.parse(readFileSync(join(__dirname, "airflowOptions.json"), "utf8")) as AirflowOptions;

const sameCluster = "Task pods run in the cluster and the namespace of the installation: set namespaces.workers.";
const plainHttp =
    "Inside the cluster the api-server speaks http: end TLS at an Ingress or a proxy, and set airflow.url.";
const workerImage = "Set airflow.image, or the image of the container base in workers.podTemplate.";
const simpleUsers = "Set auth.manager to simple, and admin and auth.users.";
const keycloak = "Set auth.manager to keycloak, and auth.keycloak.";
const signedWithSecret = "Tokens are signed with one secret: set airflow.jwtKey.";

/** Variables that the component sets itself, or relies on, with the setting to use instead. */
export const ownedVariables: Readonly<Record<string, string>> = {
    AIRFLOW_CONFIG: "Set airflow.options.",
    AIRFLOW_CONN_GIT_DEFAULT: "Set dags.git.",
    AIRFLOW_HOME: "Volumes are mounted below /opt/airflow, where the official image has its home.",
    AIRFLOW_KUBERNETES_UPLOAD_LOGS: "It follows from storage and logs.remote.",
    AIRFLOW__API__BASE_URL: "Set airflow.url.",
    AIRFLOW__API__HOST: "The probes and the Service reach the api-server at all addresses of its pod.",
    AIRFLOW__API__PORT:
        "The probes and the Service reach the api-server at port 8080: set airflow.url for another outside.",
    AIRFLOW__API__SSL_CA_FILE: plainHttp,
    AIRFLOW__API__SSL_CERT: plainHttp,
    AIRFLOW__API__SSL_CERT_REQS: plainHttp,
    AIRFLOW__API__SSL_KEY: plainHttp,
    AIRFLOW__API_AUTH__JWT_ALGORITHM: signedWithSecret,
    AIRFLOW__API_AUTH__JWT_KID: signedWithSecret,
    AIRFLOW__API_AUTH__JWT_PRIVATE_KEY_PATH: signedWithSecret,
    AIRFLOW__API_AUTH__TRUSTED_JWKS_URL: signedWithSecret,
    AIRFLOW__AZURE_REMOTE_LOGGING__REMOTE_WASB_LOG_CONTAINER: "Set logs.remote.azureBlob.",
    AIRFLOW__CORE__AUTH_MANAGER: "Set auth.manager.",
    AIRFLOW__CORE__DAGS_FOLDER: "Set dags.",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: "It follows from airflow.url and airflow.clusterDomain.",
    AIRFLOW__CORE__EXECUTOR: "The executor is the KubernetesExecutor.",
    AIRFLOW__CORE__HOSTNAME_CALLABLE: "The probes find a process in the database by the host name of its pod.",
    AIRFLOW__CORE__MULTI_TEAM: "Airflow's FAB auth manager knows no teams: the api-server would end as it starts.",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: `Whoever reaches the api-server would be an admin, every task among them. ${simpleUsers}`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: simpleUsers,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: simpleUsers,
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: "Set dags.",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "Set dags.refreshSeconds.",
    AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA: "The probes look for Airflow's tables in the schema public.",
    AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_ID: keycloak,
    AIRFLOW__KEYCLOAK_AUTH_MANAGER__REALM: keycloak,
    AIRFLOW__KEYCLOAK_AUTH_MANAGER__SERVER_URL: keycloak,
    AIRFLOW__KUBERNETES_EXECUTOR__CLUSTER_CONTEXT: sameCluster,
    AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE: sameCluster,
    AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER: sameCluster,
    AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE: "Tasks run in namespaces.workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE_NAMESPACE_LIST: "Tasks run in namespaces.workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: "Set namespaces.workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: "Set workers.",
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY: workerImage,
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG: workerImage,
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE: "Set workers.podsCreationBatchSize.",
    AIRFLOW__LOGGING__BASE_LOG_FOLDER: "Logs lie on the shared volume.",
    AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY: "The dag-processor's logs are those of its pod.",
    AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET: "The dag-processor's logs are those of its pod.",
    AIRFLOW__LOGGING__DELETE_LOCAL_LOGS: "Set logs.retentionDays.",
    AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "Set logs.remote.",
    AIRFLOW__LOGGING__REMOTE_LOGGING: "Set logs.remote.",
    AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID: "Set logs.remote.",
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT:
        "The Service of the triggerer has the logs of deferred tasks at port 8794.",
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT:
        "Pods of tasks serve no logs: these lie where storage and logs.remote say.",
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "The probes of the scheduler need it.",
    AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST: "The probes reach the scheduler at the address of its pod.",
    AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT: "The probes reach the scheduler at port 8974.",
    FORWARDED_ALLOW_IPS: "Set apiServer.trustedProxies.",
    PGSSLROOTCERT: "Set database.external.parameters.",
    CONNECTION_CHECK_MAX_COUNT: "Tasks have no database to check.",
    _AIRFLOW_DB_MIGRATE: "A Job migrates the database before the processes start.",
    _AIRFLOW_DB_UPGRADE: "A Job migrates the database before the processes start.",
    _AIRFLOW_WWW_USER_CREATE: "A Job makes the first user: set admin.",
    _PIP_ADDITIONAL_REQUIREMENTS: "It installs at each start of each pod. Set pythonPackages.requirements.",
};

/** Variables that a probe allows some values of: seconds between two heartbeats, of which it wants one in two minutes. */
export const heartbeatVariables: ReadonlySet<string> = new Set([
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC",
]);

const inDatabase = "The component makes the connection to the database: set database.";

/** The component's own secrets, with the setting to use instead. */
const ownSecrets: Readonly<Record<string, string>> = {
    [secretVariables.apiSecretKey]: "Set airflow.apiSecretKey or airflow.apiSecretKeySecret.",
    [secretVariables.asyncDatabaseConnection]: inDatabase,
    [secretVariables.databaseConnection]: inDatabase,
    [secretVariables.fernetKey]: "Set airflow.fernetKey or airflow.fernetKeySecret.",
    [secretVariables.jwtKey]: "Set airflow.jwtKey or airflow.jwtKeySecret.",
    [secretVariables.keycloakClientSecret]: "Set auth.keycloak.clientSecret or auth.keycloak.clientSecretSecret.",
    [secretVariables.ldapBindPassword]: "Set auth.ldap.bindPassword or auth.ldap.bindPasswordSecret.",
    [secretVariables.logsConnection]: "Set logs.remote.",
    [secretVariables.oidcClientSecret]: "Set auth.oidc.clientSecret or auth.oidc.clientSecretSecret.",
    [secretVariables.backupConnection]: "Set database.backup.",
    AIRFLOW_CONN_GIT_DEFAULT: "Set dags.git.tokenSecret or dags.git.sshKeySecret.",
    _AIRFLOW_WWW_USER_PASSWORD: "Set admin.password or admin.passwordSecret.",
};

const noCelery = "There is no Celery here: the executor is the KubernetesExecutor.";

/** What to do with other secrets. */
const otherSecrets: readonly (readonly [RegExp, string])[] = [
    [/^AIRFLOW__CELERY/, noCelery],
    [
        /^AIRFLOW__LOGGING__REMOTE_TASK_HANDLER_KWARGS/,
        "Set logs.remote, or give it to the pods from a Secret: valueFrom.secretKeyRef in airflow.env.",
    ],
];

/** Secrets that no provider marks. */
const unmarked = ["AIRFLOW__SMTP__SMTP_PASSWORD", "PGPASSWORD", "_AIRFLOW_WWW_USER_PASSWORD"];

/** Variables whose values are secrets, which have no place in a pod's specification. */
export const secretVariableNames: ReadonlySet<string> = new Set<string>([
    ...Object.keys(ownSecrets),
    ...known.sensitive.map(variableOf),
    ...unmarked,
]);

/** Old names of variables, with those of today. */
const renamed: ReadonlyMap<string, string> = new Map(
    Object.entries(known.renamed).map(([old, option]) => [variableOf(old), variableOf(option)]),
);

function variableOf(option: string): string {
    const dot = option.lastIndexOf(".");
    return optionVariable(option.slice(0, dot), option.slice(dot + 1));
}

/** Names by which a variable may be known: the one given, that of today, and that of the option which a command or a backend fills. */
export function namesOf(variable: string): string[] {
    // Airflow reads AIRFLOW__TEAM___SECTION__KEY for one team.
    const everyTeam = variable.replace(/^AIRFLOW__.+?___/, "AIRFLOW__");
    const names = [variable, everyTeam, everyTeam.replace(/_(CMD|SECRET)$/, "")];
    return [...new Set(names.flatMap((name) => [name, renamed.get(name) ?? name]))];
}

/** What to set in place of a variable that holds a secret of the component's, or that the component sets itself. */
export function insteadOf(variable: string): string | undefined {
    const name = namesOf(variable).find((candidate) => candidate in ownSecrets || candidate in ownedVariables);
    return name === undefined ? undefined : (ownSecrets[name] ?? ownedVariables[name]);
}

/** Why a variable has no place in a pod's specification as it is, and what to do; undefined for one that has. */
export function secretRemedy(variable: string): string | undefined {
    const names = namesOf(variable);
    const instead = insteadOf(variable);
    if (names.some((name) => secretVariableNames.has(name))) {
        const other = otherSecrets.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
        return instead ?? other ?? bySecret;
    }
    if (variable.startsWith("AIRFLOW_CONN_")) {
        return `Set airflow.connections, which Airflow keeps encrypted, or ${inSecret}`;
    }
    if (variable.startsWith("AIRFLOW_VAR_") && isSecretName(variable)) {
        return `Airflow takes it for a secret by its name. Set airflow.variables, which Airflow keeps encrypted, or ${inSecret}`;
    }
    if (/^AIRFLOW__(SECRETS__|WORKERS__SECRETS_)BACKEND_KWARG__/.test(variable) && isSecretName(variable)) {
        return bySecret;
    }
    return undefined;
}

const inSecret = "give it to the pods that need it from a Secret: env with valueFrom.secretKeyRef.";
const bySecret = `G${inSecret.slice(1)}`;

function isSecretName(variable: string): boolean {
    // The prefix of secrets backends has the word itself.
    const name = variable.toLowerCase().replace(/^airflow_(var_|_.*kwarg__)/, "");
    return known.secretNames.some((part) => name.includes(part));
}
