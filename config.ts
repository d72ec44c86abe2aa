import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
    type AirflowKubernetesArgs,
    ArgumentsError,
    AuthManager,
    DagBundleKind,
    DagDelivery,
    ExternalServiceType,
    GitSubmodules,
    Hosting,
    listedSecretArguments,
    OpenTelemetryProtocol,
    PodSecurityLevel,
    PodUser,
    type Problem,
    pinnedKeysProblems,
    type SecretArgument,
    type SecretRecord,
    SslMode,
    StorageKind,
    TrafficPolicy,
    validate,
} from "./components";

/** Keys whose values are encrypted in the stack file, by the arguments that they become. */
export const secretKeys = {
    "airflow.fernetKey": "fernetKey",
    "airflow.jwtKey": "jwtKey",
    "airflow.apiSecretKey": "apiSecretKey",
    "database.password": "databasePassword",
    "admin.password": "adminPassword",
    "auth.oidc.clientSecret": "oidcClientSecret",
    "auth.ldap.bindPassword": "ldapBindPassword",
    "auth.keycloak.clientSecret": "keycloakClientSecret",
    "dags.git.token": "gitToken",
    "dags.git.sshKey": "gitSshKey",
    "logs.remote.secretAccessKey": "logsSecretAccessKey",
    "logs.remote.gcs.key": "logsGcsKey",
    "logs.remote.azureBlob.accountKey": "logsAzureAccountKey",
    "database.backup.bucket.secretAccessKey": "backupSecretAccessKey",
    "database.backup.bucket.gcs.key": "backupGcsKey",
    "database.backup.bucket.azureBlob.accountKey": "backupAzureAccountKey",
} as const satisfies Record<SecretArgument, string>;

/** Keys that hold a value to encrypt under each name, likewise. */
export const secretRecordKeys = {
    "airflow.connections": "connections",
    "airflow.variables": "variables",
} as const satisfies Record<SecretRecord, string>;

/** Arguments that have a key of their own beside the one of their group, and that key. */
export const keyOf: Readonly<Record<string, string>> = { ...secretKeys, ...secretRecordKeys, "airflow.pools": "pools" };

const text = z.string();
/** Text that `pulumi config set --path` and YAML make a number, true or false of, where that has one text alone. */
const textOf = (has: (value: unknown) => boolean) =>
    z.preprocess((value) => (typeof value === "boolean" || has(value) ? String(value) : value), text);
/** Of a fraction none knows whether 3.10 was meant or 3.1, and of a long number the last digits are lost. */
const plainText = textOf(Number.isSafeInteger);
/** Resources and options, for which 0.5 and 0.50 are the same. Not sizes: a volume of 5 bytes is never meant. */
const amount = textOf((value) => typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER);
const texts = z.record(text, plainText);
const amounts = z.record(text, amount);
/** What null unsets may also be left out. */
const nullable = <T extends z.ZodType>(type: T) => type.nullable().optional();
const resources = z.strictObject({ requests: amounts, limits: amounts }).partial();
const reference = z.strictObject({ name: text, key: text, optional: z.boolean().optional() });
const environment = z.array(
    z.strictObject({
        name: text,
        value: plainText.optional(),
        valueFrom: z
            .strictObject({
                secretKeyRef: reference,
                configMapKeyRef: reference,
                fieldRef: z.strictObject({ fieldPath: text, apiVersion: text.optional() }),
                resourceFieldRef: z.strictObject({
                    resource: text,
                    containerName: text.optional(),
                    divisor: amount.optional(),
                }),
            })
            .partial()
            .optional(),
    }),
);
const source = z.strictObject({ name: text, optional: z.boolean().optional() });
const environmentSources = z.array(z.strictObject({ prefix: text, configMapRef: source, secretRef: source }).partial());
const toleration = z
    .strictObject({ key: text, operator: text, value: plainText, effect: text, tolerationSeconds: z.int() })
    .partial();
const named = z.array(z.looseObject({ name: text }));
/** Kubernetes knows the fields of pods. Here are the ones that are looked at before. */
const podTemplate = z.looseObject({
    metadata: z.looseObject({ labels: nullable(texts), annotations: nullable(texts) }).optional(),
    spec: z
        .looseObject({
            containers: named.optional(),
            initContainers: named.optional(),
            volumes: named.optional(),
            nodeSelector: nullable(texts),
            tolerations: z.array(toleration).optional(),
        })
        .optional(),
}) as unknown as z.ZodType<k8s.types.input.core.v1.PodTemplateSpecPatch>;
const secretTexts = Object.fromEntries(Object.values(secretKeys).map((key) => [key, text])) as Record<
    (typeof secretKeys)[SecretArgument],
    z.ZodString
>;
/** Text, or what becomes its JSON, in which single values may be encrypted. */
const textOrJson = z.union([plainText, z.record(text, z.unknown()), z.array(z.unknown())]);
const secretKey = z.strictObject({ name: text, key: text });
const existingClaim = z.strictObject({ namespace: text, name: text });
const claimNames = z.strictObject({ dags: text, logs: text });
const storage = z
    .strictObject({
        hostPath: text,
        kind: z.enum(StorageKind),
        dagsSize: text,
        logsSize: text,
        mountOptions: z.array(text),
        fixPermissions: z.boolean(),
        nfsServer: z
            .strictObject({
                image: text,
                clients: z.array(text),
                size: text,
                storageClass: text,
                existingClaim,
                resources,
                podTemplate,
            })
            .partial(),
        nfs: z.strictObject({ server: text, path: text }),
        csi: z.strictObject({
            driver: text,
            volumeHandle: text,
            volumeAttributes: texts.optional(),
            nodeStageSecret: z.strictObject({ namespace: text, name: text }).optional(),
        }),
        storageClass: text,
        existingNamespace: text,
        claims: z.strictObject({ airflow: claimNames.extend({ backups: text.optional() }), workers: claimNames }),
    })
    .partial();
const git = z.strictObject({
    repository: text,
    ref: text,
    subPath: text,
    username: text,
    tokenSecret: secretKey,
    sshKeySecret: secretKey,
    knownHosts: text,
    caCertificate: text,
});
const dags = z
    .strictObject({
        delivery: z.enum(DagDelivery),
        volume: z.strictObject({ folder: text, archive: text, image: text, imagePath: text }).partial(),
        git: git.partial(),
        gitSync: z
            .strictObject({
                periodSeconds: z.int(),
                depth: z.int(),
                submodules: z.enum(GitSubmodules),
                image: text,
                resources,
                podTemplate,
            })
            .partial(),
        image: z.strictObject({ path: text }).partial(),
        bundles: z.array(
            z.strictObject({
                name: text,
                kind: z.enum(DagBundleKind),
                git: git.extend({ token: text, sshKey: text }).partial().optional(),
                s3: z
                    .strictObject({
                        url: text,
                        endpointUrl: text.optional(),
                        region: text.optional(),
                        accessKeyId: text.optional(),
                        secretAccessKey: text.optional(),
                        secretAccessKeySecret: secretKey.optional(),
                    })
                    .optional(),
                gcs: z.strictObject({ url: text }).optional(),
                local: z.strictObject({ path: text }).optional(),
                refreshSeconds: z.int().optional(),
            }),
        ),
        pluginsFolder: text,
        refreshSeconds: z.int(),
    })
    .partial();
const bucket = z.strictObject({
    url: text,
    endpointUrl: text,
    region: text,
    accessKeyId: text,
    secretAccessKeySecret: secretKey,
    gcs: z.strictObject({ url: text, project: text.optional(), keySecret: secretKey.optional() }),
    azureBlob: z.strictObject({
        accountUrl: text,
        container: text,
        folder: text.optional(),
        managedIdentityClientId: text.optional(),
        accountKeySecret: secretKey.optional(),
    }),
});
const logs = z
    .strictObject({
        retentionDays: z.int(),
        maximumSize: text,
        cleanupSchedule: text,
        remote: bucket.extend({ cloudWatch: z.strictObject({ logGroupArn: text }) }).partial(),
    })
    .partial();
const database = z
    .strictObject({
        image: text,
        size: text,
        storageClass: text,
        retain: z.boolean(),
        existingClaim,
        passwordSecret: secretKey,
        upgradeFrom: text,
        resources,
        podTemplate,
        backup: z
            .strictObject({ schedule: text, retentionDays: z.int(), size: text, bucket: bucket.partial() })
            .partial(),
        cleanup: z.strictObject({ retentionDays: z.int(), schedule: text, batchSize: z.int() }).partial(),
        external: z.strictObject({
            host: text,
            port: z.int().optional(),
            name: text.optional(),
            user: text.optional(),
            sslMode: z.enum(SslMode).optional(),
            parameters: texts.optional(),
        }),
    })
    .partial();
const labelSelector = z
    .strictObject({
        matchLabels: texts,
        matchExpressions: z.array(z.strictObject({ key: text, operator: text, values: z.array(text).optional() })),
    })
    .partial();
const networkPolicyPeers = z.array(
    z
        .strictObject({
            ipBlock: z.strictObject({ cidr: text, except: z.array(text).optional() }),
            namespaceSelector: labelSelector,
            podSelector: labelSelector,
        })
        .partial(),
);
const serviceAccount = z.strictObject({ existing: text, annotations: texts, labels: texts }).partial();
const rolesByGroup = z.record(text, z.array(text));
const auth = z
    .strictObject({
        manager: z.enum(AuthManager),
        users: z.array(
            z.strictObject({
                name: text,
                roles: z.array(text),
                email: text.optional(),
                firstName: text.optional(),
                lastName: text.optional(),
                password: text.optional(),
                passwordSecret: secretKey.optional(),
            }),
        ),
        roles: z.record(text, z.array(z.strictObject({ action: text, resource: text }))),
        oidc: z.strictObject({
            issuer: text,
            clientId: text,
            clientSecretSecret: secretKey.optional(),
            name: text.optional(),
            scopes: z.array(text).optional(),
            usernameClaim: text.optional(),
            groupsClaim: text.optional(),
            roles: rolesByGroup.optional(),
            defaultRole: text.optional(),
            caCertificate: text.optional(),
        }),
        ldap: z.strictObject({
            server: text,
            startTls: z.boolean().optional(),
            baseDn: text,
            bindDn: text,
            bindPasswordSecret: secretKey.optional(),
            userFilter: text.optional(),
            usernameAttribute: text.optional(),
            firstNameAttribute: text.optional(),
            lastNameAttribute: text.optional(),
            emailAttribute: text.optional(),
            groupAttribute: text.optional(),
            nestedGroups: z.boolean().optional(),
            roles: rolesByGroup.optional(),
            defaultRole: text.optional(),
            caCertificate: text.optional(),
        }),
        keycloak: z.strictObject({
            serverUrl: text,
            realm: text,
            clientId: text,
            clientSecretSecret: secretKey.optional(),
        }),
    })
    .partial();
const airflowProcess = z.strictObject({ replicas: z.int(), resources, env: environment, podTemplate }).partial();

const added = { annotations: texts.optional(), labels: texts.optional() };
const exposure = z.strictObject({
    ingress: z
        .strictObject({ className: text, tlsSecretName: text, issuer: text, clusterIssuer: text })
        .partial()
        .extend(added),
    httpRoute: z.strictObject({
        parentRefs: z.array(
            z.strictObject({
                name: text,
                namespace: text.optional(),
                sectionName: text.optional(),
                port: z.int().optional(),
            }),
        ),
        ...added,
    }),
    externalService: z.strictObject({
        type: z.enum(ExternalServiceType),
        port: z.int().optional(),
        nodePort: z.int().optional(),
        loadBalancerClass: text.optional(),
        loadBalancerSourceRanges: z.array(text).optional(),
        externalTrafficPolicy: z.enum(TrafficPolicy).optional(),
        ...added,
    }),
    serviceAnnotations: texts,
    trustedProxies: z.array(text),
});

/**
 * Keys of a stack file and their shapes, which are those of the arguments of `AirflowKubernetes`. What values mean is checked
 * there; secrets have keys of their own, so that they can be encrypted one by one.
 */
export const schema = z
    .strictObject({
        hosting: z.enum(Hosting),
        namespaces: z
            .strictObject({
                create: z.boolean(),
                airflow: text,
                workers: text,
                storage: text,
                workersPodSecurity: z.enum(PodSecurityLevel),
                labels: texts,
                annotations: texts,
            })
            .partial(),
        storage,
        dags,
        pythonPackages: z.strictObject({ requirements: text, indexUrl: text }).partial(),
        logs,
        database,
        airflow: z
            .strictObject({
                version: text,
                image: text,
                downgradeFrom: text,
                migrationTimeoutSeconds: z.int(),
                url: text,
                fernetKeySecret: secretKey,
                jwtKeySecret: secretKey,
                apiSecretKeySecret: secretKey,
                options: z.record(text, amounts),
                imagePullSecrets: z.array(text),
                registries: z.array(z.strictObject({ server: text, username: text, password: text })),
                env: environment,
                envFrom: environmentSources,
                podTemplate,
                localSettings: text,
                clusterDomain: text,
            })
            .partial(),
        admin: z.strictObject({ enabled: z.boolean(), user: text, email: text, passwordSecret: secretKey }).partial(),
        auth,
        apiServer: airflowProcess.extend(exposure.partial().shape).extend({ webserverConfig: text.optional() }),
        executionApi: airflowProcess.extend({ enabled: z.boolean().optional() }),
        scheduler: airflowProcess,
        dagProcessor: airflowProcess,
        triggerer: airflowProcess,
        workers: z
            .strictObject({
                resources,
                env: environment,
                podTemplate,
                templates: z.record(text, podTemplate),
                podsCreationBatchSize: z.int(),
                keepFailedPodsSeconds: z.int(),
                kubernetesPodOperator: z.boolean(),
                podNamespaces: z.array(text),
                rules: z.array(
                    z
                        .strictObject({
                            apiGroups: z.array(text),
                            resources: z.array(text),
                            resourceNames: z.array(text),
                            verbs: z.array(text),
                        })
                        .partial()
                        .required({ verbs: true }),
                ),
            })
            .partial(),
        jobs: z.strictObject({ resources, podTemplate }).partial(),
        serviceAccounts: z
            .strictObject({
                apiServer: serviceAccount,
                executionApi: serviceAccount,
                scheduler: serviceAccount,
                dagProcessor: serviceAccount,
                triggerer: serviceAccount,
                jobs: serviceAccount,
                worker: serviceAccount,
            })
            .partial(),
        podSecurity: z.strictObject({ user: z.enum(PodUser) }).partial(),
        networkPolicies: z
            .strictObject({
                enabled: z.boolean(),
                apiServer: networkPolicyPeers,
                database: networkPolicyPeers,
                workers: networkPolicyPeers,
                metrics: networkPolicyPeers,
            })
            .partial(),
        metrics: z
            .strictObject({
                statsd: z.strictObject({ image: text, resources, podTemplate }).partial(),
                openTelemetry: z.strictObject({
                    endpoint: text,
                    protocol: z.enum(OpenTelemetryProtocol).optional(),
                    traces: z.boolean().optional(),
                    headersSecret: secretKey.optional(),
                }),
                state: z.strictObject({ resources, podTemplate }).partial(),
                serviceMonitor: z.strictObject({ labels: texts, interval: text }).partial(),
                scrapeAnnotations: z.boolean(),
                prometheusRule: z.strictObject({ labels: texts }).partial(),
                grafanaDashboards: z.strictObject({ labels: texts }).partial(),
            })
            .partial(),
        ...secretTexts,
        connections: z.record(text, textOrJson),
        variables: z.record(text, textOrJson),
        pools: z.record(
            text,
            z.strictObject({
                slots: z.int(),
                description: text.optional(),
                includeDeferred: z.boolean().optional(),
            }),
        ),
    })
    .partial();

type StackConfig = z.infer<typeof schema>;

/** Keys whose values are text in the stack file; all others hold JSON. */
const textKeys = new Set<string>(["hosting", ...Object.values(secretKeys)]);

/**
 * Arguments of `AirflowKubernetes` from the keys of the stack.
 *
 * @throws ArgumentsError that names every fault of the stack's configuration.
 */
export function loadArgs(): AirflowKubernetesArgs {
    const project = pulumi.getProject();
    const values = stackValues(project);
    const { args, problems } = readArgs(values);
    const all = [
        ...clusterProblems(values.hosting, new pulumi.Config("kubernetes")),
        ...[...problems, ...looseKeys(args)].map((problem) => ({ ...problem, path: `${project}:${problem.path}` })),
    ];
    if (all.length > 0) {
        throw new ArgumentsError(all, `the configuration of stack ${pulumi.getStack()}`);
    }
    return args;
}

/** The keys of data that outlive the stack, with the command that gives them. A preview goes on, and the component warns. */
function looseKeys(args: AirflowKubernetesArgs): Problem[] {
    const remedy = `Run: make pin-keys STACK=${pulumi.getStack()}`;
    const loose = pinnedKeysProblems(args);
    if (loose.length > 0 && pulumi.runtime.isDryRun()) {
        pulumi.log.warn(`Keys of the database are not in the stack's configuration. ${remedy}`);
        return [];
    }
    return loose.map((problem) => ({ ...inKeys(problem), remedy }));
}

/** A cluster of many nodes is named, so that no update goes to the one that kubectl happens to point at. */
function clusterProblems(hosting: string | undefined, kubernetes: pulumi.Config): Problem[] {
    const named = ["context", "kubeconfig", "renderYamlToDirectory"].some((key) => kubernetes.get(key) !== undefined);
    return named || hosting !== Hosting.ReadWriteMany
        ? []
        : [
              {
                  path: "kubernetes:context",
                  allowed: "the name of a kubectl context, which hosting readWriteMany needs",
                  remedy:
                      "Run: pulumi config set kubernetes:context <name> (kubectl config get-contexts lists them; a preview does not need " +
                      "to reach it), or set kubernetes:kubeconfig to a file whose current context is the one.",
              },
          ];
}

/** The stack's values by key, without the project's name. Those of other projects, such as `kubernetes`, are left out. */
function stackValues(project: string): Record<string, string> {
    const prefix = `${project}:`;
    return Object.fromEntries(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, value]) => [key.slice(prefix.length), value]),
    );
}

/** Arguments, or all that is wrong with the values. Paths are keys of the stack. */
export function readArgs(values: Record<string, string>): { args: AirflowKubernetesArgs; problems: Problem[] } {
    const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, parsed(key, value)]));
    const result = schema.safeParse(given);
    if (result.success) {
        return { args: toArgs(result.data, pulumi.secret), problems: validateConfig(result.data) };
    }
    // What has the right shape is still looked at, so that all faults are told at once.
    const shaped = schema.safeParse(withoutFaults(given, result.error.issues));
    return {
        args: {},
        problems: [
            ...result.error.issues.flatMap((issue) => shapeProblems(issue, given)),
            ...(shaped.success ? validateConfig(shaped.data) : []),
        ],
    };
}

/** A copy without what the issues speak of. Of a list with a fault nothing is left: places in it would not be right. */
function withoutFaults(given: Record<string, unknown>, issues: readonly z.core.$ZodIssue[]): Record<string, unknown> {
    const copy = structuredClone(given);
    for (const issue of issues) {
        const keys = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [key]) : [[]];
        for (const path of keys.map((key) => [...issue.path, ...key])) {
            const list = path.findIndex((key) => typeof key === "number");
            const faulty = list < 0 ? path : path.slice(0, list);
            const holder = valueAt(copy, faulty.slice(0, -1).map(String));
            if (typeof holder === "object" && holder !== null) {
                Reflect.deleteProperty(holder, faulty[faulty.length - 1]);
            }
        }
    }
    return copy;
}

function parsed(key: string, value: string): unknown {
    if (textKeys.has(key)) {
        return value;
    }
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

function validateConfig(config: StackConfig): Problem[] {
    const problems = validate(toArgs(config, (value) => value));
    // They would be left out without a word.
    const stray = Object.entries(secretKeys).filter(
        ([path, key]) => config[key] !== undefined && !belongs(config, path),
    );
    problems.push(
        ...stray.map(([path, key]) => ({ path: key, allowed: `a secret only together with ${holderOf(path)}` })),
    );
    return problems.map(inKeys);
}

/** Paths of secret arguments in a text. */
const secretPaths = new RegExp(`\\b(${Object.keys(secretKeys).join("|").replaceAll(".", "\\.")})\\b`, "g");

/** A problem in the words of a stack file: secrets have keys there, and a command that sets them. */
function inKeys({ path, allowed, remedy, ...rest }: Problem): Problem {
    const named = (text: string) => text.replace(secretPaths, (argument) => keyOf[argument]);
    const commands = [...new Set(remedy?.match(secretPaths) ?? [])].map(
        (argument) => `pulumi config set --secret ${keyOf[argument]}`,
    );
    return {
        ...rest,
        path: keyPath(path),
        allowed: named(allowed),
        ...(remedy !== undefined && {
            remedy: [named(remedy), ...(commands.length === 0 ? [] : [`Run: ${commands.join(", or ")}`])].join(" "),
        }),
    };
}

/** The key of the stack that an argument's path stands for. */
function keyPath(path: string): string {
    const argument = Object.keys(keyOf).find((begin) => path === begin || path.startsWith(`${begin}.`));
    return argument === undefined ? path : keyOf[argument] + path.slice(argument.length);
}

function toArgs(config: StackConfig, secret: (value: string) => pulumi.Input<string>): AirflowKubernetesArgs {
    const args: Record<string, unknown> = { ...structuredClone(config), dags: withDags(config.dags) };
    for (const [path, key] of Object.entries(secretKeys)) {
        const value = config[key];
        Reflect.deleteProperty(args, key);
        if (value !== undefined && belongs(config, path)) {
            setAt(args, path.split("."), secret(value));
        }
    }
    for (const [path, key] of Object.entries(secretRecordKeys)) {
        const values = config[key];
        Reflect.deleteProperty(args, key);
        if (values !== undefined) {
            const texts = Object.entries(values).map(([name, value]) => [
                name,
                secret(typeof value === "string" ? value : JSON.stringify(value)),
            ]);
            setAt(args, path.split("."), Object.fromEntries(texts));
        }
    }
    Reflect.deleteProperty(args, "pools");
    if (config.pools !== undefined) {
        setAt(args, ["airflow", "pools"], config.pools);
    }
    return args;
}

/** DAGs to begin with, where a stack names none. */
const exampleDags = "examples/dags";

function withDags(dags: StackConfig["dags"]): StackConfig["dags"] {
    const { delivery = DagDelivery.Volume, volume = {} } = dags ?? {};
    return delivery === DagDelivery.Volume && Object.keys(volume).length === 0
        ? { ...dags, volume: { folder: exampleDags } }
        : dags;
}

/** Whether there is something that a secret is for: a key of a place of logs or backups that is not given belongs nowhere. */
function belongs(config: StackConfig, path: string): boolean {
    return (
        !["logs.remote.", "database.backup.bucket.", "auth."].some((begin) => path.startsWith(begin)) ||
        valueAt(config, holderOf(path).split(".")) !== undefined
    );
}

/** The settings that a secret is a part of. */
function holderOf(path: string): string {
    return path.slice(0, path.lastIndexOf("."));
}

function setAt(holder: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
    if (rest.length === 0) {
        holder[key] = value;
        return;
    }
    const below: Record<string, unknown> = { ...(holder[key] as object | undefined) };
    holder[key] = below;
    setAt(below, rest, value);
}

/** Whether what is at a path may be a secret, or hold one. */
function mayBeSecret(path: readonly string[], value: unknown): boolean {
    const holds = typeof value === "object" && value !== null;
    return (
        [...Object.values<string>(secretKeys), ...Object.values<string>(secretRecordKeys)].includes(path[0]) ||
        listedSecretArguments.some((secret) => {
            const parts = secret.split(".");
            // Where a list or an object was meant, anything may be.
            const isAbove = path.length < parts.length && (holds || path.length > 1);
            return (
                (isAbove || path.length >= parts.length) &&
                parts.slice(0, path.length).every((part, index) => part === "*" || part === path[index])
            );
        })
    );
}

const types: Record<string, string> = {
    string: "text",
    int: "a whole number",
    number: "a whole number",
    boolean: "true, false",
    object: "an object: set single values with pulumi config set --path",
    record: "an object: set single values with pulumi config set --path",
    array: "a list",
};

/** One problem for each thing that an issue speaks of. */
function shapeProblems(issue: z.core.$ZodIssue, given: unknown): Problem[] {
    const path = issue.path.map(String);
    const found = valueAt(given, path);
    const value = mayBeSecret(path, found) ? undefined : found;
    switch (issue.code) {
        case "unrecognized_keys":
            // Its value is not shown: the key may be a misspelled one of a secret.
            return issue.keys.map((key) => ({
                path: pathText([...path, key]),
                allowed: `the keys ${keysAt(path).join(", ")}`,
            }));
        case "invalid_union":
            return [
                {
                    path: pathText(path),
                    value,
                    allowed: "text, or an object or a list, which becomes JSON",
                    ...quoteRemedy(found, value === undefined),
                },
            ];
        case "invalid_value":
            return [{ path: pathText(path), value, allowed: issue.values.join(", ") }];
        case "invalid_type":
            return [
                {
                    path: pathText(path),
                    value,
                    allowed: types[issue.expected] ?? issue.expected,
                    ...(issue.expected === "string" && quoteRemedy(found, value === undefined)),
                },
            ];
        case "too_big":
        case "too_small":
            // Of the shapes, only whole numbers have bounds: what a number can hold exactly.
            return [{ path: pathText(path), value, allowed: types.int }];
        default:
            return [{ path: pathText(path), value, allowed: issue.message }];
    }
}

/** How a number stays the text that was written. The command is not for a secret, which it would store in plain text. */
function quoteRemedy(found: unknown, secret: boolean): { remedy?: string } {
    if (typeof found !== "number" && typeof found !== "boolean") {
        return {};
    }
    const command = secret ? "" : ", or set it with pulumi config set --path --type string";
    return { remedy: `Quote it in the stack file${command}.` };
}

function pathText(path: readonly string[]): string {
    return path.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}

function valueAt(root: unknown, path: readonly string[]): unknown {
    return path.reduce<unknown>(
        (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
        root,
    );
}

/** The keys that an object at a path may have. */
function keysAt(path: readonly string[]): string[] {
    const shape = path.reduce<unknown>((above, key) => {
        const named = valueAt(above, ["properties", key]) ?? valueAt(above, ["additionalProperties"]);
        return /^\d+$/.test(key) ? (valueAt(above, ["items"]) ?? named) : named;
    }, z.toJSONSchema(schema));
    return Object.keys(valueAt(shape, ["properties"]) ?? {});
}
