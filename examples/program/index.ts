import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes } from "airflow-kubernetes";

const config = new pulumi.Config();
const host = config.require("host");
const provider = new k8s.Provider("cluster", { context: config.require("context") });

const airflow = new AirflowKubernetes(
    "airflow",
    {
        airflow: { url: `https://${host}` },
        dags: { volume: { folder: "dags" } },
    },
    { provider },
);

// Resources of the program's own are given outputs of the component, and so come after what they need of it.
new k8s.networking.v1.Ingress(
    "airflow",
    {
        metadata: { namespace: airflow.apiServerService.namespace },
        spec: {
            rules: [
                {
                    host,
                    http: {
                        paths: [
                            {
                                path: "/",
                                pathType: "Prefix",
                                backend: {
                                    service: {
                                        name: airflow.apiServerService.name,
                                        port: { number: airflow.apiServerService.port },
                                    },
                                },
                            },
                        ],
                    },
                },
            ],
        },
    },
    { provider },
);

// Tasks may read this namespace's ConfigMaps, beside what the component allows them.
new k8s.rbac.v1.RoleBinding(
    "tasks-view",
    {
        metadata: { namespace: airflow.namespaces.workers },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
        subjects: [
            { kind: "ServiceAccount", name: airflow.serviceAccounts.worker, namespace: airflow.namespaces.workers },
        ],
    },
    { provider },
);

/** Address of the UI. */
export const url = airflow.url;
/** Password of the user `admin`. */
export const adminPassword = airflow.adminPassword;
