import type * as k8s from "@pulumi/kubernetes";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { dagsMounts } from "../dags/dagsMounts";
import { doNotDisrupt } from "../kubernetes/annotations";
import { selectorLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { containerResources } from "../kubernetes/resources";
import { airflowPodSpec, logsMount } from "./airflowPod";
import { plainEnvironment, withUserEnvironment, workerEnvironment } from "./environment";

/**
 * The pod that a task runs in. It has no secret of Airflow's: what a task needs of connections and variables it asks the
 * Execution API for, with a token that is good for this task only.
 *
 * The executor names the pod and gives its container, which has to be called `base`, the command.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html#pod-template-file
 */
export function workerPodTemplate(instance: string, settings: AirflowSettings): k8s.types.input.core.v1.Pod {
    const { workers, airflow } = settings;
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: names.worker,
            labels: { ...workers.labels, ...selectorLabels(instance, "worker") },
            annotations: { ...doNotDisrupt, ...workers.annotations },
        },
        spec: airflowPodSpec({
            serviceAccount: names.worker,
            serviceAccountToken: workers.kubernetesPodOperator,
            imagePullSecrets: airflow.imagePullSecrets,
            placement: workers.placement,
            mounts: [...dagsMounts(settings), logsMount(settings.storage.claims)],
            readOnlyRootFilesystem: workers.readOnlyRootFilesystem,
            temporarySizeLimit: workers.resources.ephemeralStorageLimit,
            pod: {
                restartPolicy: "Never",
                terminationGracePeriodSeconds: workers.terminationGracePeriodSeconds,
            },
            container: {
                name: "base",
                image: airflow.image,
                env: withUserEnvironment(plainEnvironment(workerEnvironment(settings)), workers.env),
                resources: containerResources(workers.resources),
            },
        }),
    };
}
