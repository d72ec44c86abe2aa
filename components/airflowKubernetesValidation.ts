import type * as k8s from "@pulumi/kubernetes";
import { pullProblems } from "./access/registriesValidation";
import { serviceAccountsProblems } from "./access/serviceAccountsValidation";
import { processContainers } from "./airflow/airflowProcess";
import { authProblems } from "./airflow/authValidation";
import { optionVariable } from "./airflow/environment";
import {
    environmentProblems,
    environmentSourcesProblems,
    searchPathProblems,
    variableFault,
} from "./airflow/environmentValidation";
import { objectsProblems, ownConnectionProblems } from "./airflow/objectsValidation";
import { dagsProblems } from "./dags/dagsValidation";
import { pythonPackagesProblems } from "./dags/packages/pythonPackagesValidation";
import { databaseProblems } from "./database/databaseValidation";
import { checkPinnedKeys, looseKeys } from "./database/pinnedKeys";
import { isOutput } from "./kubernetes/known";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import { logsProblems } from "./logs/logsValidation";
import { metricsEnvironment } from "./monitoring/metricsEnvironment";
import { metricsProblems } from "./monitoring/metricsValidation";
import { exposureProblems } from "./networking/exposureValidation";
import { networkPoliciesProblems } from "./networking/networkPoliciesValidation";
import { paths } from "./pods/paths";
import { podTemplateProblems } from "./pods/podTemplateValidation";
import { airflowNames, everyPod } from "./pods/reservedNames";
import { type AirflowKubernetesArgs, type ExecutionApiArgs, Hosting } from "./settings/airflowKubernetesArgs";
import {
    type AirflowSettings,
    type CommonSettings,
    type NamespaceNames,
    type WorkerSettings,
    withDefaults,
} from "./settings/airflowKubernetesDefaults";
import { signsInElsewhere } from "./settings/authSettings";
import { storageProblems } from "./storage/storageValidation";
import { tenancyProblems } from "./storage/tenancyValidation";
import {
    check,
    checkText,
    dnsLabel,
    dnsName,
    oneOf,
    pinnedImage,
    resources,
    shown,
    whenKnown,
    wholeNumber,
} from "./validation/checks";
import { addedMetadataProblems } from "./validation/metadata";
import { ArgumentsError, type Problem } from "./validation/problems";
import { secretProblems } from "./validation/secrets";
import { textProblems } from "./validation/texts";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/**
 * The arguments themselves.
 *
 * @throws ArgumentsError that names every fault, before anything is registered.
 */
export function checked(args: AirflowKubernetesArgs): AirflowKubernetesArgs {
    const problems = validate(args);
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
    checkPinnedKeys(pinnedKeysProblems(args));
    return args;
}

/**
 * What keeps an update from going on although a preview may: data that outlive their stack, and keys that would not. Empty
 * where no data do, or where all keys are given.
 */
export function pinnedKeysProblems(args: AirflowKubernetesArgs): Problem[] {
    const { airflow, database } = withDefaults(args);
    return looseKeys(airflow, database);
}

/** Everything that is wrong with the arguments, or an empty list. Values that are not known yet are taken as right. */
export function validate(args: AirflowKubernetesArgs): Problem[] {
    const settings = withDefaults(args);
    return [
        ...textProblems("", args),
        ...oneOf("hosting", settings.hosting, Hosting),
        ...namespaces(settings),
        ...storageProblems(settings),
        ...tenancyProblems(settings),
        ...dagsProblems(settings),
        ...pythonPackagesProblems(settings),
        ...logsProblems(settings),
        ...databaseProblems(settings),
        ...airflow(settings),
        ...exposureProblems(settings),
        ...executionApiProblems(args.executionApi),
        ...webserverConfig(settings),
        ...options(settings.airflow.options),
        ...objectsProblems(settings.objects),
        ...ownConnectionProblems(settings),
        ...adminProblems(settings),
        ...authProblems(settings),
        ...pods(settings),
        ...processes(settings),
        ...workers(settings),
        ...serviceAccountsProblems(settings.serviceAccounts),
        ...networkPoliciesProblems(settings),
        ...metricsProblems(settings),
        ...metricsOptions(settings),
    ];
}

function namespaces(settings: AirflowSettings): Problem[] {
    const entries = Object.entries(settings.namespaces);
    const reserved = (name: string) => name === "default" || name.startsWith("kube-");
    return [
        ...entries.flatMap(([noun, name]) => dnsLabel(`namespaces.${noun}`, name)),
        ...entries.flatMap(([noun, name]) =>
            check(!reserved(name), `namespaces.${noun}`, name, "a namespace that Kubernetes does not keep for itself"),
        ),
        ...entries.flatMap(([noun, name], index) => {
            const twin = entries.slice(0, index).find(([, other]) => other === name);
            const allowed = `another name than that of namespaces.${twin?.[0]}`;
            return check(twin === undefined, `namespaces.${noun}`, name, allowed);
        }),
        // Names of retained namespaces begin with these two, and may have no more than 63 characters themselves.
        ...(["airflow", "storage"] as const).flatMap((noun) =>
            check(
                settings.hosting !== Hosting.ReadWriteMany || settings.namespaces[noun].length <= 45,
                `namespaces.${noun}`,
                settings.namespaces[noun],
                "at most 45 characters",
            ),
        ),
        ...addedMetadataProblems("namespaces", settings.namespaceMetadata, [
            "app.kubernetes.io/",
            "pod-security.kubernetes.io/",
        ]),
        ...oneOf("namespaces.workersPodSecurity", settings.workersPodSecurity, PodSecurityLevel),
    ];
}

function airflow({ airflow }: AirflowSettings): Problem[] {
    const [major, minor, patch] = (/^(\d+)\.(\d+)\.(\d+)$/.exec(airflow.version) ?? []).slice(1).map(Number);
    return [
        ...check(
            major === 3 && (minor > 2 || (minor === 2 && patch >= 2)),
            "airflow.version",
            airflow.version,
            "3.2.2 or newer, below 4: earlier ones show any file of the api-server that a task links to from its log",
        ),
        ...pinnedImage("airflow.image", airflow.image),
        ...downgradeProblems(airflow),
        ...wholeNumber("airflow.migrationTimeoutSeconds", airflow.migrationTimeoutSeconds, 60, 86_400),
        ...urlProblems(airflow),
        ...(typeof airflow.fernetKey === "string" && !airflow.fernetKey.split(",").every(isFernetKey)
            ? [
                  {
                      path: "airflow.fernetKey",
                      allowed: "url-safe base64 of 32 bytes, or two such keys as NEW,OLD",
                      remedy: "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
                  },
              ]
            : []),
        ...secretProblems("airflow.fernetKey", airflow.fernetKey, airflow.fernetKeySecret),
        ...jwtKeyProblems(airflow),
        ...secretProblems("airflow.jwtKey", airflow.jwtKey, airflow.jwtKeySecret),
        ...signingKeyProblems("airflow.apiSecretKey", airflow.apiSecretKey, 16),
        ...secretProblems("airflow.apiSecretKey", airflow.apiSecretKey, airflow.apiSecretKeySecret),
        ...pullProblems(airflow),
        ...dnsName("airflow.clusterDomain", airflow.clusterDomain),
        // With a Service and a namespace before it, it is a DNS name, too.
        ...check(
            airflow.clusterDomain.length <= 150,
            "airflow.clusterDomain",
            airflow.clusterDomain,
            "at most 150 characters",
        ),
    ];
}

/** Problems of the image that undoes its migrations, as far as it is known. */
function downgradeProblems({ downgradeFrom, image }: Pick<CommonSettings, "downgradeFrom" | "image">): Problem[] {
    if (downgradeFrom === undefined) {
        return [];
    }
    return [
        ...pinnedImage("airflow.downgradeFrom", downgradeFrom),
        ...check(
            downgradeFrom !== image,
            "airflow.downgradeFrom",
            downgradeFrom,
            "the image of the newer Airflow, and not the one to go back to",
        ),
    ];
}

/** Problems of the address of the UI, as far as it is known. */
export function urlProblems({ url }: Pick<CommonSettings, "url">): Problem[] {
    return whenKnown(url, (known) =>
        check(
            validUrl(known),
            "airflow.url",
            shown(known),
            "an http or https URL of host, port and path, without user, query or fragment",
        ),
    );
}

function jwtKeyProblems({ jwtKey }: CommonSettings): Problem[] {
    if (typeof jwtKey !== "string" || jwtKey.split(",").length <= 2) {
        const keys = typeof jwtKey === "string" ? jwtKey.split(",") : [];
        return keys.flatMap((key) => signingKeyProblems("airflow.jwtKey", key, 32)).slice(0, 1);
    }
    return [{ path: "airflow.jwtKey", allowed: "one key, or two as NEW,OLD" }];
}

/** Problems of a key that signs, whose value no message may show. */
function signingKeyProblems(path: string, key: unknown, length: number): Problem[] {
    return typeof key === "string" && (key.length < length || !/^[\x21-\x7e]+$/.test(key))
        ? [
              {
                  path,
                  allowed: `${length} or more printable characters without spaces`,
                  remedy: "Make one: openssl rand -hex 32",
              },
          ]
        : [];
}

function isFernetKey(key: string): boolean {
    return /^[A-Za-z0-9_-]{43}=$/.test(key);
}

function validUrl(text: string): boolean {
    // White space, and a query or fragment that is empty, are gone once the URL is parsed.
    if (/[\s?#@]/.test(text) || !URL.canParse(text)) {
        return false;
    }
    const { protocol, pathname } = new URL(text);
    return /^https?:$/.test(protocol) && !pathname.includes("//");
}

function options(options: CommonSettings["options"]): Problem[] {
    return Object.entries(options).flatMap(([section, keys]) =>
        Object.entries(keys).flatMap(([key, value]) => {
            const path = `airflow.options.${section}.${key}`;
            const variable = optionVariable(section, key);
            if (!/^[A-Za-z0-9_.]+$/.test(section) || !/^[A-Za-z0-9_]+$/.test(key)) {
                return [{ path, value, allowed: "sections and keys of letters, digits and underscores" }];
            }
            return variableFault(path, variable, value);
        }),
    );
}

/** There is one file, and the component tells Airflow where. */
function webserverConfig({ apiServer, airflow, auth }: AirflowSettings): Problem[] {
    const variable = "AIRFLOW__FAB__CONFIG_FILE";
    const named =
        [...airflow.env, ...apiServer.env].some(({ name }) => name === variable) ||
        Object.entries(airflow.options).some(([section, keys]) =>
            Object.keys(keys).some((key) => optionVariable(section, key) === variable),
        );
    return [
        ...check(
            apiServer.webserverConfig === undefined || !named,
            "apiServer.webserverConfig",
            undefined,
            `either this text or ${variable} (option fab.config_file)`,
        ),
        ...check(
            !signsInElsewhere(auth) || !named,
            auth.oidc ? "auth.oidc" : "auth.ldap",
            undefined,
            `either this or ${variable} (option fab.config_file)`,
        ),
    ];
}

/** Where metrics go is said in one place. */
function metricsOptions(settings: AirflowSettings): Problem[] {
    const decided = metricsEnvironment(settings);
    const noun = settings.metrics.statsd === undefined ? "metrics.openTelemetry" : "metrics.statsd";
    const refused = (path: string, variable: string) =>
        check(!(variable in decided), path, undefined, `either this or ${noun}, which decides on ${variable}`);
    return [
        ...Object.entries(settings.airflow.options).flatMap(([section, keys]) =>
            Object.keys(keys).flatMap((key) =>
                refused(`airflow.options.${section}.${key}`, optionVariable(section, key)),
            ),
        ),
        ...settings.airflow.env.flatMap(({ name }, index) =>
            typeof name === "string" ? refused(`airflow.env[${index}].name`, name) : [],
        ),
    ];
}

/** Problems of the first user, as far as they are known. */
export function adminProblems({ admin }: AirflowSettings): Problem[] {
    const { user, email, password, passwordSecret } = admin;
    return [
        ...secretProblems("admin.password", password, passwordSecret),
        ...checkText(
            "admin.user",
            user,
            (name) => /^[\w.@+-]{1,64}$/.test(name),
            "1 to 64 letters, digits and any of . _ @ + -",
        ),
        ...checkText("admin.email", email, (address) => /^[^\s@]+@[^\s@]+$/.test(address), "an e-mail address"),
        ...(typeof password === "string" && (password.length < 8 || password === user)
            ? [{ path: "admin.password", allowed: "at least 8 characters, and not the user's name" }]
            : []),
    ];
}

/** Fields shared by the patches of pods of Airflow's image. */
const airflowPod = { reserved: airflowNames, imageArgument: "airflow.image", environment: environmentProblems };

function pods({ airflow }: AirflowSettings): Problem[] {
    const restricted = { podSecurity: PodSecurityLevel.Restricted };
    return [
        ...environmentProblems("airflow.env", airflow.env),
        ...searchPathProblems("airflow.env", airflow.env),
        ...environmentSourcesProblems("airflow.envFrom", airflow.envFrom),
        ...podTemplateProblems("airflow.podTemplate", airflow.podTemplate, {
            ...restricted,
            imageArgument: "the argument of each image",
            reserved: everyPod,
            environment: processEnvironmentProblems,
        }),
        ...resources("jobs.resources", airflow.jobs.resources),
        ...podTemplateProblems("jobs.podTemplate", airflow.jobs.podTemplate, { ...airflowPod, ...restricted }),
    ];
}

function processEnvironmentProblems(path: string, env: readonly EnvVar[]): Problem[] {
    return [...environmentProblems(path, env), ...searchPathProblems(path, env)];
}

function processes(settings: AirflowSettings): Problem[] {
    return Object.entries(processContainers).flatMap(([noun, container]) => {
        const process = settings[noun as keyof typeof processContainers];
        if (process === undefined) {
            return [];
        }
        const { replicas, env, podTemplate, resources: size } = process;
        return [
            // Only deferred tasks need a triggerer, and without it they wait; nothing works without the others.
            ...wholeNumber(`${noun}.replicas`, replicas, noun === "triggerer" ? 0 : 1, 20),
            ...resources(`${noun}.resources`, size),
            ...processEnvironmentProblems(`${noun}.env`, env),
            ...podTemplateProblems(`${noun}.podTemplate`, podTemplate, {
                ...airflowPod,
                container,
                podSecurity: PodSecurityLevel.Restricted,
                environment: processEnvironmentProblems,
            }),
        ];
    });
}

/** What is said of api-servers that there are not. */
function executionApiProblems({ enabled, ...others }: ExecutionApiArgs = {}): Problem[] {
    return Object.keys(others).flatMap((field) =>
        check(enabled === true, `executionApi.${field}`, undefined, "nothing, unless executionApi.enabled is true"),
    );
}

function podNamespaces(
    { kubernetesPodOperator, podNamespaces, rules }: WorkerSettings,
    own: NamespaceNames,
): Problem[] {
    return podNamespaces.flatMap((name, index) => {
        const path = `workers.podNamespaces[${index}]`;
        return [
            ...dnsLabel(path, name),
            ...check(
                podNamespaces.indexOf(name) === index && ![own.airflow, own.workers, own.storage].includes(name),
                path,
                name,
                "each namespace once, and none of the installation's own",
            ),
            ...check(
                kubernetesPodOperator || rules.length > 0,
                path,
                name,
                "a namespace only with workers.kubernetesPodOperator true, or with workers.rules",
            ),
        ];
    });
}

/** Problems of the rules of a Role, as far as they are known. */
function rules(rules: readonly k8s.types.input.rbac.v1.PolicyRule[]): Problem[] {
    return rules.flatMap((rule, index) =>
        (["apiGroups", "resources", "verbs"] as const).flatMap((field) => {
            const list: unknown = rule[field];
            return check(
                isOutput(list) || (Array.isArray(list) && list.length > 0),
                `workers.rules[${index}].${field}`,
                undefined,
                "a list that is not empty; the group of pods and the like is an empty text",
            );
        }),
    );
}

function workers({ namespaces, workers, workersPodSecurity }: AirflowSettings): Problem[] {
    const pod = { ...airflowPod, container: "base", imageArgument: undefined, podSecurity: workersPodSecurity };
    return [
        ...resources("workers.resources", workers.resources),
        ...environmentProblems("workers.env", workers.env),
        ...wholeNumber("workers.podsCreationBatchSize", workers.podsCreationBatchSize, 1, 128),
        ...wholeNumber("workers.keepFailedPodsSeconds", workers.keepFailedPodsSeconds, 0, 2_592_000),
        ...podNamespaces(workers, namespaces),
        ...rules(workers.rules),
        ...podTemplateProblems("workers.podTemplate", workers.podTemplate, pod),
        ...Object.entries(workers.templates).flatMap(([noun, patch]) => [
            ...check(
                dnsLabel("", noun).length === 0 && noun !== paths.podTemplateName,
                `workers.templates.${noun}`,
                undefined,
                `names of lower-case letters, digits and dashes, other than ${paths.podTemplateName}`,
            ),
            ...podTemplateProblems(`workers.templates.${noun}`, patch, pod),
        ]),
    ];
}
