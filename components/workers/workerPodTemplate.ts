import type * as k8s from "@pulumi/kubernetes";
import { tasksUseKubernetes } from "../access/podRules";
import { workerEnvironment } from "../airflow/environment";
import { dagsMounts } from "../dags/dagsMounts";
import { doNotDisrupt } from "../kubernetes/annotations";
import { wholeNames } from "../kubernetes/dns";
import { selectorLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { metricsSecrets } from "../monitoring/metricsEnvironment";
import { airflowPodSpec, logsMount, type Mount } from "../pods/airflowPod";
import { plainEnvironment, userEnvironment } from "../pods/environment";
import { mergePodTemplate } from "../pods/podTemplate";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { accountName } from "../settings/serviceAccountsSettings";

/**
 * The pod that a task runs in. It has no secret of Airflow's: what a task needs of connections and variables it asks the
 * Execution API for, with a token that is good for this task only.
 *
 * The executor names the pod and gives its container, which has to be called `base`, the command.
 *
 * @param mounts Further files that tasks read.
 * @param patches What is merged onto it beside what all tasks have.
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html#pod-template-file
 */
export function workerPodTemplate(
    instance: string,
    settings: AirflowSettings,
    mounts: readonly Mount[] = [],
    patches: readonly PodTemplatePatch[] = [],
): k8s.types.input.core.v1.Pod {
    const { workers, airflow } = settings;
    const ours = {
        metadata: { labels: selectorLabels(instance, "worker"), annotations: doNotDisrupt },
        spec: airflowPodSpec({
            serviceAccount: accountName(settings.serviceAccounts, "worker"),
            serviceAccountToken: tasksUseKubernetes(workers),
            imagePullSecrets: airflow.imagePullSecrets,
            podUser: airflow.podUser,
            mounts: [
                ...dagsMounts(settings, settings.storage.workerClaims),
                logsMount(settings.storage, settings.storage.workerClaims),
                ...mounts,
            ],
            // A task may write wherever its user may, up to its limit of disk.
            readOnlyRootFilesystem: false,
            temporarySizeLimit: workers.resources.limits["ephemeral-storage"],
            pod: { ...wholeNames, restartPolicy: "Never", terminationGracePeriodSeconds: 30 },
            container: {
                name: "base",
                image: airflow.image,
                ...userEnvironment(
                    [...plainEnvironment(workerEnvironment(settings)), ...metricsSecrets(settings)],
                    airflow,
                    workers.env,
                ),
                resources: workers.resources,
            },
        }),
    };
    const { metadata, spec } = mergePodTemplate(ours, [airflow.podTemplate, workers.podTemplate, ...patches]);
    return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: names.worker }, spec };
}
