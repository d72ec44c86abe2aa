import type * as k8s from "@pulumi/kubernetes";
import { tasksUseKubernetes } from "../access/podRules";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { dagsMounts } from "../dags/dagsMounts";
import { doNotDisrupt } from "../kubernetes/annotations";
import { selectorLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { mergePodTemplate, type PodTemplatePatch } from "../pods/podTemplate";
import { airflowPodSpec, logsMount } from "./airflowPod";
import { plainEnvironment, userEnvironment, workerEnvironment } from "./environment";

/**
 * The pod that a task runs in. It has no secret of Airflow's: what a task needs of connections and variables it asks the
 * Execution API for, with a token that is good for this task only.
 *
 * The executor names the pod and gives its container, which has to be called `base`, the command.
 *
 * @param patches What is merged onto it beside what all tasks have.
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html#pod-template-file
 */
export function workerPodTemplate(
    instance: string,
    settings: AirflowSettings,
    patches: readonly PodTemplatePatch[] = [],
): k8s.types.input.core.v1.Pod {
    const { workers, airflow } = settings;
    const ours = {
        metadata: { labels: selectorLabels(instance, "worker"), annotations: doNotDisrupt },
        spec: airflowPodSpec({
            serviceAccount: names.worker,
            serviceAccountToken: tasksUseKubernetes(workers),
            imagePullSecrets: airflow.imagePullSecrets,
            mounts: [...dagsMounts(settings), logsMount(settings.storage.claims)],
            // Up to its limit of disk a task may write wherever its user may.
            readOnlyRootFilesystem: false,
            temporarySizeLimit: workers.resources.limits["ephemeral-storage"],
            pod: { restartPolicy: "Never", terminationGracePeriodSeconds: 30 },
            container: {
                name: "base",
                image: airflow.image,
                ...userEnvironment(plainEnvironment(workerEnvironment(settings)), airflow, workers.env),
                resources: workers.resources,
            },
        }),
    };
    const { metadata, spec } = mergePodTemplate(ours, [airflow.podTemplate, workers.podTemplate, ...patches]);
    return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: names.worker }, spec };
}
