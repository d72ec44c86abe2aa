import type * as k8s from "@pulumi/kubernetes";
import { packagesEnvironment } from "../dags/packages/packagesEnvironment";
import { wholeNames } from "../kubernetes/dns";
import { type Labels, objectLabels, selectorLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import type { Check } from "../kubernetes/probes";
import { livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { metricsSecrets } from "../monitoring/metricsEnvironment";
import { airflowPodSpec, type Mount } from "../pods/airflowPod";
import { type Environment, plainEnvironment, userEnvironment } from "../pods/environment";
import { leavesLostNode, spreadOverNodes } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import type { SecretKeys } from "../pods/secretKeys";
import type { AirflowSettings, ProcessSettings } from "../settings/airflowKubernetesDefaults";
import { accountName } from "../settings/serviceAccountsSettings";
import {
    extensionEnvironment,
    type ProcessSecret,
    processEnvironment,
    secretEnvironment,
    secretMounts,
} from "./environment";

/** Arguments shared by Airflow's processes and its Jobs. */
export interface AirflowPartArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly settings: AirflowSettings;
    readonly keys: SecretKeys;
}

/** Arguments of the components of Airflow's processes. */
export interface AirflowProcessArgs extends AirflowPartArgs {
    /** Files that the component adds to Airflow. */
    readonly extension: Mount;
    /** The user's own settings of Airflow, if there are any. */
    readonly localSettings?: Mount;
    /** Hash of the plugins beside the DAGs, as far as they are known. */
    readonly pluginsHash?: string;
}

/** Airflow's processes, and the names of their containers, which are those of their commands but for the second api-server. */
export const processContainers = {
    apiServer: "api-server",
    executionApi: "execution-api",
    scheduler: "scheduler",
    dagProcessor: "dag-processor",
    triggerer: "triggerer",
} as const;

/** One of Airflow's long-running processes. */
export interface AirflowProcess extends AirflowProcessArgs {
    /** Name of its container, which is its name on Airflow's command line as well unless `args` has another. */
    readonly command: (typeof processContainers)[keyof typeof processContainers];
    /**
     * Arguments of the image, made from the default ones.
     * @default - the command of Airflow
     */
    readonly args?: (start: readonly string[]) => string[];
    /** Whether it ends when the database goes away, and has to be restarted once the database is back. */
    readonly endsWithoutDatabase: boolean;
    /** Name of its workload. */
    readonly objectName: string;
    /** Its ServiceAccount. */
    readonly account: keyof typeof processContainers;
    readonly process: ProcessSettings;
    readonly secrets: readonly ProcessSecret[];
    /** Variables that only this process has. */
    readonly environment?: Environment;
    readonly mounts: readonly Mount[];
    /** Whether it loads the plugins beside the DAGs. */
    readonly loadsPlugins: boolean;
    /** Whether it speaks to the Kubernetes API. */
    readonly serviceAccountToken?: boolean;
    readonly port?: { readonly name: string; readonly containerPort: number };
    /** How long it may take to stop, in seconds. */
    readonly terminationGracePeriodSeconds: number;
    /**
     * How long it goes on before it is told to stop, in seconds, for requests that are still sent to it.
     * @default - not at all
     */
    readonly preStopSeconds?: number;
    /** How its health is checked. */
    readonly health: Health;
}

/** Rolls a process when its plugins change, of which it loads each once. */
const pluginsAnnotation = "airflow-kubernetes/plugins";

/** Checks of a process. */
export interface Health {
    readonly check: Check;
    /** Check until the first success; `check` if unset. */
    readonly startupCheck?: Check;
    /** Seconds between two checks at the start. */
    readonly startupPeriodSeconds?: number;
    /** Seconds between two checks afterwards. */
    readonly periodSeconds?: number;
    /** Whether its Service sends traffic to it only while the check succeeds. */
    readonly readiness?: boolean;
}

/** Fields shared by the Deployments and StatefulSets of Airflow's processes. */
export interface Workload {
    readonly metadata: { name: string; namespace: PlacedNamespace["metadata"]["name"]; labels: Labels };
    readonly replicas: number;
    readonly selector: { matchLabels: Labels };
    readonly template: k8s.types.input.core.v1.PodTemplateSpec;
}

/** Metadata, selector and pod of a process. */
export function airflowWorkload(process: AirflowProcess): Workload {
    const { command, instance, health, settings, objectName, localSettings } = process;
    const { env, podTemplate, replicas, resources } = process.process;
    const labels = objectLabels(instance, command);
    const matchLabels = selectorLabels(instance, command);
    const own: Environment = {
        ...processEnvironment(settings),
        ...extensionEnvironment(packagesEnvironment(settings)),
        ...process.environment,
    };
    const start = process.endsWithoutDatabase ? ["python", "-m", "airflow_kubernetes.patient", command] : [command];
    const plugins = process.loadsPlugins ? process.pluginsHash : undefined;
    const template = {
        metadata: { labels, ...(plugins !== undefined && { annotations: { [pluginsAnnotation]: plugins } }) },
        spec: airflowPodSpec({
            serviceAccount: accountName(settings.serviceAccounts, process.account),
            serviceAccountToken: process.serviceAccountToken,
            imagePullSecrets: settings.airflow.imagePullSecrets,
            podUser: settings.airflow.podUser,
            mounts: [
                ...process.mounts,
                ...secretMounts(process.keys, process.secrets),
                process.extension,
                ...(localSettings ? [localSettings] : []),
            ],
            temporarySizeLimit: resources.limits["ephemeral-storage"],
            pod: {
                ...wholeNames,
                terminationGracePeriodSeconds: process.terminationGracePeriodSeconds,
                ...spreadOverNodes(replicas, matchLabels),
            },
            container: {
                name: command,
                image: settings.airflow.image,
                args: process.args?.(start) ?? start,
                ...userEnvironment(
                    [
                        ...plainEnvironment(own),
                        ...secretEnvironment(process.keys, process.secrets),
                        ...metricsSecrets(settings),
                    ],
                    settings.airflow,
                    env,
                ),
                ...(process.port && { ports: [process.port] }),
                startupProbe: startupProbe(health.startupCheck ?? health.check, health.startupPeriodSeconds),
                livenessProbe: livenessProbe(health.check, health.periodSeconds),
                ...(process.preStopSeconds !== undefined && {
                    lifecycle: { preStop: { exec: { command: ["sleep", String(process.preStopSeconds)] } } },
                }),
                ...(health.readiness && { readinessProbe: readinessProbe(health.check) }),
                resources,
            },
        }),
    };
    return {
        metadata: { name: objectName, namespace: process.namespace.metadata.name, labels },
        replicas,
        selector: { matchLabels },
        template: leavesLostNode(mergePodTemplate(template, [settings.airflow.podTemplate, podTemplate])),
    };
}
