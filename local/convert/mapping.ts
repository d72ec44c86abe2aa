import { isFields } from "../../components/kubernetes/fields";
import { numberOf, plain, textsOf, valueAt } from "./chartValues";
import {
    containerField,
    eachOf,
    environment,
    environmentSources,
    everywhere,
    podField,
    resourcesOf,
    secretVariables,
    securityContext,
    stackOf,
} from "./containers";
import { httpRoute, ingress, service } from "./exposure";
import { gitBundle, gitCredentials, gitRef, gitRepository, seconds } from "./git";
import { airflowImage, dagsAreInImage } from "./image";
import { optionStep } from "./options";
import { parts } from "./parts";
import { type Row, Topic } from "./row";
import { carried, left, patchAt, type Step, same } from "./steps";

type Convert = Row["convert"];

/** It goes to one place. */
const to =
    (path: string, as: (value: unknown) => unknown = (value) => value): Convert =>
    (value) => [carried(path, as(value))];

/** An option of Airflow. */
const option: Convert = (value, { key, values }) => {
    const [, section, name] = /^config\.([^.[]+)\.([^.[]+)$/.exec(key) ?? [];
    return [
        section === undefined || name === undefined || isFields(value)
            ? left("an option is a text in a section")
            : optionStep(section, name, value, values, ""),
    ];
};

/** It stays behind. */
const stays =
    (reason: string): Convert =>
    () => [left(reason)];

/** It is so anyway. */
const anyway =
    (reason: string): Convert =>
    () => [same(reason)];

/** One value is so anyway; another one stays behind. */
const only =
    (usual: unknown, why: string, otherwise: string): Convert =>
    (value) => [plain(value) === plain(usual) ? same(why) : left(otherwise)];

/** Something that is not made here: switched off, it is so anyway. */
const notMade =
    (instead: string): Convert =>
    (value) => [isFields(value) && value.enabled === false ? same("none is made") : left(instead)];

/** A Secret of the chart's, with the key that it has there. */
const secretIn =
    (path: string, key: string): Convert =>
    (name) => [carried(path, { name: plain(name), key })];

/** The value of a secret: the person who has it gives it to the stack. */
function secretValue(key: string, value: unknown): Step {
    const text = `the secret ${key} of the stack, to be set with the command below`;
    return { ...carried(text, undefined), patch: undefined, secret: { key, value: plain(value) } };
}

const metadataHost: Convert = (host, { values }) => {
    const {
        db = "postgres",
        user = "postgres",
        sslmode = "disable",
    } = valueAt(values, "data.metadataConnection") as Record<string, unknown>;
    // What the chart takes where nothing is said.
    const external = { host: plain(host), name: plain(db), user: plain(user), sslMode: plain(sslmode) };
    return [{ ...carried("database.external.host", undefined), patch: { database: { external } } }];
};

const ofExternal =
    (field: string, as: (value: unknown) => unknown): Convert =>
    (value, { values }) => [
        valueAt(values, "data.metadataConnection.host") === undefined
            ? left("data.metadataConnection.host is missing")
            : carried(`database.external.${field}`, as(value)),
    ];

/** A database outside, of which the values do not say where it is: with these, nothing is made in its place. */
const unknownDatabase = { database: { external: {} } };

const sharedVolume =
    (noun: "dags" | "logs"): Convert =>
    (value) => {
        const volume = isFields(value) ? value : {};
        const isOn = volume.enabled === true;
        return Object.entries(volume).map(([field, set]): Step => {
            const below = `.${field}`;
            if (field === "enabled") {
                return set === true
                    ? same("DAGs and logs lie on shared volumes", below)
                    : noun === "dags"
                      ? same("how DAGs arrive is dags.delivery", below)
                      : left(
                            `logs lie on a shared volume; with logs in a bucket and DAGs by image or bundle, storage.kind none needs no volume`,
                            below,
                        );
            }
            if (!isOn) {
                return same("the volume is switched off", below);
            }
            switch (field) {
                case "size":
                    return carried(`storage.${noun}Size`, plain(set), below);
                case "storageClassName":
                    return {
                        ...carried("storage.storageClass", undefined, below),
                        patch: { storage: { kind: "storageClass", storageClass: plain(set) } },
                    };
                case "existingClaim":
                    return left(
                        "set storage.kind claims and storage.claims: tasks are in a namespace of their own, and need a claim there, too",
                        below,
                    );
                case "accessMode":
                    return plain(set) === "ReadWriteMany"
                        ? same("shared volumes are ReadWriteMany", below)
                        : left("shared volumes are ReadWriteMany", below);
                default:
                    return left("see docs/storage.md for what the shared volumes can be", below);
            }
        });
    };

/** The chart's CronJob of `airflow db clean`. */
const databaseCleanup: Convert = (value) => {
    if (!isFields(value) || value.enabled !== true) {
        return [same("none is made")];
    }
    return Object.entries(value).map(([field, given]) => {
        const below = `.${field}`;
        switch (field) {
            case "enabled":
                return carried("database.cleanup", {}, below);
            case "schedule":
                return carried("database.cleanup.schedule", given, below);
            case "retentionDays":
            case "batchSize":
                return carried(`database.cleanup.${field}`, Number(given), below);
            case "skipArchive":
            case "verbose":
                return same("no copies are kept, and what was removed is in the Job's log", below);
            default:
                return left("all tables are cleaned, by the same pods as other Jobs (jobs)", below);
        }
    });
};

/** Whoever groomed logs in the chart: here one CronJob does it. */
const groomer: Convert = (value) =>
    Object.entries(isFields(value) ? value : {}).map(([field, set]): Step => {
        const below = `.${field}`;
        switch (field) {
            case "retentionDays":
                return carried("logs.retentionDays", numberOf(set), below);
            case "maxSizeBytes":
                return carried("logs.maximumSize", plain(set), below);
            case "enabled":
                return set === false
                    ? left(
                          "logs are removed by age and size: logs.retentionDays 0 keeps them, up to logs.maximumSize",
                          below,
                      )
                    : same("one CronJob removes old logs", below);
            default:
                return same("one CronJob removes old logs, and no sidecar", below);
        }
    });

const firstUser: Convert = (value) =>
    Object.entries(isFields(value) ? value : {}).map(([field, set]): Step => {
        const below = `.${field}`;
        switch (field) {
            case "username":
                return carried("admin.user", plain(set), below);
            case "email":
                return carried("admin.email", plain(set), below);
            case "password":
                return plain(set).length < 8
                    ? left("it has less than 8 characters: without adminPassword one is made", below)
                    : { ...secretValue("adminPassword", set), below };
            case "role":
                return plain(set) === "Admin"
                    ? same("the first user is an Admin", below)
                    : left("the first user is an Admin", below);
            case "enabled":
                return set === true
                    ? same("there is a first user", below)
                    : left("set admin.enabled to false: without it a first user is made", below);
            default:
                return left("the first user has the name alone", below);
        }
    });

const account: Convert = (value, { part }) =>
    Object.entries(isFields(value) ? value : {}).map(([field, set]): Step => {
        const below = `.${field}`;
        const path = `serviceAccounts.${parts[part]?.account}`;
        switch (field) {
            case "annotations":
                return carried(`${path}.annotations`, textsOf(set), below);
            case "create":
                return set === true
                    ? same("ServiceAccounts are made", below)
                    : left(`set ${path}.existing to the name of the one that exists`, below);
            case "name":
                return left(`names of ServiceAccounts are fixed; ${path}.existing takes one that exists`, below);
            default:
                return same("who speaks to the Kubernetes API has a token, and nobody else", below);
        }
    });

const postgresPersistence: Convert = (value) =>
    Object.entries(isFields(value) ? value : {}).map(([field, set]): Step => {
        const below = `.${field}`;
        switch (field) {
            case "size":
                return carried("database.size", plain(set), below);
            case "storageClass":
                return carried("database.storageClass", plain(set), below);
            case "enabled":
                return set === true
                    ? same("Postgres has a volume", below)
                    : left("Postgres always has a volume", below);
            default:
                return left("database.existingClaim goes on with the data of an installation of this project", below);
        }
    });

const replicas: Convert = (value, { part, values }) =>
    valueAt(values, `${part}.enabled`) === false
        ? [same("it is switched off")]
        : [carried(`${stackOf(part)}.replicas`, numberOf(value))];

const enabled: Convert = (value, { part }) => {
    if (value === true) {
        return [same("it always runs")];
    }
    return part === "triggerer" ? [carried("triggerer.replicas", 0)] : [left("it always runs")];
};

const pools: Convert = (value) =>
    eachOf(value, (element, below) => {
        const { name, slots, description, includeDeferred } = isFields(element) ? element : {};
        const pool = {
            slots: numberOf(slots),
            ...(description !== undefined && { description: plain(description) }),
            ...(includeDeferred !== undefined && { includeDeferred }),
        };
        return { ...carried("pools", { [plain(name)]: pool }, below), text: `pools.${plain(name)}` };
    });

const celery = "there are no Celery workers: each task has a pod of its own";
const autoscaling = "replicas are fixed: an autoscaler of your own would be set back by each up";
const networkPolicies: Convert = (value) => {
    const enabled = isFields(value) ? value.enabled : undefined;
    return typeof enabled === "boolean" ? [carried("networkPolicies.enabled", enabled)] : [same("some are made")];
};
const networkPolicy =
    "networkPolicies.apiServer, .database and .workers name who else is let in; NetworkPolicies of your own add to that (docs/networkPolicies.md)";

/**
 * The official chart's values, and what they are here. It is the one table of this: the converter follows it from top to bottom,
 * and the guide shows it. Where two keys contradict each other, the upper one counts.
 */
export const mapping: readonly Row[] = [
    // Exposure
    {
        topic: Topic.Exposure,
        keys: ["ingress.apiServer", "ingress.web"],
        ours: "`apiServer.ingress`; `airflow.url`",
        note: "Host, path and https come from `airflow.url`, whose path is the prefix of everything. One host: further ones and further paths need an Ingress of your own on the Service `airflow-api-server`, port 8080.",
        convert: ingress,
    },
    {
        topic: Topic.Exposure,
        keys: ["ingress.enabled"],
        ours: "`apiServer.ingress`",
        note: "As above.",
        convert: (enabled) => [same(enabled === false ? "none is made" : "apiServer.ingress is made of what follows")],
    },
    {
        topic: Topic.Exposure,
        keys: ["apiServer.httpRoute"],
        ours: "`apiServer.httpRoute`; `airflow.url`",
        note: "Host and path come from `airflow.url`.",
        convert: httpRoute,
    },
    {
        topic: Topic.Exposure,
        keys: ["apiServer.service", "webserver.service"],
        ours: "`apiServer.externalService`, `apiServer.serviceAnnotations`",
        note: "A NodePort or a load balancer is a second Service, beside the ClusterIP `airflow-api-server`.",
        convert: service,
    },
    {
        topic: Topic.Exposure,
        keys: ["ingress.flower", "ingress.statsd", "ingress.pgbouncer"],
        ours: "none",
        note: "There are no such servers.",
        convert: notMade("there is no such server"),
    },
    {
        topic: Topic.Exposure,
        keys: ["ports"],
        ours: "fixed",
        note: "The api-server listens on 8080.",
        convert: stays("ports are fixed: the api-server listens on 8080"),
    },
    {
        topic: Topic.Exposure,
        keys: ["config.api.base_url", "config.webserver.base_url"],
        ours: "`airflow.url`",
        note: "Its path is the prefix of UI and APIs.",
        convert: option,
    },
    {
        topic: Topic.Exposure,
        keys: ["config.api.ssl_cert", "config.api.ssl_key"],
        ours: "none",
        note: "The api-server speaks http in the cluster: TLS ends at the Ingress.",
        convert: option,
    },
    // Users
    {
        topic: Topic.Users,
        keys: ["apiServer.apiServerConfig", "webserver.webserverConfig"],
        ours: "`apiServer.webserverConfig`",
        note: "The text of `webserver_config.py`, for OAuth, OIDC and LDAP. Client secrets come by `apiServer.env` from a Secret. The converter leaves it to you, because such a file may hold secrets.",
        convert: stays(
            "give the text to apiServer.webserverConfig, without secrets: these come by apiServer.env from a Secret",
        ),
    },
    {
        topic: Topic.Users,
        keys: ["apiServer.apiServerConfigConfigMapName", "webserver.webserverConfigConfigMapName"],
        ours: "`apiServer.webserverConfig`",
        note: "The text itself, not a ConfigMap that exists.",
        convert: stays("give the text of that ConfigMap to apiServer.webserverConfig"),
    },
    {
        topic: Topic.Users,
        keys: ["createUserJob.defaultUser", "webserver.defaultUser"],
        ours: "`admin.user`, `admin.email`; secret `adminPassword`, or `admin.passwordSecret`",
        note: "The password is made when none is given. The role is Admin, the first name that of the user.",
        convert: firstUser,
    },
    {
        topic: Topic.Users,
        keys: ["createUserJob.enabled"],
        ours: "`admin.enabled`",
        note: "Its password is random.",
        convert: only(true, "there is a first user", "set admin.enabled to false: without it a first user is made"),
    },
    {
        topic: Topic.Users,
        keys: ["config.core.auth_manager"],
        ours: "`auth.manager`",
        note: "FAB, Simple or Keycloak; with FAB, OIDC by `auth.oidc` and LDAP by `auth.ldap`.",
        convert: option,
    },
    // Secrets
    {
        topic: Topic.Secrets,
        keys: ["fernetKeySecretName"],
        ours: "`airflow.fernetKeySecret`",
        note: "`{name, key: fernet-key}`. Secrets that exist lie in the namespace `airflow`.",
        convert: secretIn("airflow.fernetKeySecret", "fernet-key"),
    },
    {
        topic: Topic.Secrets,
        keys: ["apiSecretKeySecretName"],
        ours: "`airflow.apiSecretKeySecret`",
        note: "`{name, key: api-secret-key}`.",
        convert: secretIn("airflow.apiSecretKeySecret", "api-secret-key"),
    },
    {
        topic: Topic.Secrets,
        keys: ["webserverSecretKeySecretName"],
        ours: "`airflow.apiSecretKeySecret`",
        note: "`{name, key: webserver-secret-key}`: the name of Airflow 2.",
        convert: secretIn("airflow.apiSecretKeySecret", "webserver-secret-key"),
    },
    {
        topic: Topic.Secrets,
        keys: ["jwtSecretName"],
        ours: "`airflow.jwtKeySecret`",
        note: "`{name, key: jwt-secret}`, of 64 bytes or more.",
        convert: secretIn("airflow.jwtKeySecret", "jwt-secret"),
    },
    {
        topic: Topic.Secrets,
        keys: ["fernetKey"],
        ours: "secret `fernetKey`",
        note: "Made once and kept in the stack when it is not given. An external database needs the key that it was written with.",
        convert: (value) => [secretValue("fernetKey", value)],
    },
    {
        topic: Topic.Secrets,
        keys: ["apiSecretKey"],
        ours: "secret `apiSecretKey`",
        note: "Made once and kept in the stack when it is not given.",
        convert: (value) => [secretValue("apiSecretKey", value)],
    },
    {
        topic: Topic.Secrets,
        keys: ["webserverSecretKey"],
        ours: "secret `apiSecretKey`",
        note: "The name of Airflow 2.",
        convert: (value) => [secretValue("apiSecretKey", value)],
    },
    {
        topic: Topic.Secrets,
        keys: ["jwtSecret"],
        ours: "secret `jwtKey`",
        note: "Made once and kept in the stack when it is not given. 32 characters or more, without commas.",
        convert: (value) => [secretValue("jwtKey", value)],
    },
    {
        topic: Topic.Secrets,
        keys: [
            "fernetKeySecretAnnotations",
            "apiSecretAnnotations",
            "jwtSecretAnnotations",
            "webserverSecretAnnotations",
            "data.metadataConnection.secretAnnotations",
            "data.resultBackendConnectionSecretAnnotations",
            "data.brokerUrlSecretAnnotations",
        ],
        ours: "none",
        note: "Secrets have no annotations of yours. Make a Secret of your own, and name it.",
        convert: stays("make a Secret of your own, with annotations, and name it"),
    },
    {
        topic: Topic.Secrets,
        keys: ["<pod>.serviceAccount"],
        ours: "`serviceAccounts.<who>.annotations`, `.labels`, `.existing`",
        note: "For roles of a cloud. Jobs share one account, tasks are `worker`. Names are fixed unless `existing` names one. Tokens are mounted where they are used; in place of `serviceAccountTokenVolume` mount a projected volume by `podTemplate`.",
        convert: account,
    },
    {
        topic: Topic.Secrets,
        keys: ["rbac.create"],
        ours: "Roles in the namespace of tasks",
        note: "There is no ClusterRole.",
        convert: only(true, "Roles are made", "Roles are always made: whoever runs the update needs the right to"),
    },
    {
        topic: Topic.Secrets,
        keys: ["rbac.createSCCRoleBinding"],
        ours: "`podSecurity.user: platform`",
        note: "On OpenShift no fixed uid is asked for, so `restricted-v2` is enough.",
        convert: only(false, "none is made", "set podSecurity.user to platform: then restricted-v2 is enough"),
    },
    {
        topic: Topic.Secrets,
        keys: ["allowPodLaunching", "allowJobLaunching"],
        ours: "`workers.kubernetesPodOperator`",
        note: "Pods and Jobs, deferrable or not. The chart's default is on, here it is off.",
        convert: (value) => [
            value === true
                ? carried("workers.kubernetesPodOperator", true)
                : same("tasks have no rights in the cluster"),
        ],
    },
    {
        topic: Topic.Secrets,
        keys: ["<process>.allowPodLogReading"],
        ours: "always",
        note: "The api-server may read logs of task pods.",
        convert: only(
            true,
            "the api-server may read the logs of pods",
            "the api-server may always read the logs of pods",
        ),
    },
    {
        topic: Topic.Secrets,
        keys: ["multiNamespaceMode"],
        ours: "`workers.podNamespaces`, `workers.rules`",
        note: "Tasks run in one namespace; their pods may be made in others that you name.",
        convert: only(
            false,
            "tasks run in one namespace",
            "tasks run in namespaces.workers; name others for their pods in workers.podNamespaces",
        ),
    },
    {
        topic: Topic.Secrets,
        keys: ["imagePullSecrets"],
        ours: "`airflow.imagePullSecrets`",
        note: "Names. You make the Secrets, in each namespace.",
        convert: (value) => [
            carried(
                "airflow.imagePullSecrets",
                (Array.isArray(value) ? value : []).map((entry) => plain(isFields(entry) ? entry.name : entry)),
            ),
        ],
    },
    {
        topic: Topic.Secrets,
        keys: ["registry.secretName"],
        ours: "`airflow.imagePullSecrets`",
        note: "As above.",
        convert: (value) => [carried("airflow.imagePullSecrets", [plain(value)])],
    },
    {
        topic: Topic.Secrets,
        keys: ["registry.connection"],
        ours: "`airflow.registries`",
        note: "`{server, username, password}`: a pull Secret is made in each namespace.",
        convert: stays("set airflow.registries, with the password as a secret"),
    },
    {
        topic: Topic.Secrets,
        keys: ["extraSecrets", "extraConfigMaps"],
        ours: "none",
        note: "Make them in a program of your own, with `airflow.namespaces.airflow`, or with kubectl. What tasks use has to be in `airflow-workers`.",
        convert: stays("make them beside it, in the namespaces of the pods that use them: airflow, airflow-workers"),
    },
    {
        topic: Topic.Secrets,
        keys: ["enableBuiltInSecretEnvVars"],
        ours: "none",
        note: "The component gives each process its secrets, by reference. Variables that end in `_CMD` or `_SECRET` are refused for them, too.",
        convert: stays("the component gives each process its secrets: give values by the arguments for secrets"),
    },
    {
        topic: Topic.Secrets,
        keys: ["networkPolicies"],
        ours: "`networkPolicies.enabled`, on by default",
        note: "What they let in is [another list](networkPolicies.md): the database and task pods are closed to others.",
        convert: networkPolicies,
    },
    {
        topic: Topic.Secrets,
        keys: ["<process>.networkPolicy", "<process>.extraNetworkPolicies"],
        ours: "`networkPolicies.apiServer`, `.database`, `.workers`",
        note: "NetworkPolicies of your own add to the component's.",
        convert: notMade(networkPolicy),
    },
    {
        topic: Topic.Secrets,
        keys: ["kerberos"],
        ours: "none",
        note: "Volumes and a sidecar in `podTemplate`.",
        convert: notMade("give keytab and sidecar by podTemplate"),
    },
    {
        topic: Topic.Secrets,
        keys: ["config.secrets.backend", "config.secrets.backend_kwargs"],
        ours: "`airflow.options.secrets.backend`",
        note: "`backend_kwargs` may hold a secret: `AIRFLOW__SECRETS__BACKEND_KWARGS` in `env` of the processes, from a Secret.",
        convert: option,
    },
    // Pods
    {
        topic: Topic.Pods,
        keys: [
            "airflowVersion",
            "images.airflow.repository",
            "images.airflow.tag",
            "images.airflow.digest",
            "defaultAirflowRepository",
            "defaultAirflowTag",
            "defaultAirflowDigest",
        ],
        ours: "`airflow.version`, `airflow.image`",
        note: "One image with a tag or digest. Airflow 3.2.2 or newer. An own image is taken to hold the DAGs when they come from nowhere else.",
        convert: airflowImage,
    },
    {
        topic: Topic.Pods,
        keys: ["images.airflow.pullPolicy", "images.gitSync.pullPolicy", "images.pod_template.pullPolicy"],
        ours: "IfNotPresent",
        note: "Give each build of an image another tag.",
        convert: only(
            "IfNotPresent",
            "images are pulled where they are not present",
            "images are pulled where they are not present: give each build another tag",
        ),
    },
    {
        topic: Topic.Pods,
        keys: ["images.gitSync.repository", "images.gitSync.tag"],
        ours: "`dags.gitSync.image`",
        note: "git-sync 4.",
        convert: (_value, { values }) => {
            const { repository = "registry.k8s.io/git-sync/git-sync", tag } = valueAt(
                values,
                "images.gitSync",
            ) as Record<string, unknown>;
            return [
                tag === undefined
                    ? left("the tag is missing: set dags.gitSync.image")
                    : carried("dags.gitSync.image", `${repository}:${tag}`),
            ];
        },
    },
    {
        topic: Topic.Pods,
        keys: ["images.useDefaultImageForMigration", "images.migrationsWaitTimeout"],
        ours: "none",
        note: "Jobs have the image of Airflow, and nothing waits in a pod for the migration: what needs it is made after it.",
        convert: anyway("what needs the migration is made after it"),
    },
    {
        topic: Topic.Pods,
        keys: ["env", "extraEnv"],
        ours: "`airflow.env`; options become `airflow.options`",
        note: "Processes, Jobs and tasks. A literal value that may be a secret stays behind: refer to a Secret, which has to be in both namespaces. Connections and variables (`AIRFLOW_CONN_…`, `AIRFLOW_VAR_…`) are also `connections` and `variables`, which tasks ask for one by one.",
        convert: environment,
    },
    {
        topic: Topic.Pods,
        keys: ["secret"],
        ours: "`airflow.env` with `valueFrom`",
        note: "The Secret has to be in `airflow` and in `airflow-workers`.",
        convert: secretVariables,
    },
    {
        topic: Topic.Pods,
        keys: ["extraEnvFrom"],
        ours: "`airflow.envFrom`",
        note: "As above.",
        convert: environmentSources,
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.env"],
        ours: "`env` of the part; of Jobs `podTemplate`",
        note: "Variables that the component sets are refused, with what to set instead.",
        convert: environment,
    },
    {
        topic: Topic.Pods,
        keys: ["volumes"],
        ours: "`podTemplate.spec.volumes` of each process and of `workers`",
        note: "Jobs and Postgres do not get them; `airflow.podTemplate` would give them to every pod. What a volume refers to has to be in the pod's namespace.",
        convert: everywhere("volumes"),
    },
    {
        topic: Topic.Pods,
        keys: ["volumeMounts"],
        ours: "the same, `containers[].volumeMounts`",
        note: "`/opt/airflow/dags`, `/opt/airflow/logs` and `/tmp` are taken.",
        convert: everywhere("volumeMounts"),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.extraVolumes"],
        ours: "`<part>.podTemplate.spec.volumes`",
        note: "Names of the component's own volumes are refused.",
        convert: podField("spec.volumes"),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.extraVolumeMounts"],
        ours: "`<part>.podTemplate.spec.containers[].volumeMounts`",
        note: "The container has the name of its command, that of a task is `base`.",
        convert: containerField("volumeMounts"),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.extraContainers"],
        ours: "`<part>.podTemplate.spec.containers`",
        note: "Beside a task or a Job it has to end with it: an init container with `restartPolicy: Always`, which is what the converter makes of it.",
        convert: (value, at) =>
            ["workers", "jobs"].includes(stackOf(at.part)) && Array.isArray(value)
                ? podField("spec.initContainers")(
                      value.map((sidecar) => ({ ...sidecar, restartPolicy: "Always" })),
                      at,
                  )
                : podField("spec.containers")(value, at),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.extraInitContainers"],
        ours: "`<part>.podTemplate.spec.initContainers`",
        note: "In the namespace of Airflow they have to comply with the restricted Pod Security Standard.",
        convert: podField("spec.initContainers"),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.resources"],
        ours: "`<part>.resources`",
        note: "Here everything has requests and limits by default. Given ones without limits have none, as in the chart.",
        convert: resourcesOf((part) => `${stackOf(part)}.resources`),
    },
    {
        topic: Topic.Pods,
        keys: ["nodeSelector"],
        ours: "`airflow.podTemplate.spec.nodeSelector`",
        note: "For every pod, Postgres and git-sync too. That of a part is merged with it by key.",
        convert: podField("spec.nodeSelector", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: ["tolerations", "affinity", "topologySpreadConstraints", "schedulerName"],
        ours: "`airflow.podTemplate.spec`",
        note: "For every pod. Replicas are spread over nodes anyway.",
        convert: (value, at) => podField(`spec.${at.key}`)(value, at),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.nodeSelector"],
        ours: "`<part>.podTemplate.spec.nodeSelector`",
        note: "",
        convert: podField("spec.nodeSelector", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: [
            "<pod>.tolerations",
            "<pod>.affinity",
            "<pod>.topologySpreadConstraints",
            "<pod>.priorityClassName",
            "<pod>.runtimeClassName",
            "<pod>.schedulerName",
            "<pod>.hostAliases",
            "<pod>.terminationGracePeriodSeconds",
        ],
        ours: "the same field of `<part>.podTemplate.spec`",
        note: "A task has 30 seconds to end, in the chart 600.",
        convert: (value, at) => podField(`spec.${at.key.slice(at.part.length + 1)}`)(value, at),
    },
    {
        topic: Topic.Pods,
        keys: ["priorityClasses"],
        ours: "none",
        note: "Make PriorityClasses of your own: they belong to the whole cluster.",
        convert: stays("make PriorityClasses of your own, and name them in podTemplate.spec.priorityClassName"),
    },
    {
        topic: Topic.Pods,
        keys: ["labels"],
        ours: "`airflow.podTemplate.metadata.labels`",
        note: "On pods, not on other objects.",
        convert: podField("metadata.labels", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: ["airflowPodAnnotations"],
        ours: "`airflow.podTemplate.metadata.annotations`",
        note: "Every pod, Postgres and git-sync too.",
        convert: podField("metadata.annotations", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.podAnnotations"],
        ours: "`<part>.podTemplate.metadata.annotations`",
        note: "",
        convert: podField("metadata.annotations", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.labels"],
        ours: "`<part>.podTemplate.metadata.labels`",
        note: "On pods, not on Deployments.",
        convert: podField("metadata.labels", textsOf),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.safeToEvict"],
        ours: "an annotation in `<part>.podTemplate`",
        note: "Tasks are not evicted by the cluster autoscaler anyway.",
        convert: (value, at) =>
            stackOf(at.part) === "workers" && value === false
                ? [same("tasks are not evicted for fewer nodes")]
                : podField("metadata.annotations", (safe) => ({
                      "cluster-autoscaler.kubernetes.io/safe-to-evict": plain(safe),
                  }))(value, at),
    },
    {
        topic: Topic.Pods,
        keys: [
            "<pod>.annotations",
            "<job>.jobAnnotations",
            "<process>.configMapAnnotations",
            "airflowConfigAnnotations",
        ],
        ours: "none",
        note: "Deployments, Jobs and ConfigMaps have no annotations of yours; pods have.",
        convert: stays("only pods have annotations of yours: podTemplate.metadata.annotations"),
    },
    {
        topic: Topic.Pods,
        keys: ["securityContext", "securityContexts.pod", "securityContexts.container", "securityContexts.containers"],
        ours: "as the image needs it; `podSecurity.user`",
        note: "Pods run as 50000, group 0, without privileges.",
        convert: securityContext,
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.securityContext", "<pod>.securityContexts.pod", "<pod>.securityContexts.container"],
        ours: "`securityContext` in `<part>.podTemplate`",
        note: "Within the Pod Security Standard of the namespace.",
        convert: securityContext,
    },
    {
        topic: Topic.Pods,
        keys: ["uid", "gid"],
        ours: "50000, 0; `podSecurity.user: platform`",
        note: "`platform` leaves the uid to the cluster.",
        convert: (value, { key }) => [
            numberOf(value) === (key === "uid" ? 50000 : 0)
                ? same("Airflow runs as 50000, group 0")
                : left("Airflow runs as 50000, group 0; podSecurity.user platform leaves it to the cluster"),
        ],
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.containerLifecycleHooks"],
        ours: "`lifecycle` of the container in `<part>.podTemplate`",
        note: "",
        convert: containerField("lifecycle"),
    },
    {
        topic: Topic.Pods,
        keys: ["containerLifecycleHooks"],
        ours: "the same, part by part",
        note: "",
        convert: stays("set lifecycle of the container in the podTemplate of each part"),
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.replicas"],
        ours: "`replicas`",
        note: "1 to 20; of the triggerer also 0.",
        convert: replicas,
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.enabled"],
        ours: "`triggerer.replicas: 0`",
        note: "All others always run.",
        convert: enabled,
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.hpa", "<process>.keda"],
        ours: "none",
        note: "Replicas are fixed. An autoscaler of your own would be set back by each `up`.",
        convert: notMade(autoscaling),
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.podDisruptionBudget"],
        ours: "made for what has several replicas",
        note: "Not to be configured.",
        convert: notMade("one is made by itself for what has several replicas"),
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.livenessProbe", "<process>.readinessProbe", "<process>.startupProbe"],
        ours: "fixed",
        note: "Cheaper ones, which wait ten minutes for a start and restart nothing for a fault that is not its own.",
        convert: stays("probes are fixed: see docs/reliability.md"),
    },
    {
        topic: Topic.Pods,
        keys: ["<pod>.command", "<pod>.args"],
        ours: "fixed",
        note: "The api-server has `--proxy-headers`, and believes any proxy where `airflow.url` is https; `apiServer.trustedProxies` names others.",
        convert: stays("commands are fixed"),
    },
    {
        topic: Topic.Pods,
        keys: [
            "<process>.strategy",
            "<process>.updateStrategy",
            "<process>.revisionHistoryLimit",
            "revisionHistoryLimit",
        ],
        ours: "fixed",
        note: "",
        convert: stays("how workloads roll out is fixed"),
    },
    {
        topic: Topic.Pods,
        keys: ["<process>.waitForMigrations", "workers.waitForMigrations", "waitForMigrations"],
        ours: "not needed",
        note: "Processes are made after the migration Job has ended.",
        convert: anyway("processes are made after the migration has ended"),
    },
    {
        topic: Topic.Pods,
        keys: [
            "<job>.useHelmHooks",
            "<job>.applyCustomEnv",
            "<job>.ttlSecondsAfterFinished",
            "migrateDatabaseJob.enabled",
        ],
        ours: "not needed",
        note: "Jobs are ordinary resources in order, named by what they run.",
        convert: anyway("Jobs are ordinary resources, in order"),
    },
    // Tasks
    {
        topic: Topic.Tasks,
        keys: ["executor"],
        ours: "KubernetesExecutor",
        note: "No Celery, no LocalExecutor: each task has a pod, which knows no secret of Airflow.",
        convert: only(
            "KubernetesExecutor",
            "the executor is the KubernetesExecutor",
            "the executor is the KubernetesExecutor: each task has a pod of its own",
        ),
    },
    {
        topic: Topic.Tasks,
        keys: ["images.pod_template.repository", "images.pod_template.tag"],
        ours: "`image` of `base` in `workers.podTemplate`",
        note: "",
        convert: (_value, { values }) => {
            const { repository, tag } = valueAt(values, "images.pod_template") as Record<string, unknown>;
            return [
                repository === undefined || tag === undefined
                    ? left("set the image of base in workers.podTemplate, with repository and tag")
                    : {
                          ...carried("workers.podTemplate (container base, image)", undefined),
                          patch: patchAt(
                              ["workers", "podTemplate", "spec", "containers"],
                              [{ name: "base", image: `${repository}:${tag}` }],
                          ),
                      },
            ];
        },
    },
    {
        topic: Topic.Tasks,
        keys: ["podTemplate"],
        ours: "`workers.podTemplate`, `workers.templates`",
        note: "Not a whole file, but what differs: it is merged onto ours.",
        convert: stays(
            "give what differs from an ordinary pod to workers.podTemplate, and further kinds to workers.templates",
        ),
    },
    {
        topic: Topic.Tasks,
        keys: [
            "workers.celery",
            "workers.replicas",
            "workers.keda",
            "workers.hpa",
            "workers.persistence",
            "workers.livenessProbe",
            "workers.strategy",
            "workers.updateStrategy",
            "workers.revisionHistoryLimit",
            "workers.extraPorts",
            "workers.volumeClaimTemplates",
            "workers.podDisruptionBudget",
            "workers.podManagementPolicy",
            "workers.queue",
        ],
        ours: "none",
        note: "There are no Celery workers. `config.core.parallelism` and `resources` of tasks take their place.",
        convert: (value, { key }) => [
            key === "workers.replicas" && value === 0
                ? same(celery)
                : isFields(value) && value.enabled === false
                  ? same(celery)
                  : left(celery),
        ],
    },
    {
        topic: Topic.Tasks,
        keys: [
            "redis",
            "flower",
            "data.brokerUrl",
            "data.brokerUrlSecretName",
            "data.resultBackendConnection",
            "data.resultBackendSecretName",
        ],
        ours: "none",
        note: "Celery's.",
        convert: notMade(celery),
    },
    {
        topic: Topic.Tasks,
        keys: ["cleanup"],
        ours: "none",
        note: "The scheduler removes pods of tasks, failed ones after `workers.keepFailedPodsSeconds`.",
        convert: anyway("the scheduler removes the pods of tasks, failed ones after workers.keepFailedPodsSeconds"),
    },
    {
        topic: Topic.Tasks,
        keys: ["<pod>.kerberosSidecar", "<pod>.kerberosInitContainer"],
        ours: "none",
        note: "Containers of your own in `podTemplate`.",
        convert: notMade("give containers of your own by podTemplate"),
    },
    {
        topic: Topic.Tasks,
        keys: ["quotas", "limits"],
        ours: "none",
        note: "Make a ResourceQuota or LimitRange of your own in `airflow-workers`: a quota that is used up is waited for.",
        convert: stays("make a ResourceQuota or LimitRange of your own in the namespaces"),
    },
    {
        topic: Topic.Tasks,
        keys: ["config.core.executor"],
        ours: "KubernetesExecutor",
        note: "",
        convert: option,
    },
    {
        topic: Topic.Tasks,
        keys: [
            "config.kubernetes_executor.worker_pods_creation_batch_size",
            "config.kubernetes.worker_pods_creation_batch_size",
        ],
        ours: "`workers.podsCreationBatchSize`",
        note: "",
        convert: option,
    },
    {
        topic: Topic.Tasks,
        keys: ["config.kubernetes_executor.namespace", "config.kubernetes_executor.multi_namespace_mode"],
        ours: "`namespaces.workers`, `workers.podNamespaces`",
        note: "Tasks run in one namespace, which is not that of Airflow.",
        convert: option,
    },
    {
        topic: Topic.Tasks,
        keys: [
            "config.kubernetes_executor.pod_template_file",
            "config.kubernetes_executor.worker_container_repository",
            "config.kubernetes_executor.worker_container_tag",
        ],
        ours: "`workers.podTemplate`",
        note: "Other options of the section, such as `delete_worker_pods_on_failure`, go to `airflow.options`.",
        convert: option,
    },
    {
        topic: Topic.Tasks,
        keys: ["pools"],
        ours: "`pools`",
        note: "By name. A pool that a person made is not taken over.",
        convert: pools,
    },
    {
        topic: Topic.Tasks,
        keys: ["createPoolJob"],
        ours: "not needed",
        note: "",
        convert: anyway("pools are written by a Job of their own"),
    },
    // DAGs
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.enabled"],
        ours: "`dags.delivery: gitSync`",
        note: "One git-sync for all pods, on the shared volume, in place of one for each pod.",
        convert: (value) => [
            value === true ? carried("dags.delivery", "gitSync") : same("how DAGs arrive is dags.delivery"),
        ],
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.repo"],
        ours: "`dags.git.repository`",
        note: "A user's name and password in it stay behind.",
        convert: gitRepository,
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.ref", "dags.gitSync.branch", "dags.gitSync.rev"],
        ours: "`dags.git.ref`",
        note: "One branch, tag or commit.",
        convert: gitRef,
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.subPath"],
        ours: "`dags.git.subPath`",
        note: "Here the root of the repository by default, in the chart `tests/dags`.",
        convert: to("dags.git.subPath", plain),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.period", "dags.gitSync.wait"],
        ours: "`dags.gitSync.periodSeconds`",
        note: "",
        convert: seconds,
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.depth"],
        ours: "`dags.gitSync.depth`",
        note: "",
        convert: to("dags.gitSync.depth", numberOf),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.credentialsSecret"],
        ours: "`dags.git.tokenSecret`",
        note: "`{name, key: GITSYNC_PASSWORD}`. The user's name is `dags.git.username`.",
        convert: gitCredentials,
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.sshKeySecret"],
        ours: "`dags.git.sshKeySecret`",
        note: "`{name, key: gitSshKey}`.",
        convert: secretIn("dags.git.sshKeySecret", "gitSshKey"),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.sshKey"],
        ours: "secret `gitSshKey`",
        note: "",
        convert: (value) => [secretValue("gitSshKey", value)],
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.knownHosts"],
        ours: "`dags.git.knownHosts`",
        note: "Needed over ssh: the host is always checked. Those of GitHub, GitLab and Bitbucket are built in.",
        convert: to("dags.git.knownHosts", plain),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.resources"],
        ours: "`dags.gitSync.resources`",
        note: "",
        convert: resourcesOf(() => "dags.gitSync.resources"),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.env"],
        ours: "`env` of `git-sync` in `dags.gitSync.podTemplate`",
        note: "Such as a proxy.",
        convert: (value) => environment(value, { key: "dags.gitSync.env", part: "dags.gitSync", values: {} }),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.maxFailures"],
        ours: "not needed",
        note: "git-sync goes on until the repository answers again.",
        convert: anyway("git-sync goes on until the repository answers again"),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.containerName", "dags.gitSync.uid"],
        ours: "fixed",
        note: "",
        convert: anyway("git-sync is a Deployment of its own"),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.mountPath"],
        ours: "`/opt/airflow/dags`; `dags.image.path`",
        note: "With DAGs in the image it is their folder there.",
        convert: (value, { values }) => [
            dagsAreInImage(values)
                ? carried("dags.image.path", plain(value))
                : plain(value) === "/opt/airflow/dags"
                  ? same("DAGs are in /opt/airflow/dags")
                  : left("DAGs are in /opt/airflow/dags"),
        ],
    },
    {
        topic: Topic.Dags,
        keys: ["dagProcessor.dagBundleConfigList"],
        ours: "`dags.delivery: gitBundle` with `dags.git`; `dags.bundles` for several",
        note: "Git, S3, GCS and local bundles. The converter takes one Git bundle with `repo_url`.",
        convert: gitBundle,
    },
    {
        topic: Topic.Dags,
        keys: ["airflowLocalSettings"],
        ours: "`airflow.localSettings`",
        note: "Called from the component's own policies. Plugins: `dags.pluginsFolder` or `airflow.plugins`.",
        convert: stays("give the text to airflow.localSettings"),
    },
    {
        topic: Topic.Dags,
        keys: ["dags.gitSync.*"],
        ours: "`dags.gitSync.podTemplate`",
        note: "Whatever else a pod can have.",
        convert: stays("set it in dags.gitSync.podTemplate, container git-sync"),
    },
    {
        topic: Topic.Dags,
        keys: ["config.dag_processor.refresh_interval"],
        ours: "`dags.refreshSeconds`",
        note: "5 to 30.",
        convert: option,
    },
    {
        topic: Topic.Dags,
        keys: ["config.dag_processor.dag_bundle_config_list", "config.core.dags_folder"],
        ours: "`dags`",
        note: "See above.",
        convert: option,
    },
    // Database, before the options: these come last.
    {
        topic: Topic.Database,
        keys: ["data.metadataSecretName"],
        ours: "`database.external` and `database.passwordSecret`",
        note: "The chart's Secret holds a whole URL. Here host, port, name, user and mode of encryption are settings, and a Secret holds the password alone.",
        convert: () => [
            {
                ...left(
                    "that Secret holds a whole URL: set database.external.host, port, name, user and sslMode, and name a Secret with the password alone in database.passwordSecret",
                ),
                patch: unknownDatabase,
            },
        ],
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.host"],
        ours: "`database.external.host`",
        note: "Name, user and `sslMode: disable` are the chart's defaults where the values say nothing.",
        convert: metadataHost,
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.port"],
        ours: "`database.external.port`",
        note: "",
        convert: ofExternal("port", numberOf),
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.db"],
        ours: "`database.external.name`",
        note: "",
        convert: ofExternal("name", plain),
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.user"],
        ours: "`database.external.user`",
        note: "",
        convert: ofExternal("user", plain),
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.sslmode"],
        ours: "`database.external.sslMode`",
        note: "Here `require` by default.",
        convert: ofExternal("sslMode", plain),
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.pass"],
        ours: "secret `databasePassword`, or `database.passwordSecret`",
        note: "",
        convert: (value, { values }) => [
            valueAt(values, "data.metadataConnection.host") === undefined
                ? left("one is made once and kept; for a database outside, host and password are needed")
                : secretValue("databasePassword", value),
        ],
    },
    {
        topic: Topic.Database,
        keys: ["data.metadataConnection.protocol"],
        ours: "Postgres",
        note: "No MySQL.",
        convert: (value) => [
            /^postgres/.test(plain(value)) ? same("the database is Postgres") : left("the database has to be Postgres"),
        ],
    },
    {
        topic: Topic.Database,
        keys: ["postgresql.enabled"],
        ours: "`database.external`",
        note: "Without an external one, a Postgres of the official image is made.",
        convert: (value) => [
            value === false
                ? { ...carried("database.external", undefined), patch: unknownDatabase }
                : same("a Postgres is made"),
        ],
    },
    {
        topic: Topic.Database,
        keys: ["postgresql.primary.persistence", "postgresql.persistence"],
        ours: "`database.size`, `database.storageClass`",
        note: "Data of the chart's Postgres are moved with pg_dump.",
        convert: postgresPersistence,
    },
    {
        topic: Topic.Database,
        keys: ["postgresql.primary.resources", "postgresql.resources"],
        ours: "`database.resources`",
        note: "",
        convert: resourcesOf(() => "database.resources"),
    },
    {
        topic: Topic.Database,
        keys: ["postgresql.*"],
        ours: "`database.*`",
        note: "User and database are `airflow`, the password is made once; pods by `database.podTemplate`.",
        convert: (_value, { values }) => [
            valueAt(values, "postgresql.enabled") === false
                ? same("the chart's Postgres is switched off")
                : left("it is a setting of the chart's Postgres: see database, and database.podTemplate"),
        ],
    },
    {
        topic: Topic.Database,
        keys: ["pgbouncer"],
        ours: "none",
        note: "Tasks have no connection to the database. A PgBouncer of your own goes before `database.external`, in session mode.",
        convert: notMade(
            "tasks have no connection to the database; a PgBouncer of your own, in session mode, is a database.external",
        ),
    },
    {
        topic: Topic.Database,
        keys: ["databaseCleanup"],
        ours: "`database.cleanup`",
        note: "`schedule`, `retentionDays`, `batchSize`; all tables are cleaned, and no copies are kept.",
        convert: databaseCleanup,
    },
    // Storage and logs
    {
        topic: Topic.Storage,
        keys: ["logs.persistence"],
        ours: "`storage.logsSize`, `storage.kind`",
        note: "Logs always lie on a shared volume, unless `storage.kind` is `none`. In place of `existingClaim`: `storage.claims`, because tasks need a claim in their namespace, too.",
        convert: sharedVolume("logs"),
    },
    {
        topic: Topic.Storage,
        keys: ["dags.persistence"],
        ours: "`storage.dagsSize`, `storage.kind`",
        note: "As above. What lies on a claim that somebody else fills: `storage.claims`.",
        convert: sharedVolume("dags"),
    },
    {
        topic: Topic.Storage,
        keys: ["<process>.logGroomerSidecar", "workers.logGroomerSidecar", "logGroomerSidecar"],
        ours: "`logs.retentionDays`, `logs.maximumSize`, `logs.cleanupSchedule`",
        note: "One CronJob, by age and size.",
        convert: groomer,
    },
    {
        topic: Topic.Storage,
        keys: ["triggerer.persistence"],
        ours: "not needed",
        note: "The triggerer writes to the shared logs.",
        convert: anyway("the triggerer writes to the shared logs"),
    },
    {
        topic: Topic.Storage,
        keys: ["elasticsearch", "opensearch"],
        ours: "none",
        note: "Logs go to the shared volume and to a bucket.",
        convert: notMade("logs go to the shared volume, and with logs.remote to a bucket"),
    },
    {
        topic: Topic.Storage,
        keys: [
            "config.logging.remote_logging",
            "config.logging.remote_base_log_folder",
            "config.logging.remote_log_conn_id",
            "config.core.remote_logging",
        ],
        ours: "`logs.remote`",
        note: "S3 by `logs.remote.url`; `logs.remote.gcs`, `logs.remote.azureBlob`, `logs.remote.cloudWatch` for others. No connection: a role of the cloud, or `accessKeyId` with the secret `logsSecretAccessKey` or `secretAccessKeySecret`.",
        convert: option,
    },
    {
        topic: Topic.Storage,
        keys: ["config.logging.delete_local_logs"],
        ours: "`logs.retentionDays`",
        note: "",
        convert: option,
    },
    // Metrics
    {
        topic: Topic.Observability,
        keys: ["statsd"],
        ours: "`metrics.statsd`; `airflow.options.metrics` for an exporter that you have",
        note: "The chart makes one by default. DAG and task are labels here, and no parts of names, so dashboards and mappings of the chart's names do not fit.",
        convert: notMade("set metrics.statsd, with which DAG and task are labels, and no parts of names"),
    },
    {
        topic: Topic.Observability,
        keys: ["otelCollector"],
        ours: "none; `metrics.openTelemetry` for one that you have",
        note: "",
        convert: notMade("make a collector of your own, and name it in metrics.openTelemetry"),
    },
    {
        topic: Topic.Observability,
        keys: [
            "config.metrics.statsd_on",
            "config.metrics.statsd_host",
            "config.metrics.statsd_port",
            "config.metrics.statsd_prefix",
            "config.metrics.otel_on",
            "config.metrics.otel_host",
            "config.metrics.otel_port",
        ],
        ours: "`airflow.options.metrics`",
        note: "Where a host is named. `config.sentry` and `config.smtp` too; their secrets by `env` from a Secret.",
        convert: option,
    },
    // The chart
    {
        topic: Topic.Chart,
        keys: ["fullnameOverride", "nameOverride"],
        ours: "fixed names",
        note: "One installation for each set of `namespaces`.",
        convert: stays("names are fixed; installations differ by their namespaces"),
    },
    {
        topic: Topic.Chart,
        keys: ["useStandardNaming", "enableServiceLinks"],
        ours: "fixed",
        note: "",
        convert: anyway("names are fixed, and pods have no service links"),
    },
    {
        topic: Topic.Chart,
        keys: ["airflowHome"],
        ours: "`/opt/airflow`",
        note: "",
        convert: only("/opt/airflow", "it is /opt/airflow", "it is /opt/airflow"),
    },
    {
        topic: Topic.Chart,
        keys: [
            "images.statsd",
            "images.redis",
            "images.flower",
            "images.pgbouncer",
            "images.pgbouncerExporter",
            "images.otelCollector",
        ],
        ours: "none",
        note: "There are no such servers.",
        convert: anyway("there is no such server"),
    },
    // Options, last: what is said by a variable counts more.
    {
        topic: Topic.Configuration,
        keys: ["config.*"],
        ours: "`airflow.options`",
        note: "Section and key, as in the chart, such as pool sizes and `engine_args` of `database`. What the component sets itself and what holds a secret is refused. `api.base_url` is `airflow.url`, `logging.remote_base_log_folder` is `logs.remote`, `dag_processor.refresh_interval` is `dags.refreshSeconds`, `kubernetes_executor.worker_pods_creation_batch_size` is `workers.podsCreationBatchSize`.",
        convert: option,
    },
];
