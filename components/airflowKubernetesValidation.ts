import type * as k8s from "@pulumi/kubernetes";
import { serviceAccountsProblems } from "./access/serviceAccountsValidation";
import { processContainers } from "./airflow/airflowProcess";
import { optionVariable } from "./airflow/environment";
import {
    environmentProblems,
    environmentSourcesProblems,
    searchPathProblems,
    variableFault,
} from "./airflow/environmentValidation";
import { paths } from "./airflow/paths";
import { type AirflowKubernetesArgs, Hosting } from "./airflowKubernetesArgs";
import {
    type AirflowSettings,
    type NamespaceNames,
    type WorkerSettings,
    withDefaults,
} from "./airflowKubernetesDefaults";
import { dagsProblems } from "./dags/dagsValidation";
import { pythonPackagesProblems } from "./dags/pythonPackagesValidation";
import { databaseProblems } from "./database/databaseValidation";
import { isOutput } from "./kubernetes/known";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import { logsProblems } from "./logs/logsValidation";
import { podTemplateProblems } from "./pods/podTemplateValidation";
import { airflowNames, everyPod } from "./pods/reservedNames";
import type { Problem } from "./problems";
import { storageProblems } from "./storage/storageValidation";
import { check, dnsLabel, dnsName, oneOf, pinnedImage, resources, wholeNumber } from "./validation/checks";
import { addedMetadataProblems } from "./validation/metadata";
import { keyProblems, secretProblems } from "./validation/secrets";
import { textProblems } from "./validation/texts";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** Everything that is wrong with the arguments, or an empty list. Values that are not known yet are taken as right. */
export function validate(args: AirflowKubernetesArgs): Problem[] {
    const settings = withDefaults(args);
    return [
        ...textProblems("", args),
        ...oneOf("hosting", settings.hosting, Hosting),
        ...namespaces(settings),
        ...storageProblems(settings),
        ...dagsProblems(settings),
        ...pythonPackagesProblems(settings),
        ...logsProblems(settings),
        ...databaseProblems(settings),
        ...airflow(settings),
        ...options(settings.airflow.options),
        ...admin(settings),
        ...pods(settings),
        ...processes(settings),
        ...workers(settings),
        ...serviceAccountsProblems(settings.serviceAccounts),
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
        ...check(
            validUrl(airflow.url),
            "airflow.url",
            // What comes before an @ may be a password.
            airflow.url.includes("@") ? undefined : airflow.url,
            "an http or https URL of host, port and path, without user, query or fragment",
        ),
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
        ...keyProblems("airflow.jwtSecret", airflow.jwtSecret),
        ...keyProblems("airflow.apiSecretKey", airflow.apiSecretKey),
        ...airflow.imagePullSecrets.flatMap((name, index) => dnsName(`airflow.imagePullSecrets[${index}]`, name)),
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

function options(options: Record<string, Record<string, string>>): Problem[] {
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

function admin({ admin }: AirflowSettings): Problem[] {
    const { user, email, password, passwordSecret } = admin;
    return [
        ...secretProblems("admin.password", password, passwordSecret),
        ...check(/^[\w.@+-]{1,64}$/.test(user), "admin.user", user, "1 to 64 letters, digits and any of . _ @ + -"),
        ...check(/^[^\s@]+@[^\s@]+$/.test(email), "admin.email", email, "an e-mail address"),
        ...(typeof password === "string" && (password.length < 8 || password === user)
            ? [{ path: "admin.password", allowed: "at least 8 characters, and not the user's name" }]
            : []),
    ];
}

/** What patches of the pods of Airflow's image have in common. */
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
        const { replicas, env, podTemplate, resources: size } = settings[noun as keyof typeof processContainers];
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

/** What a Role can say, as far as it is known. */
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
