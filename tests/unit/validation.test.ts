import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import fc from "fast-check";
import { ownedVariables, secretVariableNames } from "../../components/airflow/ownedVariables";
import { PodSecurityLevel } from "../../components/kubernetes/podSecurity";
import { type AirflowKubernetesArgs, Hosting } from "../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { DagDelivery } from "../../components/settings/dagsArgs";
import { StorageKind } from "../../components/settings/storageArgs";
import { problemsMessage } from "../../components/validation/problems";
import { knownAirflowOptions } from "../../local/development/airflowOptions";
import { validate } from "../support/exampleDags";

/** Arguments as JSON or YAML would give them: of types that TypeScript would refuse. */
function raw(value: unknown): AirflowKubernetesArgs {
    return value as AirflowKubernetesArgs;
}

interface Case {
    readonly args: AirflowKubernetesArgs;
    /** The paths that are named, each as often as it has faults. */
    readonly paths: string[];
    /** Part of what is said. */
    readonly says?: RegExp;
}

const env = (...variables: object[]) => raw({ scheduler: { env: variables } });
const options = (section: string, key: string) => ({ airflow: { options: { [section]: { [key]: "x" } } } });

/** One fault each. */
const broken: Record<string, Case> = {
    "a text with NUL": {
        args: { workers: { podTemplate: { metadata: { annotations: { a: "b\0" } } } } },
        paths: ["workers.podTemplate.metadata.annotations.a"],
        says: /NUL/,
    },
    "half of a pair of UTF-16": {
        args: { airflow: { options: { core: { x: "\ud800" } } } },
        paths: ["airflow.options.core.x"],
    },
    "a text of a megabyte": {
        args: { scheduler: { env: [{ name: "A", value: "x".repeat(1_000_000) }] } },
        paths: ["scheduler.env[0].value"],
        says: /at most 100000 bytes/,
    },
    "an annotation that is none": {
        args: { workers: { podTemplate: { metadata: { annotations: { "a b": "c" } } } } },
        paths: ["workers.podTemplate.metadata.annotations.a b"],
    },
    "a label below two slashes": {
        args: { workers: { podTemplate: { metadata: { labels: { "a/b/c": "d" } } } } },
        paths: ["workers.podTemplate.metadata.labels.a/b/c"],
    },
    "a label of a domain with capitals": {
        args: { workers: { podTemplate: { metadata: { labels: { "A.b/c": "d" } } } } },
        paths: ["workers.podTemplate.metadata.labels.A.b/c"],
    },
    "a node's label with a space": {
        args: { scheduler: { podTemplate: { spec: { nodeSelector: { disk: "very fast" } } } } },
        paths: ["scheduler.podTemplate.spec.nodeSelector.disk"],
    },
    "a PriorityClass that is none": {
        args: { workers: { podTemplate: { spec: { priorityClassName: "High_Priority" } } } },
        paths: ["workers.podTemplate.spec.priorityClassName"],
    },
    "a toleration of no taint": {
        args: { workers: { podTemplate: { spec: { tolerations: [{ value: "a" }] } } } },
        paths: ["workers.podTemplate.spec.tolerations[0].key"],
    },
    "a toleration of any value, with a value": {
        args: { workers: { podTemplate: { spec: { tolerations: [{ key: "a", operator: "Exists", value: "b" }] } } } },
        paths: ["workers.podTemplate.spec.tolerations[0].value"],
    },
    "seconds of a toleration that evicts nothing": {
        args: {
            workers: {
                podTemplate: { spec: { tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 5 }] } },
            },
        },
        paths: ["workers.podTemplate.spec.tolerations[0].tolerationSeconds"],
    },
    "a Secret whose name is none": {
        args: { workers: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "My Secret", key: "key" } } }] } },
        paths: ["workers.env[0].valueFrom.secretKeyRef.name"],
    },
    "a key of a Secret that leads out": {
        args: { workers: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "secret", key: "../key" } } }] } },
        paths: ["workers.env[0].valueFrom.secretKeyRef.key"],
    },
    "a schedule at minute 60": { args: { logs: { cleanupSchedule: "60 * * * *" } }, paths: ["logs.cleanupSchedule"] },
    "a schedule of a month that is none": {
        args: { logs: { cleanupSchedule: "0 0 1 foo *" } },
        paths: ["logs.cleanupSchedule"],
    },
    "a schedule that goes backwards": {
        args: { logs: { cleanupSchedule: "0 5-3 * * *" } },
        paths: ["logs.cleanupSchedule"],
    },
    "a schedule in steps of nothing": {
        args: { logs: { cleanupSchedule: "*/0 * * * *" } },
        paths: ["logs.cleanupSchedule"],
    },
    "a domain that leaves no room for a Service": {
        args: { airflow: { clusterDomain: Array(30).fill("domain").join(".") } },
        paths: ["airflow.clusterDomain"],
    },
    "a parameter named like a part of every object": {
        args: { database: { password: "12345678", external: { host: "db", parameters: { toString: "x" } } } },
        paths: ["database.external.parameters.toString"],
    },
    "a requirements file below a file": {
        args: { pythonPackages: { requirements: "package.json/requirements.txt" } },
        paths: ["pythonPackages.requirements"],
        says: /no such file/,
    },
    "a whole machine for a folder of DAGs": {
        args: { dags: { volume: { folder: "/usr" } } },
        paths: ["dags.volume.folder"],
        says: /more than 10000 files/,
    },
    "a hosting that is none": { args: raw({ hosting: "aws" }), paths: ["hosting"], says: /minikube, readWriteMany/ },
    "a delivery that is none": {
        args: raw({ dags: { delivery: "ftp" } }),
        paths: ["dags.delivery"],
        says: /gitSync, volume, image, gitBundle/,
    },
    "a namespace with capitals": { args: { namespaces: { airflow: "Airflow" } }, paths: ["namespaces.airflow"] },
    "a namespace of 64 characters": {
        args: { namespaces: { workers: "w".repeat(64) } },
        paths: ["namespaces.workers"],
    },
    "a namespace too long for the names of those that are retained": {
        args: {
            hosting: Hosting.ReadWriteMany,
            storage: { nfsServer: { image: "registry.example.com/nfs-ganesha:4.3" } },
            namespaces: { airflow: "a".repeat(46), storage: "s".repeat(46) },
        },
        paths: ["namespaces.airflow", "namespaces.storage"],
    },
    "a namespace without a name": { args: { namespaces: { storage: "" } }, paths: ["namespaces.storage"] },
    "a namespace that ends with a dash": { args: { namespaces: { airflow: "air-" } }, paths: ["namespaces.airflow"] },
    "the namespace default": { args: { namespaces: { airflow: "default" } }, paths: ["namespaces.airflow"] },
    "a namespace of Kubernetes": { args: { namespaces: { workers: "kube-system" } }, paths: ["namespaces.workers"] },
    "one namespace twice": {
        args: { namespaces: { airflow: "same", workers: "same" } },
        paths: ["namespaces.workers"],
        says: /another name than that of namespaces\.airflow/,
    },
    "a workers' namespace that is another's default": {
        args: { namespaces: { workers: "airflow-storage" } },
        paths: ["namespaces.storage"],
    },
    "a Pod Security Standard that is none": {
        args: raw({ namespaces: { workersPodSecurity: "strict" } }),
        paths: ["namespaces.workersPodSecurity"],
        says: /privileged, baseline, restricted/,
    },
    "a relative host path": { args: { storage: { hostPath: "data/airflow" } }, paths: ["storage.hostPath"] },
    "the root as host path": { args: { storage: { hostPath: "/" } }, paths: ["storage.hostPath"] },
    "a host path that climbs": { args: { storage: { hostPath: "/data/../etc" } }, paths: ["storage.hostPath"] },
    "a host path with a space": { args: { storage: { hostPath: "/data/air flow" } }, paths: ["storage.hostPath"] },
    "a size without sense": { args: { storage: { dagsSize: "big" } }, paths: ["storage.dagsSize"] },
    "a size with a unit that is none": { args: { storage: { logsSize: "10GB" } }, paths: ["storage.logsSize"] },
    "a size of zero": { args: { database: { size: "0" } }, paths: ["database.size"] },
    "a folder that is not there": {
        args: { dags: { volume: { folder: "no/such/folder" } } },
        paths: ["dags.volume.folder"],
        says: /there is no such folder/,
    },
    "a file for a folder": {
        args: { dags: { volume: { folder: "package.json" } } },
        paths: ["dags.volume.folder"],
        says: /it is not a folder/,
    },
    "a refresh of no time": {
        args: { dags: { refreshSeconds: 0 } },
        paths: ["dags.refreshSeconds"],
        says: /5 to 3600/,
    },
    "a refresh of two hours": { args: { dags: { refreshSeconds: 7200 } }, paths: ["dags.refreshSeconds"] },
    "a refresh of half a second": { args: { dags: { refreshSeconds: 5.5 } }, paths: ["dags.refreshSeconds"] },
    "a database image without a tag": { args: { database: { image: "postgres" } }, paths: ["database.image"] },
    "the latest database image": { args: { database: { image: "postgres:latest" } }, paths: ["database.image"] },
    "a short database password": { args: { database: { password: "short" } }, paths: ["database.password"] },
    "a database password with a space": {
        args: { database: { password: "with a space in it" } },
        paths: ["database.password"],
    },
    "a database request above its limit": {
        args: { database: { resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } } },
        paths: ["database.resources.requests.memory"],
        says: /not more than its limit, which is 1Gi/,
    },
    "Airflow 2": { args: { airflow: { version: "2.11.0" } }, paths: ["airflow.version"] },
    "Airflow 3.0": { args: { airflow: { version: "3.0.6" } }, paths: ["airflow.version"] },
    "Airflow 4": { args: { airflow: { version: "4.0.0" } }, paths: ["airflow.version"] },
    "no time for a migration": {
        args: { airflow: { migrationTimeoutSeconds: 30 } },
        paths: ["airflow.migrationTimeoutSeconds"],
    },
    "half a second for a migration": {
        args: { airflow: { migrationTimeoutSeconds: 90.5 } },
        paths: ["airflow.migrationTimeoutSeconds"],
    },
    "an image to go back from that is not pinned": {
        args: { airflow: { downgradeFrom: "apache/airflow" } },
        paths: ["airflow.downgradeFrom"],
    },
    "the same image to go back from and to": {
        args: { airflow: { version: "3.2.2", downgradeFrom: "apache/airflow:3.2.2" } },
        paths: ["airflow.downgradeFrom"],
    },
    "half a version": { args: { airflow: { version: "3.3", image: "a:1" } }, paths: ["airflow.version"] },
    "an image without a tag": { args: { airflow: { image: "apache/airflow" } }, paths: ["airflow.image"] },
    "the latest image": { args: { airflow: { image: "registry:5000/airflow:latest" } }, paths: ["airflow.image"] },
    "an image with capitals": { args: { airflow: { image: "apache/Airflow:3.3.2" } }, paths: ["airflow.image"] },
    "no URL": { args: { airflow: { url: "localhost" } }, paths: ["airflow.url"] },
    "a URL of another protocol": { args: { airflow: { url: "ftp://example.org" } }, paths: ["airflow.url"] },
    "a URL with a query": { args: { airflow: { url: "http://example.org/?a=b" } }, paths: ["airflow.url"] },
    "a URL with an empty query": { args: { airflow: { url: "http://example.org/?" } }, paths: ["airflow.url"] },
    "a URL with a fragment": { args: { airflow: { url: "http://example.org/#a" } }, paths: ["airflow.url"] },
    "a URL with a space": { args: { airflow: { url: " http://example.org" } }, paths: ["airflow.url"] },
    "a URL with a password": { args: { airflow: { url: "http://me:hidden@example.org" } }, paths: ["airflow.url"] },
    "a fernet key that is none": { args: { airflow: { fernetKey: "secret" } }, paths: ["airflow.fernetKey"] },
    "a fernet key in plain base64": {
        args: { airflow: { fernetKey: `${"+".repeat(43)}=` } },
        paths: ["airflow.fernetKey"],
        says: /Fernet\.generate_key/,
    },
    "a rotation with one bad key": {
        args: { airflow: { fernetKey: `${"a".repeat(43)}=,old` } },
        paths: ["airflow.fernetKey"],
    },
    "a pull secret that is none": {
        args: { airflow: { imagePullSecrets: ["good", "Not_Good"] } },
        paths: ["airflow.imagePullSecrets[1]"],
    },
    "a domain that is none": {
        args: { airflow: { clusterDomain: "cluster..local" } },
        paths: ["airflow.clusterDomain"],
    },
    "an option that the component owns": {
        args: options("core", "executor"),
        paths: ["airflow.options.core.executor"],
        says: /component decides on AIRFLOW__CORE__EXECUTOR\n.*KubernetesExecutor/,
    },
    "an option that the component owns, as a command": {
        args: options("core", "executor_cmd"),
        paths: ["airflow.options.core.executor_cmd"],
    },
    "an option that holds a secret": {
        args: options("core", "fernet_key"),
        paths: ["airflow.options.core.fernet_key"],
        says: /no option that holds a secret/,
    },
    "an option that holds a secret, in capitals": {
        args: options("DATABASE", "SQL_ALCHEMY_CONN"),
        paths: ["airflow.options.DATABASE.SQL_ALCHEMY_CONN"],
    },
    "an option that holds a secret, from a secrets backend": {
        args: options("api_auth", "jwt_secret_secret"),
        paths: ["airflow.options.api_auth.jwt_secret_secret"],
    },
    "an option with a dash": { args: options("core", "dag-dir"), paths: ["airflow.options.core.dag-dir"] },
    "a connection whose id has a space": {
        args: { airflow: { connections: { "a b": "http://hidden" } } },
        paths: ["airflow.connections.a b"],
    },
    "a connection whose id has a slash, which no task can ask for": {
        args: { airflow: { connections: { "a/b": "http://hidden" } } },
        paths: ["airflow.connections.a/b"],
    },
    "a connection with an id of 201 characters": {
        args: { airflow: { connections: { ["é".repeat(201)]: "http://hidden" } } },
        paths: [`airflow.connections.${"é".repeat(201)}`],
    },
    "connections that are neither URI nor JSON": {
        args: { airflow: { connections: { a: "hidden", b: "//hidden", c: "my_type://hidden", d: '"hidden"', e: "" } } },
        paths: ["a", "b", "c", "d", "e"].map((id) => `airflow.connections.${id}`),
        says: /a URI, such as postgres:/,
    },
    "connections whose JSON is broken, has no type, or says what Airflow does not know": {
        args: {
            airflow: {
                connections: {
                    a: '{"conn_type": "http", "hidden',
                    b: '{"host": "hidden"}',
                    c: '{"conn_type": "http", "hidden": 1}',
                    d: '{"conn_type": ""}',
                },
            },
        },
        paths: ["a", "b", "c", "d"].map((id) => `airflow.connections.${id}`),
        says: /conn_type, description, host, login, password, schema, port, extra/,
    },
    "a connection and a variable that are no text": {
        args: raw({ airflow: { connections: { a: { host: "hidden" } }, variables: { b: 5 } } }),
        paths: ["airflow.connections.a", "airflow.variables.b"],
        says: /text/,
    },
    "a connection that the delivery has in its place": {
        args: {
            dags: { delivery: DagDelivery.GitBundle, git: { repository: "https://git.example.org/a.git" } },
            airflow: { connections: { Git_Default: "git://hidden" } },
        },
        paths: ["airflow.connections.Git_Default"],
        says: /Set dags\.git/,
    },
    "a connection that the logs have in its place": {
        args: { logs: { remote: { url: "s3://bucket" } }, airflow: { connections: { airflow_logs: "aws://" } } },
        paths: ["airflow.connections.airflow_logs"],
        says: /Set logs\.remote/,
    },
    "variables that no task can read": {
        args: { airflow: { variables: { "a?b": "", "a#b": "", "100%": "", keys: "", "": "", " a": "" } } },
        paths: ["a?b", "a#b", "100%", "keys", "", " a"].map((key) => `airflow.variables.${key}`),
        says: /no task could read them/,
    },
    "a variable with a key of 251 characters": {
        args: { airflow: { variables: { ["k".repeat(251)]: "hidden" } } },
        paths: [`airflow.variables.${"k".repeat(251)}`],
    },
    "more than a Secret holds": {
        args: {
            airflow: {
                variables: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`v${i}`, "x".repeat(99_000)])),
            },
        },
        paths: ["airflow.variables"],
        says: /at most 1000000 bytes/,
    },
    "a pool with fewer slots than any number": {
        args: { airflow: { pools: { p: { slots: -2 } } } },
        paths: ["airflow.pools.p.slots"],
        says: /-2; allowed: a whole number from 0/,
    },
    "pools without slots, with half a one, with more than there are": {
        args: raw({ airflow: { pools: { a: {}, b: { slots: 1.5 }, c: { slots: 2 ** 31 }, d: { slots: "3" } } } }),
        paths: ["a", "b", "c", "d"].map((name) => `airflow.pools.${name}.slots`),
    },
    "a pool that is a number": { args: raw({ airflow: { pools: { p: 3 } } }), paths: ["airflow.pools.p"] },
    "a pool with a description and a flag of other types": {
        args: raw({ airflow: { pools: { p: { slots: 1, description: 1, includeDeferred: "yes" } } } }),
        paths: ["airflow.pools.p.description", "airflow.pools.p.includeDeferred"],
    },
    "a pool without a name": { args: { airflow: { pools: { "": { slots: 1 } } } }, paths: ["airflow.pools."] },
    "a pool with a name of 257 characters": {
        args: { airflow: { pools: { ["p".repeat(257)]: { slots: 1 } } } },
        paths: [`airflow.pools.${"p".repeat(257)}`],
    },
    "a user with a space": { args: { admin: { user: "the admin" } }, paths: ["admin.user"] },
    "a user without a name": { args: { admin: { user: "" } }, paths: ["admin.user"] },
    "an address that is none": { args: { admin: { email: "admin" } }, paths: ["admin.email"] },
    "a short password": { args: { admin: { password: "1234567" } }, paths: ["admin.password"] },
    "the user's name as password": {
        args: { admin: { user: "administrator", password: "administrator" } },
        paths: ["admin.password"],
    },
    "no api-server": { args: { apiServer: { replicas: 0 } }, paths: ["apiServer.replicas"] },
    "half a scheduler": { args: { scheduler: { replicas: 1.5 } }, paths: ["scheduler.replicas"] },
    "fewer triggerers than none": { args: { triggerer: { replicas: -1 } }, paths: ["triggerer.replicas"] },
    "a hundred triggerers": { args: { triggerer: { replicas: 100 } }, paths: ["triggerer.replicas"] },
    "CPU that is none": {
        args: { dagProcessor: { resources: { limits: { cpu: "two" } } } },
        paths: ["dagProcessor.resources.limits.cpu"],
    },
    "a CPU request above the default limit": {
        args: { apiServer: { resources: { requests: { cpu: "2500m" } } } },
        paths: ["apiServer.resources.requests.cpu"],
    },
    "a variable that begins with a digit": {
        args: env({ name: "1A", value: "" }),
        paths: ["scheduler.env[0].name"],
    },
    "a variable twice": {
        args: env({ name: "A", value: "1" }, { name: "A", value: "2" }),
        paths: ["scheduler.env[1].name"],
        says: /each name once/,
    },
    "a variable without a value": { args: env({ name: "A" }), paths: ["scheduler.env[0]"] },
    "a variable with two values": {
        args: env({ name: "A", value: "1", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }),
        paths: ["scheduler.env[0]"],
    },
    "a variable with a value and a reference to nothing": {
        args: env({ name: "A", value: "a", valueFrom: {} }),
        paths: ["scheduler.env[0]"],
        says: /either value or valueFrom/,
    },
    "a variable that the component owns": {
        args: env({ name: "CONNECTION_CHECK_MAX_COUNT", value: "3" }),
        paths: ["scheduler.env[0].name"],
    },
    "a variable that the component owns, from a Secret": {
        args: env({ name: "AIRFLOW__CORE__EXECUTOR", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }),
        paths: ["scheduler.env[0].name"],
    },
    "a secret written into a variable": {
        args: { workers: { env: [{ name: "AIRFLOW__SMTP__SMTP_PASSWORD", value: "hidden" }] } },
        paths: ["workers.env[0].name"],
    },
    "a database for tasks": {
        args: { workers: { env: [{ name: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", value: "cat" }] } },
        paths: ["workers.env[0].name"],
    },
    "a command that prints a secret of the component's": {
        args: env({ name: "AIRFLOW__CORE__FERNET_KEY_CMD", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }),
        paths: ["scheduler.env[0].name"],
        says: /airflow\.fernetKeySecret/,
    },
    "an option that the probes rely on, by its old name": {
        args: options("webserver", "web_server_port"),
        paths: ["airflow.options.webserver.web_server_port"],
        says: /port 8080/,
    },
    "a secret by its old name": {
        args: options("core", "sql_alchemy_conn"),
        paths: ["airflow.options.core.sql_alchemy_conn"],
        says: /set database/,
    },
    "a secret of one team": {
        args: env({ name: "AIRFLOW__SALES___CELERY__BROKER_URL", value: "redis" }),
        paths: ["scheduler.env[0].name"],
        says: /no Celery/,
    },
    "a connection in a variable": {
        args: { workers: { env: [{ name: "AIRFLOW_CONN_DB", value: "postgres://h" }] } },
        paths: ["workers.env[0].name"],
        says: /Set airflow\.connections.*valueFrom\.secretKeyRef/,
    },
    "a connection from a ConfigMap": {
        args: {
            workers: { env: [{ name: "AIRFLOW_CONN_DB", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }] },
        },
        paths: ["workers.env[0].name"],
        says: /valueFrom\.secretKeyRef/,
    },
    "a variable of Airflow's that it takes for a secret": {
        args: { workers: { env: [{ name: "AIRFLOW_VAR_SHOP_API_KEY", value: "x" }] } },
        paths: ["workers.env[0].name"],
        says: /Set airflow\.variables/,
    },
    "a secret of a secrets backend, by its own variable": {
        args: env({ name: "AIRFLOW__SECRETS__BACKEND_KWARG__SECRET_ID", value: "x" }),
        paths: ["scheduler.env[0].name"],
    },
    "a proxy with a password": {
        args: { airflow: { env: [{ name: "HTTPS_PROXY", value: "http://me:hush@proxy:3128" }] } },
        paths: ["airflow.env[0].name"],
        says: /no URL with a password/,
    },
    "an option with a password in its URL": {
        args: { airflow: { options: { elasticsearch: { host: "https://me:hush@search:9200" } } } },
        paths: ["airflow.options.elasticsearch.host"],
    },
    "heartbeats that are too rare for the probes": {
        args: { airflow: { options: { triggerer: { job_heartbeat_sec: "90" } } } },
        paths: ["airflow.options.triggerer.job_heartbeat_sec"],
        says: /at most 60/,
    },
    "an operator that is none": {
        args: { workers: { podTemplate: { spec: { tolerations: [{ key: "a", operator: "Like" }] } } } },
        paths: ["workers.podTemplate.spec.tolerations[0].operator"],
    },
    "an effect that is none": {
        args: { triggerer: { podTemplate: { spec: { tolerations: [{ key: "a" }, { key: "b", effect: "Never" }] } } } },
        paths: ["triggerer.podTemplate.spec.tolerations[1].effect"],
    },
    "a label of the component's own on a ServiceAccount": {
        args: { serviceAccounts: { worker: { labels: { "app.kubernetes.io/name": "mine" } } } },
        paths: ["serviceAccounts.worker.labels.app.kubernetes.io/name"],
    },
    "an annotation with a key of two slashes on a ServiceAccount": {
        args: { serviceAccounts: { jobs: { annotations: { "a/b/c": "d" } } } },
        paths: ["serviceAccounts.jobs.annotations.a/b/c"],
    },
    "a label with a space": {
        args: { workers: { podTemplate: { metadata: { labels: { team: "data science" } } } } },
        paths: ["workers.podTemplate.metadata.labels.team"],
    },
    "a label key of two slashes": {
        args: { workers: { podTemplate: { metadata: { labels: { "a/b/c": "d" } } } } },
        paths: ["workers.podTemplate.metadata.labels.a/b/c"],
    },
    "no grace": {
        args: { workers: { podTemplate: { spec: { terminationGracePeriodSeconds: 0 } } } },
        paths: ["workers.podTemplate.spec.terminationGracePeriodSeconds"],
    },
    "a command of the component's container": {
        args: { scheduler: { podTemplate: { spec: { containers: [{ name: "scheduler", args: ["standalone"] }] } } } },
        paths: ["scheduler.podTemplate.spec.containers[0].args"],
        says: /the component starts it/,
    },
    "an image beside its argument": {
        args: { database: { podTemplate: { spec: { containers: [{ name: "postgres", image: "postgres:18" }] } } } },
        paths: ["database.podTemplate.spec.containers[0].image"],
    },
    "a mount that hides the DAGs": {
        args: {
            workers: {
                podTemplate: {
                    spec: { containers: [{ name: "base", volumeMounts: [{ name: "a", mountPath: "/opt/airflow/" }] }] },
                },
            },
        },
        paths: ["workers.podTemplate.spec.containers[0].volumeMounts[0].mountPath"],
    },
    "a volume of the component's": {
        args: { airflow: { podTemplate: { spec: { volumes: [{ name: "logs", emptyDir: {} }] } } } },
        paths: ["airflow.podTemplate.spec.volumes[0].name"],
    },
    "a container of the user's without an image, which is a name written wrong": {
        args: { triggerer: { podTemplate: { spec: { containers: [{ name: "trigger" }] } } } },
        paths: ["triggerer.podTemplate.spec.containers[0].image"],
        says: /For one of the component's own give its name, or \* for all of them/,
    },
    "a container that runs before the component's, without an image": {
        args: { workers: { podTemplate: { spec: { initContainers: [{ name: "wait" }] } } } },
        paths: ["workers.podTemplate.spec.initContainers[0].image"],
    },
    "a ServiceAccount in a pod template": {
        args: { jobs: { podTemplate: { spec: { serviceAccountName: "default" } } } },
        paths: ["jobs.podTemplate.spec.serviceAccountName"],
        says: /Set serviceAccounts/,
    },
    "a token of the Kubernetes API for tasks": {
        args: { workers: { podTemplate: { spec: { automountServiceAccountToken: true } } } },
        paths: ["workers.podTemplate.spec.automountServiceAccountToken"],
    },
    "the node's network for a process": {
        args: { apiServer: { podTemplate: { spec: { hostNetwork: true } } } },
        paths: ["apiServer.podTemplate.spec.hostNetwork"],
        says: /Pod Security Standard restricted/,
    },
    "a directory of the node for tasks": {
        args: { workers: { podTemplate: { spec: { volumes: [{ name: "a", hostPath: { path: "/" } }] } } } },
        paths: ["workers.podTemplate.spec.volumes[0].hostPath"],
        says: /Pod Security Standard baseline/,
    },
    "a privileged sidecar": {
        args: {
            dags: {
                gitSync: {
                    podTemplate: {
                        spec: { containers: [{ name: "a", image: "a:1", securityContext: { privileged: true } }] },
                    },
                },
            },
        },
        paths: ["dags.gitSync.podTemplate.spec.containers[0].securityContext.privileged"],
    },
    "a variable of the component's in a pod template": {
        args: {
            workers: {
                podTemplate: {
                    spec: {
                        containers: [{ name: "base", env: [{ name: "AIRFLOW__CORE__EXECUTOR", value: "Mine" }] }],
                    },
                },
            },
        },
        paths: ["workers.podTemplate.spec.containers[0].env[0].name"],
    },
    "a secret in a variable of all containers": {
        args: { airflow: { env: [{ name: "AIRFLOW__CORE__FERNET_KEY", value: "x" }] } },
        paths: ["airflow.env[0].name"],
    },
    "a search path for all containers": {
        args: { airflow: { env: [{ name: "PYTHONPATH", value: "/mine" }] } },
        paths: ["airflow.env[0].name"],
    },
    "a source of variables that is none": {
        args: { airflow: { envFrom: [{ prefix: "A_" }] } },
        paths: ["airflow.envFrom[0]"],
    },
    "a label by which the component finds its pods": {
        args: { apiServer: { podTemplate: { metadata: { labels: { "app.kubernetes.io/component": "x" } } } } },
        paths: ["apiServer.podTemplate.metadata.labels.app.kubernetes.io/component"],
    },
    "a name of a pod": {
        args: { workers: { podTemplate: { metadata: { name: "task" } } } },
        paths: ["workers.podTemplate.metadata.name"],
    },
    "an environment that is unset": {
        args: raw({ scheduler: { podTemplate: { spec: { containers: [{ name: "*", env: null }] } } } }),
        paths: ["scheduler.podTemplate.spec.containers[0].env"],
    },
    "containers that are unset": {
        args: raw({ scheduler: { podTemplate: { spec: { containers: null } } } }),
        paths: ["scheduler.podTemplate.spec.containers"],
    },
    "a part of the security level that is unset": {
        args: raw({ scheduler: { podTemplate: { spec: { securityContext: { runAsNonRoot: null } } } } }),
        paths: ["scheduler.podTemplate.spec.securityContext.runAsNonRoot"],
    },
    "a name of a container that is none": {
        args: { scheduler: { podTemplate: { spec: { containers: [{ name: "A_b", image: "a:1" }] } } } },
        paths: ["scheduler.podTemplate.spec.containers[0].name"],
    },
    "two volumes of one name": {
        args: {
            scheduler: {
                podTemplate: {
                    spec: {
                        volumes: [
                            { name: "a", emptyDir: {} },
                            { name: "a", secret: {} },
                        ],
                    },
                },
            },
        },
        paths: ["scheduler.podTemplate.spec.volumes[1].name"],
    },
    "a key and a Secret that holds another": {
        args: { airflow: { fernetKey: `${"a".repeat(43)}=`, fernetKeySecret: { name: "keys", key: "fernet" } } },
        paths: ["airflow.fernetKeySecret"],
        says: /either airflow.fernetKey or airflow.fernetKeySecret/,
    },
    "a name of a Secret that is none": {
        args: { admin: { passwordSecret: { name: "My Secret", key: "password" } } },
        paths: ["admin.passwordSecret.name"],
    },
    "a key of a Secret that is none": {
        args: { airflow: { jwtKeySecret: { name: "keys", key: "a/b" } } },
        paths: ["airflow.jwtKeySecret.key"],
    },
    "a password of a Secret for a Postgres of another namespace": {
        args: {
            hosting: Hosting.ReadWriteMany,
            storage: { kind: StorageKind.Nfs, nfs: { server: "192.0.2.1", path: "/a" } },
            database: { retain: true, passwordSecret: { name: "keys", key: "password" } },
        },
        paths: ["database.passwordSecret"],
    },
    "a private key of a Secret for a bundle": {
        args: {
            dags: {
                delivery: DagDelivery.GitBundle,
                git: { repository: "git@github.com:a/b.git", sshKeySecret: { name: "git", key: "ssh" } },
            },
        },
        paths: ["dags.git.sshKeySecret"],
    },
    "a token of a Secret over http": {
        args: {
            dags: {
                delivery: DagDelivery.GitSync,
                git: { repository: "http://git.example.org/a.git", tokenSecret: { name: "git", key: "token" } },
            },
        },
        paths: ["dags.git.repository"],
    },
    "a password of the database in a variable": {
        args: { scheduler: { env: [{ name: "PGPASSWORD", value: "x" }] } },
        paths: ["scheduler.env[0].name"],
    },
    "a namespace for pods without the right to make some": {
        args: { workers: { podNamespaces: ["team"] } },
        paths: ["workers.podNamespaces[0]"],
        says: /workers.kubernetesPodOperator true, or with workers.rules/,
    },
    "a namespace for pods that is the installation's own": {
        args: { workers: { kubernetesPodOperator: true, podNamespaces: ["airflow"] } },
        paths: ["workers.podNamespaces[0]"],
    },
    "a namespace for pods that comes twice": {
        args: { workers: { kubernetesPodOperator: true, podNamespaces: ["a", "a"] } },
        paths: ["workers.podNamespaces[1]"],
    },
    "a rule without verbs": {
        args: raw({ workers: { rules: [{ apiGroups: [""], resources: ["pods"] }] } }),
        paths: ["workers.rules[0].verbs"],
    },
    "a peer of a NetworkPolicy that is none": {
        args: { networkPolicies: { apiServer: [{}] } },
        paths: ["networkPolicies.apiServer[0]"],
        says: /either ipBlock, or namespaceSelector and podSelector/,
    },
    "a peer of a NetworkPolicy that is two": {
        args: { networkPolicies: { workers: [{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }] } },
        paths: ["networkPolicies.workers[0]"],
    },
    "a range of a NetworkPolicy without a length": {
        args: { networkPolicies: { database: [{ ipBlock: { cidr: "10.0.0.7", except: ["10.0.0.0/33"] } }] } },
        paths: ["networkPolicies.database[0].ipBlock.cidr", "networkPolicies.database[0].ipBlock.except[0]"],
        says: /ends with \/32/,
    },
    "a selector of a NetworkPolicy that Kubernetes does not know": {
        args: {
            networkPolicies: {
                apiServer: [
                    {
                        namespaceSelector: {
                            matchLabels: { "a b": "c" },
                            matchExpressions: [
                                { key: "team", operator: "Is", values: [] },
                                { key: "team", operator: "In" },
                                { key: "team", operator: "Exists", values: ["a"] },
                            ],
                        },
                    },
                ],
            },
        },
        paths: [
            "networkPolicies.apiServer[0].namespaceSelector.matchLabels.a b",
            "networkPolicies.apiServer[0].namespaceSelector.matchExpressions[0].operator",
            "networkPolicies.apiServer[0].namespaceSelector.matchExpressions[1].values",
            "networkPolicies.apiServer[0].namespaceSelector.matchExpressions[2].values",
        ],
        says: /In, NotIn, Exists, DoesNotExist/,
    },
    "a NetworkPolicy of a database that is not the component's": {
        args: {
            airflow: { fernetKey: `${"a".repeat(43)}=` },
            database: { password: "a-password", external: { host: "db.example.org" } },
            networkPolicies: { database: [{ podSelector: {} }] },
        },
        paths: ["networkPolicies.database"],
    },
    "metrics that go to two places, neither of which is one": {
        args: {
            metrics: {
                statsd: { image: "quay.io/prometheus/statsd-exporter" },
                openTelemetry: { endpoint: "collector:4317", headersSecret: { name: "otel", key: "a b" } },
            },
        },
        paths: [
            "metrics.openTelemetry",
            "metrics.statsd.image",
            "metrics.openTelemetry.endpoint",
            "metrics.openTelemetry.headersSecret.key",
        ],
        says: /either this or metrics.statsd/,
    },
    "what reads metrics where there are none, or too few": {
        args: {
            metrics: {
                openTelemetry: { endpoint: "http://collector:4318" },
                serviceMonitor: { interval: "often", labels: { "app.kubernetes.io/name": "mine" } },
                scrapeAnnotations: true,
                prometheusRule: {},
            },
        },
        paths: [
            "metrics.serviceMonitor.labels.app.kubernetes.io/name",
            "metrics.serviceMonitor.interval",
            "metrics.serviceMonitor",
            "metrics.scrapeAnnotations",
            "metrics.prometheusRule",
        ],
        says: /only with metrics.statsd and metrics.state/,
    },
    "patches of the pods with metrics that would take their images": {
        args: {
            metrics: {
                statsd: { podTemplate: { spec: { containers: [{ name: "statsd-exporter", image: "a:1" }] } } },
                state: { podTemplate: { spec: { containers: [{ name: "state-metrics", image: "a:1" }] } } },
            },
        },
        paths: [
            "metrics.statsd.podTemplate.spec.containers[0].image",
            "metrics.state.podTemplate.spec.containers[0].image",
        ],
    },
    "metrics by options beside their argument": {
        args: {
            metrics: { statsd: {} },
            airflow: {
                options: { metrics: { statsd_host: "elsewhere" } },
                env: [{ name: "AIRFLOW__METRICS__LEGACY_NAMES_ON", value: "True" }],
            },
        },
        paths: ["airflow.options.metrics.statsd_host", "airflow.env[0].name"],
        says: /either this or metrics.statsd, which decides on AIRFLOW__METRICS__STATSD_HOST/,
    },
    "a Pod Security Standard of a namespace beside its argument": {
        args: { namespaces: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } },
        paths: ["namespaces.labels.pod-security.kubernetes.io/enforce"],
        says: /does not begin with app.kubernetes.io\/ or pod-security.kubernetes.io\//,
    },
    "a label of a namespace that is none": {
        args: { namespaces: { labels: { team: "data science" } } },
        paths: ["namespaces.labels.team"],
    },
    "a field of a pod that is written wrong": {
        args: raw({ scheduler: { podTemplate: { spec: { nodeSelectors: { a: "b" } } } } }),
        paths: ["scheduler.podTemplate.spec.nodeSelectors"],
        says: /a field of PodSpec in Kubernetes [\d.]+\n +Look there: nodeSelector, nodeName, /,
    },
    "a field of a container that is written wrong, in a template of tasks": {
        args: raw({
            workers: { templates: { big: { spec: { containers: [{ name: "base", resources: { limit: {} } }] } } } },
        }),
        paths: ["workers.templates.big.spec.containers[0].resources.limit"],
    },
    "a field of a pod that is named like one of every object": {
        args: raw({ jobs: { podTemplate: { spec: { toString: {} } } } }),
        paths: ["jobs.podTemplate.spec.toString"],
    },
    "a list of a pod that is none": {
        args: raw({ workers: { podTemplate: { spec: { containers: { name: "base" } } } } }),
        paths: ["workers.podTemplate.spec.containers"],
        says: /allowed: a list/,
    },
    "a number of a pod that is text": {
        args: raw({ workers: { podTemplate: { spec: { terminationGracePeriodSeconds: "90" } } } }),
        paths: ["workers.podTemplate.spec.terminationGracePeriodSeconds"],
        says: /a whole number/,
    },
    "a text of a pod that is a number": {
        args: raw({
            workers: { podTemplate: { spec: { containers: [{ name: "base", env: [{ name: "A", value: 1 }] }] } } },
        }),
        paths: ["workers.podTemplate.spec.containers[0].env[0].value"],
        says: /is 1; allowed: text/,
    },
    "a directive of a patch": {
        args: raw({ workers: { podTemplate: { spec: { containers: [{ name: "base", $patch: "delete" }] } } } }),
        paths: ["workers.podTemplate.spec.containers[0].$patch"],
        says: /a field of Container in Kubernetes/,
    },
    "a specification that is an Output as a whole": {
        args: { workers: { podTemplate: { spec: pulumi.output({}) } } },
        paths: ["workers.podTemplate.spec"],
    },
    "a template of tasks whose name is no file": {
        args: { workers: { templates: { "../gpu": {} } } },
        paths: ["workers.templates.../gpu"],
    },
    "a template of tasks with the name of that of all tasks": {
        args: { workers: { templates: { worker: {} } } },
        paths: ["workers.templates.worker"],
    },
    "a fault in a template of tasks": {
        args: { workers: { templates: { gpu: { spec: { restartPolicy: "Always" } } } } },
        paths: ["workers.templates.gpu.spec.restartPolicy"],
    },
    "a resource whose name is none": {
        args: { workers: { resources: { limits: { "a b": "1" } } } },
        paths: ["workers.resources.limits.a b"],
    },
    "a batch of none": { args: { workers: { podsCreationBatchSize: 0 } }, paths: ["workers.podsCreationBatchSize"] },
};

describe("validate", () => {
    it("finds nothing wrong with the defaults", () => {
        expect(validate({})).to.deep.equal([]);
        expect(validate({ airflow: {}, database: {}, workers: {}, dags: {} })).to.deep.equal([]);
    });

    for (const [what, { args, paths, says }] of Object.entries(broken)) {
        it(`refuses ${what}`, () => {
            const problems = validate(args);
            expect(problems.map(({ path }) => path)).to.have.members(paths);
            if (says) {
                expect(problemsMessage(problems, "it")).to.match(says);
            }
        });
    }

    it("reports all problems at once, each once, and says of each what is allowed", () => {
        const args: AirflowKubernetesArgs = raw({
            hosting: "aws",
            namespaces: { airflow: "A", workers: "default", workersPodSecurity: "strict" },
            storage: { hostPath: "x", dagsSize: "x", logsSize: "x" },
            dags: { delivery: "volume", volume: { folder: "x" }, refreshSeconds: 1 },
            database: { image: "x", size: "x", password: "x", resources: { limits: { cpu: "x" } } },
            airflow: {
                version: "x",
                image: "x",
                url: "x",
                fernetKey: "x",
                imagePullSecrets: ["X"],
                options: { core: { executor: "x" } },
            },
            admin: { user: "", email: "x", password: "x" },
            apiServer: { replicas: 0 },
            workers: { podsCreationBatchSize: 0, podTemplate: { metadata: { labels: { x: " " } } } },
        });
        const problems = validate(args);
        expect(problems.map(({ path }) => path)).to.have.members([
            "hosting",
            "namespaces.airflow",
            "namespaces.workers",
            "namespaces.workersPodSecurity",
            "storage.hostPath",
            "storage.dagsSize",
            "storage.logsSize",
            "dags.volume.folder",
            "dags.refreshSeconds",
            "database.image",
            "database.size",
            "database.password",
            "database.resources.limits.cpu",
            "airflow.version",
            "airflow.image",
            "airflow.url",
            "airflow.fernetKey",
            "airflow.imagePullSecrets[0]",
            "airflow.options.core.executor",
            "admin.user",
            "admin.email",
            "admin.password",
            "apiServer.replicas",
            "workers.podsCreationBatchSize",
            "workers.podTemplate.metadata.labels.x",
        ]);
        for (const { allowed } of problems) {
            expect(allowed).to.not.equal("");
        }
    });

    it("never says what a secret is", () => {
        const secret = "hidden-7f3a";
        const given: AirflowKubernetesArgs[] = [
            { airflow: { fernetKey: secret } },
            { database: { password: `${secret} ` } },
            { admin: { user: secret, password: secret } },
            { admin: { password: "hi\u0000dden".slice(0, 6) } },
            { airflow: { options: { core: { fernet_key: secret } } } },
            { airflow: { options: { smtp: { smtp_password: secret } } } },
            { airflow: { url: `http://me:${secret}@example.org` } },
            { workers: { env: [{ name: "AIRFLOW__CORE__FERNET_KEY", value: secret }] } },
            { workers: { env: [{ name: "1", value: secret }] } },
            {
                scheduler: {
                    env: [{ name: "A", value: secret, valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
                },
            },
        ];
        for (const args of given) {
            const problems = validate(args);
            expect(problems).to.not.deep.equal([]);
            expect(problemsMessage(problems, "it")).to.not.contain(secret);
        }
    });

    it("names a setting or the reason for every variable that the component decides on or that holds a secret", () => {
        for (const name of [...Object.keys(ownedVariables), ...secretVariableNames]) {
            const [problem, ...others] = validate({ scheduler: { env: [{ name, value: "x" }] } });
            expect(problem?.path, name).to.equal("scheduler.env[0].name");
            expect(problem?.remedy, name).to.match(/^[A-Z].*\.$/);
            expect(others, name).to.deep.equal([]);
        }
    });

    it("refuses every option that Airflow marks as sensitive, as option, command and reference to a backend", () => {
        for (const option of knownAirflowOptions().sensitive) {
            const [section, key] = option.split(".");
            for (const name of [key, `${key}_cmd`, `${key}_secret`]) {
                expect(
                    validate({ airflow: { options: { [section]: { [name]: "x" } } } }).map(({ path }) => path),
                    `${section}.${name}`,
                ).to.deep.equal([`airflow.options.${section}.${name}`]);
            }
        }
    });

    it("takes what is not known yet as right", () => {
        const later = pulumi.output("x");
        expect(
            validate({
                airflow: { fernetKey: later },
                database: { password: later },
                admin: { password: later },
                scheduler: { env: [{ name: "A", value: later }] },
            }),
        ).to.deep.equal([]);
    });

    describe("lets pass", () => {
        const valid: Record<string, AirflowKubernetesArgs> = {
            "the longest names of namespaces": {
                namespaces: { airflow: "a".repeat(63), workers: "0", storage: "a-b" },
            },
            "every Pod Security Standard": { namespaces: { workersPodSecurity: PodSecurityLevel.Privileged } },
            "the ends of all ranges": {
                dags: { refreshSeconds: 5 },
                apiServer: { replicas: 20 },
                triggerer: { replicas: 0 },
                workers: { podTemplate: { spec: { terminationGracePeriodSeconds: 3600 } }, podsCreationBatchSize: 128 },
            },
            "a request that is the limit": {
                workers: {
                    resources: { requests: { cpu: "2", memory: "1Gi" }, limits: { cpu: "2000m", memory: "1024Mi" } },
                },
            },
            "an image with registry, port, tag and digest": {
                airflow: { image: `registry.example:5000/team/air_flow:3.3.2-x@sha256:${"0".repeat(64)}` },
            },
            "an image with a digest only": { database: { image: `postgres@sha256:${"f".repeat(64)}` } },
            "newer versions of Airflow 3": { airflow: { version: "3.12.1" } },
            "a URL with port, path and a slash at its end": {
                airflow: { url: "https://airflow.example.org:8443/a/b/" },
            },
            "a URL of an IPv6 address": { airflow: { url: "http://[::1]:8080" } },
            "connections, variables and pools as Airflow knows them": {
                airflow: {
                    connections: {
                        "team-a.db_1": "google-cloud-platform://?keyfile_dict=x",
                        Größe: ' {"conn_type": "my_type", "extra": {"a": 1}, "port": 5432}\n',
                        git_default: "git://",
                        ["c".repeat(200)]: "HTTP://a",
                        later: pulumi.secret("no-uri"),
                    },
                    variables: { "a/b c": "", ["é".repeat(250)]: "{", keys2: pulumi.output("x") },
                    pools: { "big one": { slots: -1 }, default_pool: { slots: 0, includeDeferred: true } },
                },
            },
            "two fernet keys": { airflow: { fernetKey: `${"a".repeat(43)}=,${"-_".repeat(21)}A=` } },
            "options of providers": {
                airflow: { options: { "aws.batch": { Region: "x" }, core: { parallelism: "1" } } },
            },
            "secrets by reference": {
                workers: { env: [{ name: "AIRFLOW_CONN_DB", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] },
            },
            "a password that Kubernetes puts into a URL, a variable that is no secret, and frequent heartbeats": {
                airflow: {
                    env: [
                        { name: "PROXY_PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
                        { name: "HTTPS_PROXY", value: "http://me:$(PROXY_PASSWORD)@proxy:3128" },
                        { name: "AIRFLOW_VAR_REGION", value: "eu-central-1" },
                        { name: "AIRFLOW__SECRETS__BACKEND_KWARG__CONNECTIONS_PREFIX", value: "airflow/connections" },
                    ],
                    options: { scheduler: { scheduler_heartbeat_sec: "2.5" } },
                },
            },
            "a sidecar with a volume of its own": {
                workers: {
                    podTemplate: {
                        spec: {
                            volumes: [{ name: "scratch", ephemeral: {} }],
                            initContainers: [{ name: "proxy", image: "proxy:1", restartPolicy: "Always" }],
                            containers: [
                                { name: "base", volumeMounts: [{ name: "scratch", mountPath: "/tmp/scratch" }] },
                            ],
                        },
                    },
                },
            },
            "another image for some tasks": {
                workers: { templates: { gpu: { spec: { containers: [{ name: "base", image: "gpu:1" }] } } } },
            },
            "Outputs wherever Kubernetes takes a value": {
                airflow: { env: [{ name: "A", value: pulumi.output("a") }] },
                scheduler: {
                    resources: { limits: { memory: pulumi.output("1Gi") } },
                    podTemplate: {
                        metadata: { labels: { team: pulumi.output("a") } },
                        spec: { nodeSelector: pulumi.output({ pool: "a" }), containers: pulumi.output([]) },
                    },
                },
            },
            "a database whose address is not known yet": {
                airflow: { fernetKey: `${"a".repeat(43)}=` },
                database: {
                    password: "a-password",
                    external: { host: pulumi.output("a"), port: pulumi.output(1), user: pulumi.output("u") },
                },
            },
            "what a cluster's own rules allow tasks": {
                namespaces: { workersPodSecurity: PodSecurityLevel.Privileged },
                workers: {
                    podTemplate: { spec: { hostNetwork: true, volumes: [{ name: "a", hostPath: { path: "/" } }] } },
                },
            },
            "secrets that somebody else keeps": {
                airflow: {
                    fernetKeySecret: { name: "keys", key: "fernet" },
                    jwtKeySecret: { name: pulumi.output("keys"), key: "jwt" },
                    apiSecretKeySecret: { name: "keys", key: "api" },
                },
                admin: { passwordSecret: { name: "keys", key: "admin" } },
                database: {
                    passwordSecret: { name: "keys", key: "database" },
                    external: { host: "db.example.org" },
                },
                dags: {
                    delivery: DagDelivery.GitSync,
                    git: { repository: "https://git.example.org/a.git", tokenSecret: { name: "git", key: "token" } },
                },
                logs: {
                    remote: {
                        url: "s3://bucket",
                        accessKeyId: "AKIA",
                        secretAccessKeySecret: { name: "keys", key: "logs" },
                    },
                },
            },
            "rights that are not known yet": {
                workers: {
                    rules: [{ apiGroups: [""], resources: pulumi.output(["pods"]), verbs: ["get"] }],
                    podNamespaces: ["team"],
                },
            },
            "peers of NetworkPolicies, and such as are not known yet": {
                networkPolicies: {
                    apiServer: [
                        { namespaceSelector: {}, podSelector: pulumi.output({ matchLabels: { app: "a" } }) },
                        { ipBlock: { cidr: pulumi.output("10.0.0.0/8"), except: ["10.1.0.0/16"] } },
                        { ipBlock: { cidr: "2001:db8::/32" } },
                    ],
                    database: [],
                    workers: [
                        { podSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["a"] }] } },
                    ],
                },
            },
            "empty values": {
                workers: {
                    env: [{ name: "EMPTY", value: "" }],
                    podTemplate: { metadata: { labels: { "example.org/empty": "" } } },
                },
            },
            "tolerations of everything": {
                scheduler: { podTemplate: { spec: { tolerations: [{ operator: "Exists" }] } } },
            },
            "a retained database with its keys": {
                airflow: { fernetKey: `${"a".repeat(43)}=` },
                database: { retain: true, password: "p@ss:word/with?odd#signs" },
            },
        };
        for (const [what, args] of Object.entries(valid)) {
            it(what, () => {
                expect(validate(args)).to.deep.equal([]);
            });
        }

        it("every DNS label as a namespace, and nothing else", () => {
            const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
            const names = (name: string) => validate({ namespaces: { airflow: name } }).map(({ path }) => path);
            fc.assert(
                fc.property(label, (name) => {
                    fc.pre(name !== "default" && !name.startsWith("kube-"));
                    return names(name).length === 0;
                }),
                { numRuns: 30 },
            );
            const outside = fc.stringMatching(/^[a-z0-9-]{0,5}[^a-z0-9-][a-z0-9-]{0,5}$/);
            fc.assert(
                fc.property(outside, (name) => names(name).includes("namespaces.airflow")),
                { numRuns: 30 },
            );
        });

        it("every quantity as a size, if it is more than zero", () => {
            const suffix = fc.constantFrom("", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi");
            fc.assert(
                fc.property(fc.integer({ min: 1, max: 9999 }), suffix, (number, unit) => {
                    return validate({ storage: { logsSize: `${number}${unit}` } }).length === 0;
                }),
                { numRuns: 30 },
            );
        });
    });
});

describe("withDefaults", () => {
    it("fills in everything, and keeps what was given beside what was not", () => {
        const settings = withDefaults({
            apiServer: { resources: { limits: { memory: "9Gi" } } },
            namespaces: { workers: "w" },
        });
        expect(settings.namespaces).to.deep.equal({ airflow: "airflow", workers: "w", storage: "airflow-storage" });
        expect(settings.apiServer.resources).to.deep.equal({
            requests: { cpu: "200m", memory: "512Mi", "ephemeral-storage": "64Mi" },
            limits: { memory: "9Gi", "ephemeral-storage": "4Gi" },
        });
    });

    it("takes the image from the version, unless it is given", () => {
        expect(withDefaults({ airflow: { version: "3.4.0" } }).airflow.image).to.equal("apache/airflow:3.4.0");
        expect(withDefaults({ airflow: { version: "3.4.0", image: "a:1" } }).airflow.image).to.equal("a:1");
    });

    it("takes slashes off the end of the URL", () => {
        expect(withDefaults({ airflow: { url: "http://example.org/a//" } }).airflow.url).to.equal(
            "http://example.org/a",
        );
    });

    it("makes no secret: those belong to the state of a stack", () => {
        const { airflow, database, admin } = withDefaults({});
        expect([airflow.fernetKey, database.password, admin.password]).to.deep.equal([undefined, undefined, undefined]);
    });
});
