import type * as k8s from "@pulumi/kubernetes";
import type { AirflowSettings, ProcessSettings } from "../airflowKubernetesDefaults";
import { packagesEnvironment } from "../dags/packagesEnvironment";
import { type Labels, objectLabels, selectorLabels } from "../kubernetes/labels";
import type { Check } from "../kubernetes/probes";
import { livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { leavesLostNode, spreadOverNodes } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import { airflowPodSpec, type Mount } from "./airflowPod";
import {
    type Environment,
    extensionEnvironment,
    type ProcessSecret,
    plainEnvironment,
    processEnvironment,
    secretEnvironment,
    userEnvironment,
} from "./environment";
import type { SecretKeys } from "./secretKeys";

/** Arguments shared by Airflow's processes and its Jobs. */
export interface AirflowPartArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
    readonly keys: SecretKeys;
}

/** Arguments of the components of Airflow's processes. */
export interface AirflowProcessArgs extends AirflowPartArgs {
    /** Files that the component adds to Airflow. */
    readonly extension: Mount;
}

/** Airflow's processes, and the names of their containers, which are those of their commands. */
export const processContainers = {
    apiServer: "api-server",
    scheduler: "scheduler",
    dagProcessor: "dag-processor",
    triggerer: "triggerer",
} as const;

/** One of Airflow's long-running processes. */
export interface AirflowProcess extends AirflowProcessArgs {
    /** Its name on Airflow's command line, which is its container's name as well. */
    readonly command: (typeof processContainers)[keyof typeof processContainers];
    /**
     * What the image runs, made of what it would run otherwise.
     * @default - the command of Airflow
     */
    readonly args?: (start: readonly string[]) => string[];
    /** Whether it ends when the database goes away, and is then to be started again when that is back. */
    readonly endsWithoutDatabase: boolean;
    /** Name of its workload and ServiceAccount. */
    readonly objectName: string;
    readonly process: ProcessSettings;
    readonly secrets: readonly ProcessSecret[];
    /** Variables that only this process has. */
    readonly environment?: Environment;
    readonly mounts: readonly Mount[];
    /** Whether it speaks to the Kubernetes API. */
    readonly serviceAccountToken?: boolean;
    readonly port?: { readonly name: string; readonly containerPort: number };
    /** How long it may take to stop, in seconds. */
    readonly terminationGracePeriodSeconds: number;
    /** How it is asked whether it works. */
    readonly health: Health;
}

/** Checks of a process. */
export interface Health {
    readonly check: Check;
    /** What is asked until the first success; `check` if left out. */
    readonly startupCheck?: Check;
    /** Seconds between two checks at the start. */
    readonly startupPeriodSeconds?: number;
    /** Seconds between two checks afterwards. */
    readonly periodSeconds?: number;
    /** Whether traffic is sent to it, which a failing check then stops. */
    readonly readiness?: boolean;
}

/** What a Deployment and a StatefulSet of an Airflow process have in common. */
export interface Workload {
    readonly metadata: { name: string; namespace: k8s.core.v1.Namespace["metadata"]["name"]; labels: Labels };
    readonly replicas: number;
    readonly selector: { matchLabels: Labels };
    readonly template: k8s.types.input.core.v1.PodTemplateSpec;
}

/** Metadata, selector and pod of a process. */
export function airflowWorkload(process: AirflowProcess): Workload {
    const { command, instance, health, settings, objectName } = process;
    const { env, podTemplate, replicas, resources } = process.process;
    const labels = objectLabels(instance, command);
    const matchLabels = selectorLabels(instance, command);
    const own: Environment = {
        ...processEnvironment(settings),
        ...extensionEnvironment(packagesEnvironment(settings)),
        ...process.environment,
    };
    const start = process.endsWithoutDatabase ? ["python", "-m", "airflow_kubernetes.patient", command] : [command];
    const template = {
        metadata: { labels },
        spec: airflowPodSpec({
            serviceAccount: objectName,
            serviceAccountToken: process.serviceAccountToken,
            imagePullSecrets: settings.airflow.imagePullSecrets,
            mounts: [...process.mounts, process.extension],
            temporarySizeLimit: resources.limits["ephemeral-storage"],
            pod: {
                terminationGracePeriodSeconds: process.terminationGracePeriodSeconds,
                ...spreadOverNodes(replicas, matchLabels),
            },
            container: {
                name: command,
                image: settings.airflow.image,
                args: process.args?.(start) ?? start,
                ...userEnvironment(
                    [...plainEnvironment(own), ...secretEnvironment(process.keys, process.secrets)],
                    settings.airflow,
                    env,
                ),
                ...(process.port && { ports: [process.port] }),
                startupProbe: startupProbe(health.startupCheck ?? health.check, health.startupPeriodSeconds),
                livenessProbe: livenessProbe(health.check, health.periodSeconds),
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
