import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedWithData } from "../kubernetes/replacement";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";

/** Files of the extension, as Python finds them below one folder. */
const files = [
    "airflow_kubernetes/__init__.py",
    "airflow_kubernetes/ended_pods.py",
    "airflow_kubernetes/executor.py",
    "airflow_kubernetes/guarded.py",
    "airflow_kubernetes/heartbeat.py",
    "airflow_kubernetes/keys.py",
    "airflow_kubernetes/limits.py",
    "airflow_kubernetes/lookups.py",
    "airflow_kubernetes/passwords.py",
    "airflow_kubernetes/patient.py",
    "airflow_kubernetes/pod_executor.py",
    "airflow_kubernetes/policies.py",
    "airflow_kubernetes/reasons.py",
    "airflow_kubernetes/task_log.py",
    "airflow_kubernetes/uploads.py",
    "airflow_kubernetes.dist-info/METADATA",
    "airflow_kubernetes.dist-info/entry_points.txt",
];

/** Arguments of {@link Extension}. */
export interface ExtensionArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
}

/**
 * Python that the component adds to Airflow's processes: a KubernetesExecutor that no DAG can stop, cluster policies, a start that
 * waits for the database, trust in two keys while they are rotated, and the check of a heartbeat.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
 */
export class Extension extends pulumi.ComponentResource {
    /** Where a process finds it. */
    public readonly mount: Mount;

    /** @param name The unique name of this component. */
    constructor(name: string, args: ExtensionArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Extension", name, {}, opts);

        // Named by the provider: changed files are a new ConfigMap, which rolls the processes.
        const configMap = new k8s.core.v1.ConfigMap(
            `${name}-python`,
            {
                metadata: {
                    namespace: args.namespace.metadata.name,
                    labels: objectLabels(args.instance, "extension"),
                },
                data: Object.fromEntries(
                    files.map((path) => [key(path), readFileSync(join(__dirname, "python", path), "utf8")]),
                ),
            },
            { parent: this, ...replacedWithData },
        );

        this.mount = {
            volume: {
                name: "extension",
                configMap: {
                    name: configMap.metadata.name,
                    items: files.map((path) => ({ key: key(path), path })),
                },
            },
            mount: { name: "extension", mountPath: paths.extension, readOnly: true },
        };
        this.registerOutputs({});
    }
}

/** A key of a ConfigMap has no slash. */
function key(path: string): string {
    return path.replace("/", ".");
}
