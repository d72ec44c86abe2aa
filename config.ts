import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
    type AirflowKubernetesArgs,
    ArgumentsError,
    DagDelivery,
    GitSubmodules,
    Hosting,
    PodSecurityLevel,
    type Problem,
    SslMode,
    StorageKind,
    validate,
} from "./components";

const text = z.string();
const texts = z.record(text, text);
/** What null unsets may also be left out. */
const nullable = <T extends z.ZodType>(type: T) => type.nullable().optional();
const resources = z.strictObject({ requests: texts, limits: texts }).partial();
const reference = z.strictObject({ name: text, key: text, optional: z.boolean().optional() });
const environment = z.array(
    z.strictObject({
        name: text,
        value: text.optional(),
        valueFrom: z
            .strictObject({
                secretKeyRef: reference,
                configMapKeyRef: reference,
                fieldRef: z.strictObject({ fieldPath: text, apiVersion: text.optional() }),
                resourceFieldRef: z.strictObject({
                    resource: text,
                    containerName: text.optional(),
                    divisor: text.optional(),
                }),
            })
            .partial()
            .optional(),
    }),
);
const source = z.strictObject({ name: text, optional: z.boolean().optional() });
const environmentSources = z.array(z.strictObject({ prefix: text, configMapRef: source, secretRef: source }).partial());
const toleration = z
    .strictObject({ key: text, operator: text, value: text, effect: text, tolerationSeconds: z.int() })
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
const secretKey = z.strictObject({ name: text, key: text });
const existingClaim = z.strictObject({ namespace: text, name: text });
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
    })
    .partial();
const dags = z
    .strictObject({
        delivery: z.enum(DagDelivery),
        volume: z.strictObject({ folder: text, archive: text, image: text, imagePath: text }).partial(),
        git: z
            .strictObject({
                repository: text,
                ref: text,
                subPath: text,
                username: text,
                tokenSecret: secretKey,
                sshKeySecret: secretKey,
                knownHosts: text,
                caCertificate: text,
            })
            .partial(),
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
        refreshSeconds: z.int(),
    })
    .partial();
const logs = z
    .strictObject({
        retentionDays: z.int(),
        maximumSize: text,
        cleanupSchedule: text,
        remote: z.strictObject({
            url: text,
            endpointUrl: text.optional(),
            region: text.optional(),
            accessKeyId: text.optional(),
            secretAccessKeySecret: secretKey.optional(),
        }),
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
        resources,
        podTemplate,
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
const serviceAccount = z.strictObject({ annotations: texts, labels: texts }).partial();
const airflowProcess = z.strictObject({ replicas: z.int(), resources, env: environment, podTemplate }).partial();

/**
 * Keys of a stack file and their shapes, which are those of the arguments of `AirflowKubernetes`. What values mean is checked
 * there; secrets have keys of their own, so that they can be encrypted one by one.
 */
export const schema = z
    .strictObject({
        hosting: z.enum(Hosting),
        namespaces: z
            .strictObject({
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
                url: text,
                fernetKeySecret: secretKey,
                jwtSecret: secretKey,
                apiSecretKey: secretKey,
                options: z.record(text, texts),
                imagePullSecrets: z.array(text),
                env: environment,
                envFrom: environmentSources,
                podTemplate,
                clusterDomain: text,
            })
            .partial(),
        admin: z.strictObject({ user: text, email: text, passwordSecret: secretKey }).partial(),
        apiServer: airflowProcess,
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
                scheduler: serviceAccount,
                dagProcessor: serviceAccount,
                triggerer: serviceAccount,
                jobs: serviceAccount,
                worker: serviceAccount,
            })
            .partial(),
        fernetKey: text,
        databasePassword: text,
        adminPassword: text,
        gitToken: text,
        gitSshKey: text,
        logsSecretAccessKey: text,
    })
    .partial();

type StackConfig = z.infer<typeof schema>;

/** Keys whose values are encrypted in the stack file, and the arguments that they become. */
const secretKeys: Record<string, string> = {
    fernetKey: "airflow.fernetKey",
    databasePassword: "database.password",
    adminPassword: "admin.password",
    gitToken: "dags.git.token",
    gitSshKey: "dags.git.sshKey",
    logsSecretAccessKey: "logs.remote.secretAccessKey",
};

/** Keys whose values are text in the stack file; all others hold JSON. */
const textKeys = new Set(["hosting", ...Object.keys(secretKeys)]);

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
        ...problems.map((problem) => ({ ...problem, path: `${project}:${problem.path}` })),
    ];
    if (all.length > 0) {
        throw new ArgumentsError(all, `the configuration of stack ${pulumi.getStack()}`);
    }
    return args;
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
    const keyOf = Object.fromEntries(Object.entries(secretKeys).map(([key, path]) => [path, key]));
    const problems = validate(toArgs(config, (value) => value));
    // It would be left out without a word.
    if (config.logsSecretAccessKey !== undefined && config.logs?.remote === undefined) {
        problems.push({ path: "logsSecretAccessKey", allowed: "a secret only together with logs.remote" });
    }
    return problems.map((problem) => ({ ...problem, path: keyOf[problem.path] ?? problem.path }));
}

function toArgs(config: StackConfig, secret: (value: string) => pulumi.Input<string>): AirflowKubernetesArgs {
    const { fernetKey, databasePassword, adminPassword, gitToken, gitSshKey, logsSecretAccessKey, ...args } = config;
    const some = (value: string | undefined) => (value === undefined ? undefined : secret(value));
    return {
        ...args,
        airflow: { ...args.airflow, fernetKey: some(fernetKey) },
        database: { ...args.database, password: some(databasePassword) },
        admin: { ...args.admin, password: some(adminPassword) },
        dags: { ...args.dags, git: { ...args.dags?.git, token: some(gitToken), sshKey: some(gitSshKey) } },
        logs: {
            ...args.logs,
            remote: args.logs?.remote && { ...args.logs.remote, secretAccessKey: some(logsSecretAccessKey) },
        },
    };
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
    const value = path[0] in secretKeys ? undefined : valueAt(given, path);
    switch (issue.code) {
        case "unrecognized_keys":
            // Its value is not shown: the key may be a misspelled one of a secret.
            return issue.keys.map((key) => ({
                path: pathText([...path, key]),
                allowed: `the keys ${keysAt(path).join(", ")}`,
            }));
        case "invalid_value":
            return [{ path: pathText(path), value, allowed: issue.values.join(", ") }];
        case "invalid_type":
            return [{ path: pathText(path), value, allowed: types[issue.expected] ?? issue.expected }];
        case "too_big":
        case "too_small":
            // Of the shapes, only whole numbers have bounds: what a number can hold exactly.
            return [{ path: pathText(path), value, allowed: types.int }];
        default:
            return [{ path: pathText(path), value, allowed: issue.message }];
    }
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
    const steps = path.flatMap((key) => (/^\d+$/.test(key) ? ["items"] : ["properties", key]));
    return Object.keys(valueAt(z.toJSONSchema(schema), [...steps, "properties"]) ?? {});
}
