import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { tasksUseKubernetes } from "../access/podRules";
import { dagsMounts } from "../dags/dagsMounts";
import { objectLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { replacedWithData } from "../kubernetes/replacement";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount, type Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import { replacedUnready } from "../pods/placement";
import { sharesVolumes } from "../settings/storageSettings";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";
import { heartbeat } from "./heartbeat";
import { keptLogs, removingOldLogs } from "./oldLogs";

/**
 * The triggerer, which waits on behalf of deferred tasks. It is a StatefulSet for its stable host name only: the api-server
 * reads the log of a deferred task from it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/deferring.html
 */
export class Triggerer extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Triggerer", name, {}, opts);

        const { logs, storage } = args.settings;
        const usesKubernetes = tasksUseKubernetes(args.settings.workers);
        const workload = airflowWorkload({
            ...args,
            command: "triggerer",
            ...(!sharesVolumes(args.settings) && {
                args: (start) => removingOldLogs(paths.logs, keptLogs(logs), start),
            }),
            endsWithoutDatabase: true,
            loadsPlugins: true,
            objectName: names.triggerer,
            account: "triggerer",
            process: args.settings.triggerer,
            secrets: ["databaseConnection", "fernetKey", "apiSecretKey", "logsConnection"],
            mounts: [
                ...dagsMounts(args.settings),
                logsMount(storage),
                ...(usesKubernetes ? [this.kubeconfig(name, args)] : []),
            ],
            // Where tasks may create pods and Jobs, it follows those of deferred tasks.
            serviceAccountToken: usesKubernetes,
            environment: usesKubernetes ? { KUBECONFIG: `${paths.kubeconfig}/config` } : {},
            port: { name: "logs", containerPort: ports.triggererLogs },
            terminationGracePeriodSeconds: 30,
            health: heartbeat("TriggererJob"),
        });
        const { metadata, replicas, selector, template } = workload;
        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: {
                    clusterIP: "None",
                    selector: selector.matchLabels,
                    ports: [{ name: "logs", port: ports.triggererLogs, targetPort: "logs" }],
                },
            },
            { parent: this },
        );
        new k8s.apps.v1.StatefulSet(
            `${name}-stateful-set`,
            {
                metadata,
                spec: {
                    serviceName: names.triggerer,
                    ...replacedUnready,
                    replicas,
                    selector,
                    template,
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        disruptionBudget(name, workload, this);

        this.registerOutputs({});
    }

    /**
     * A kubeconfig of the pod's own cluster. A task finds that cluster by itself where neither its operator nor a connection
     * names one; the same operator, deferred, looks for a file.
     */
    private kubeconfig(name: string, { instance, namespace, settings }: AirflowProcessArgs): Mount {
        const config = new k8s.core.v1.ConfigMap(
            `${name}-kubeconfig`,
            {
                metadata: { namespace: namespace.metadata.name, labels: objectLabels(instance, "triggerer") },
                data: { config: JSON.stringify(inClusterConfig(settings.namespaces.workers)) },
            },
            { parent: this, ...replacedWithData },
        );
        return {
            volume: { name: "kubeconfig", configMap: { name: config.metadata.name } },
            mount: { name: "kubeconfig", mountPath: paths.kubeconfig, readOnly: true },
        };
    }
}

/** A kubeconfig of the cluster around a pod, with the token of its ServiceAccount. JSON is YAML. */
function inClusterConfig(namespace: string): object {
    const account = "/var/run/secrets/kubernetes.io/serviceaccount";
    const name = "in-cluster";
    return {
        apiVersion: "v1",
        kind: "Config",
        "current-context": name,
        clusters: [
            {
                name,
                cluster: { server: "https://kubernetes.default.svc", "certificate-authority": `${account}/ca.crt` },
            },
        ],
        users: [{ name, user: { tokenFile: `${account}/token` } }],
        contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    };
}
