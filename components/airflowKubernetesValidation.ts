import { serviceAccountsProblems } from "./access/serviceAccountsValidation";
import { optionVariable, secretVariables } from "./airflow/environment";
import { ownedVariables, secretVariableNames } from "./airflow/ownedVariables";
import { type AirflowKubernetesArgs, type EnvironmentVariableArgs, Hosting } from "./airflowKubernetesArgs";
import { type AirflowSettings, withDefaults } from "./airflowKubernetesDefaults";
import { dagsProblems } from "./dags/dagsValidation";
import { pythonPackagesProblems } from "./dags/pythonPackagesValidation";
import { databaseProblems } from "./database/databaseValidation";
import { PodSecurityLevel } from "./kubernetes/podSecurity";
import { logsProblems } from "./logs/logsValidation";
import type { Problem } from "./problems";
import { storageProblems } from "./storage/storageValidation";
import {
    annotations,
    check,
    dnsLabel,
    dnsName,
    labels,
    oneOf,
    pinnedImage,
    resources,
    wholeNumber,
} from "./validation/checks";
import { placementProblems } from "./validation/placement";
import { textProblems } from "./validation/texts";

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

/** A problem when a user sets a variable that the component sets, or one that holds a secret. */
function variableFault(path: string, variable: string, value: unknown): Problem[] {
    // AIRFLOW__X__Y_CMD and AIRFLOW__X__Y_SECRET set the option Y as well.
    const base = variable.replace(/_(CMD|SECRET)$/, "");
    if (secretVariableNames.has(variable) || secretVariableNames.has(base)) {
        return [{ path, allowed: "no option that holds a secret: it would be readable in every pod" }];
    }
    const instead = ownedVariables[variable] ?? ownedVariables[base];
    return instead === undefined
        ? []
        : [{ path, value, allowed: `nothing: the component sets ${variable} itself`, remedy: instead }];
}

/** By reference a user may give a process whatever Airflow reads, other than what the component gives it. */
function referenceFault(path: string, variable: string): Problem[] {
    const owned = variable in ownedVariables || Object.values<string>(secretVariables).includes(variable);
    const allowed = `nothing: the component sets ${variable} itself`;
    return check(!owned, path, variable, allowed, ownedVariables[variable]);
}

function admin({ admin }: AirflowSettings): Problem[] {
    const { user, email, password } = admin;
    return [
        ...check(/^[\w.@+-]{1,64}$/.test(user), "admin.user", user, "1 to 64 letters, digits and any of . _ @ + -"),
        ...check(/^[^\s@]+@[^\s@]+$/.test(email), "admin.email", email, "an e-mail address"),
        ...(typeof password === "string" && (password.length < 8 || password === user)
            ? [{ path: "admin.password", allowed: "at least 8 characters, and not the user's name" }]
            : []),
    ];
}

function processes(settings: AirflowSettings): Problem[] {
    return (["apiServer", "scheduler", "dagProcessor", "triggerer"] as const).flatMap((noun) => {
        const { replicas, env, placement, resources: size } = settings[noun];
        return [
            // Only deferred tasks need a triggerer, and without it they wait; nothing works without the others.
            ...wholeNumber(`${noun}.replicas`, replicas, noun === "triggerer" ? 0 : 1, 20),
            ...resources(`${noun}.resources`, size),
            ...environment(`${noun}.env`, env),
            ...searchPath(`${noun}.env`, env),
            ...placementProblems(`${noun}.placement`, placement),
        ];
    });
}

/** Processes find the component's executor by it. */
function searchPath(path: string, variables: readonly EnvironmentVariableArgs[]): Problem[] {
    return variables.flatMap(({ name }, index) =>
        check(
            name !== "PYTHONPATH",
            `${path}[${index}].name`,
            name,
            "nothing: the component sets PYTHONPATH itself",
            "Set pythonPackages.requirements, or put modules into the folder of DAGs.",
        ),
    );
}

function workers({ workers }: AirflowSettings): Problem[] {
    return [
        ...resources("workers.resources", workers.resources),
        ...environment("workers.env", workers.env),
        ...placementProblems("workers.placement", workers.placement),
        ...wholeNumber("workers.terminationGracePeriodSeconds", workers.terminationGracePeriodSeconds, 1, 3600),
        ...wholeNumber("workers.podsCreationBatchSize", workers.podsCreationBatchSize, 1, 128),
        ...labels("workers.labels", workers.labels),
        ...annotations("workers.annotations", workers.annotations),
    ];
}

function environment(path: string, variables: readonly EnvironmentVariableArgs[]): Problem[] {
    return variables.flatMap(({ name, value, secretName, secretKey }, index) => {
        const at = `${path}[${index}]`;
        const literal = value !== undefined;
        const reference = secretName !== undefined && secretKey !== undefined;
        const half = (secretName === undefined) !== (secretKey === undefined);
        return [
            ...check(
                /^[A-Za-z_]\w*$/.test(name),
                `${at}.name`,
                name,
                "letters, digits and underscores, no digit first",
            ),
            ...check(
                variables.findIndex((other) => other.name === name) === index,
                `${at}.name`,
                name,
                "each name once",
            ),
            ...check(!half && literal !== reference, at, name, "either value, or secretName together with secretKey"),
            ...(typeof secretName === "string" ? dnsName(`${at}.secretName`, secretName) : []),
            ...(typeof secretKey === "string"
                ? check(
                      /^(?!\.\.?$)[-._a-zA-Z0-9]{1,253}$/.test(secretKey),
                      `${at}.secretKey`,
                      secretKey,
                      "a key of a Secret: letters, digits, dashes, underscores and dots",
                  )
                : []),
            ...(literal
                ? variableFault(`${at}.name`, name.toUpperCase(), name)
                : referenceFault(`${at}.name`, name.toUpperCase())),
        ];
    });
}
