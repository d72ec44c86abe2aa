import { optionVariable } from "../../components/airflow/environment";
import { insteadOf } from "../../components/airflow/ownedVariables";
import { type Fields, isFields } from "../../components/kubernetes/fields";
import { isTemplated, listOf, templateText, textOf, valueAt } from "./chartValues";
import { mayBeSecret } from "./secretTexts";
import { carried, left, type Step, same } from "./steps";

/** What becomes of an option that has a setting of its own, or none. */
type Special = (value: unknown, values: Fields, below: string) => Step;

const anyway =
    (text: string): Special =>
    (_value, _values, below) =>
        same(text, below);
const stays =
    (text: string): Special =>
    (_value, _values, below) =>
        left(text, below);
/** So here for one value, and not to be had for others. */
const only =
    (text: RegExp, why: string, otherwise: string): Special =>
    (value, _values, below) =>
        text.test(textOf(value)) ? same(why, below) : left(otherwise, below);

const address: Special = (value, _values, below) => carried("airflow.url", textOf(value), below);
const tls = "the api-server speaks http in the cluster: TLS ends at the Ingress, or at a proxy of yours";
const template = "task pods come from workers.podTemplate, and their image from airflow.image";
const statsdOn = "no StatsD is made: set airflow.options.metrics for one of yours";

const logsFolder: Special = (value, _values, below) => {
    const folder = textOf(value);
    if (folder.startsWith("s3://")) {
        return carried("logs.remote.url", folder, below);
    }
    const kinds = [
        ["gs://", "logs.remote.gcs"],
        ["wasb", "logs.remote.azureBlob"],
        ["cloudwatch://", "logs.remote.cloudWatch"],
    ];
    const kind = kinds.find(([scheme]) => folder.startsWith(scheme))?.[1];
    return left(kind === undefined ? "logs.remote takes S3, GCS, Azure Blob and CloudWatch" : `set ${kind}`, below);
};

const remoteLogging: Special = (value, values, below) =>
    !/^true$/i.test(textOf(value))
        ? same("logs lie on the shared volume", below)
        : remoteFolder(values)?.startsWith("s3://")
          ? same("it follows from logs.remote", below)
          : left("set logs.remote", below);

/** Options by section and key, as Airflow 3 and 2 name them. */
const special: Readonly<Record<string, Special>> = {
    "api.base_url": address,
    "webserver.base_url": address,
    "api.ssl_cert": stays(tls),
    "api.ssl_key": stays(tls),
    "core.auth_manager": only(
        /FabAuthManager$/,
        "users live in the FAB auth manager",
        "set auth.manager; sign-in elsewhere is a matter of auth.oidc and auth.ldap",
    ),
    "core.dags_folder": anyway("it follows from dags"),
    "core.execution_api_server_url": anyway("it follows from airflow.url; tasks use the Service"),
    "core.executor": only(
        /^KubernetesExecutor$/,
        "the executor is the KubernetesExecutor",
        "tasks run in pods of their own: the executor is the KubernetesExecutor",
    ),
    "core.load_examples": only(
        /^false$/i,
        "no examples are loaded",
        "Airflow's examples are not loaded: put DAGs of your own there",
    ),
    "core.colored_console_log": only(/^false$/i, "logs have no colours", "logs have no colours"),
    "logging.colored_console_log": only(/^false$/i, "logs have no colours", "logs have no colours"),
    "core.remote_logging": remoteLogging,
    "logging.remote_logging": remoteLogging,
    "logging.remote_base_log_folder": logsFolder,
    "core.remote_base_log_folder": logsFolder,
    "logging.remote_log_conn_id": stays(
        "logs.remote needs no connection: give the pods a role of the cloud (serviceAccounts), or set logs.remote.accessKeyId with logs.remote.secretAccessKeySecret, and logs.remote.endpointUrl for another service than that of AWS",
    ),
    "dag_processor.refresh_interval": (value, _values, below) =>
        carried("dags.refreshSeconds", Number(textOf(value)), below),
    "dag_processor.dag_bundle_config_list": stays(
        "set dags.delivery gitBundle with dags.git, or dags.bundles for several",
    ),
    "fab.enable_proxy_fix": only(/^true$/i, "it is on", "it is on: what a proxy says of the address is believed"),
    "webserver.enable_proxy_fix": only(/^true$/i, "it is on", "it is on: what a proxy says of the address is believed"),
    "kubernetes_executor.worker_pods_creation_batch_size": (value, _values, below) =>
        carried("workers.podsCreationBatchSize", Number(textOf(value)), below),
    "kubernetes_executor.namespace": stays("tasks run in namespaces.workers"),
    "kubernetes_executor.multi_namespace_mode": only(
        /^false$/i,
        "tasks run in one namespace",
        "tasks run in namespaces.workers; workers.podNamespaces names others for their pods",
    ),
    "kubernetes_executor.pod_template_file": stays(template),
    "kubernetes_executor.worker_container_repository": stays(template),
    "kubernetes_executor.worker_container_tag": stays(template),
    "kubernetes_executor.airflow_configmap": stays("options are variables: there is no ConfigMap of airflow.cfg"),
    "kubernetes_executor.airflow_local_settings_configmap": stays("set airflow.localSettings"),
    "scheduler.standalone_dag_processor": anyway("the dag-processor is a process of its own"),
    "metrics.statsd_on": (value, values, below) => {
        const host = valueAt(values, "config.metrics.statsd_host");
        return /^true$/i.test(textOf(value)) && host !== undefined && !isTemplated(host)
            ? ofOptions("metrics", "statsd_on", value, below)
            : only(/^false$/i, "no StatsD is made", statsdOn)(value, values, below);
    },
    "scheduler.statsd_on": only(/^false$/i, "no StatsD is made", statsdOn),
};

/** Sections of parts that are not here. */
const sections: Readonly<Record<string, string>> = {
    celery: "there are no Celery workers",
    celery_kubernetes_executor: "there are no Celery workers",
    celery_broker_transport_options: "there are no Celery workers",
    elasticsearch: "logs do not go to Elasticsearch",
    elasticsearch_configs: "logs do not go to Elasticsearch",
    opensearch: "logs do not go to OpenSearch",
    opensearch_configs: "logs do not go to OpenSearch",
    kerberos: "there is no Kerberos; a sidecar of yours goes into podTemplate",
    webserver: "Airflow 3 has no web server: look for the option in its sections api and fab, and set airflow.options",
};

/** What becomes of one option. */
export function optionStep(section: string, key: string, value: unknown, values: Fields, below: string): Step {
    // Its name in Airflow 2.
    const group = section === "kubernetes" ? "kubernetes_executor" : section;
    const known = special[`${group}.${key}`];
    if (known !== undefined) {
        const step = known(value, values, below);
        // What needs no value needs none of Helm's.
        return step.patch !== undefined && isTemplated(value) ? left(templateText, below) : step;
    }
    if (Object.hasOwn(sections, group)) {
        return left(sections[group], below);
    }
    if (isTemplated(value)) {
        return left(templateText, below);
    }
    const variable = optionVariable(group, key);
    const instead = insteadOf(variable);
    if (instead !== undefined) {
        return left(decided(instead), below);
    }
    if (mayBeSecret(variable, value)) {
        return left(
            `it may be a secret: put it into a Secret, and give it to the process that needs it as ${variable}, with env and valueFrom`,
            below,
        );
    }
    return ofOptions(group, key, value, below);
}

function ofOptions(section: string, key: string, value: unknown, below: string): Step {
    const step = carried("airflow.options", { [section]: { [key]: textOf(value) } }, below);
    return { ...step, text: `airflow.options.${section}.${key}` };
}

/** What is told of an option or a variable that the component decides on. */
export function decided(instead: string): string {
    return `the component decides on it: ${instead[0].toLowerCase()}${instead.slice(1, -1)}`;
}

/** The bucket of logs, wherever it is named. */
function remoteFolder(values: Fields): string | undefined {
    const option =
        valueAt(values, "config.logging.remote_base_log_folder") ??
        valueAt(values, "config.core.remote_base_log_folder");
    const lists = [values.env, values.extraEnv].flatMap((list) => listOf(list) ?? []);
    const variable = lists.filter(isFields).find(({ name }) => name === "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER");
    const folder = option ?? variable?.value;
    return typeof folder === "string" ? folder : undefined;
}
