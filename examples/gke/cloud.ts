import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serviceAccountNames } from "airflow-kubernetes";
import type { Cloud } from "./airflow";

const config = new pulumi.Config();
const project = new pulumi.Config("gcp").require("project");
const region = new pulumi.Config("gcp").require("region");

// The cluster is there, with Workload Identity, the Filestore driver, and private services access in its network.
const cluster = gcp.container.getClusterOutput({ name: config.require("cluster"), location: region });
const network = cluster.network.apply((path) => path.split("/").at(-1) ?? "default");

const databasePassword = new random.RandomPassword("database", { length: 32, special: false });
const fernetKey = new random.RandomBytes("fernet-key", { length: 32 }, { protect: true });

const instance = new gcp.sql.DatabaseInstance("airflow", {
    databaseVersion: "POSTGRES_17",
    settings: {
        edition: "ENTERPRISE",
        tier: "db-custom-1-3840",
        ipConfiguration: {
            ipv4Enabled: false,
            privateNetwork: pulumi.interpolate`projects/${project}/global/networks/${network}`,
        },
        backupConfiguration: { enabled: true },
    },
});
new gcp.sql.Database("airflow", { instance: instance.name, name: "airflow" });
const user = new gcp.sql.User("airflow", {
    instance: instance.name,
    name: "airflow",
    password: databasePassword.result,
});

// Tasks act as this account; the namespace and the ServiceAccount of the component are known before it is made.
const account = new gcp.serviceaccount.Account("airflow", { accountId: "airflow-tasks" });
new gcp.serviceaccount.IAMMember("airflow-tasks", {
    serviceAccountId: account.name,
    role: "roles/iam.workloadIdentityUser",
    member: `serviceAccount:${project}.svc.id.goog[airflow-workers/${serviceAccountNames.worker}]`,
});

/** What Airflow is given. */
export const cloud: Cloud = {
    kubeconfig: pulumi.jsonStringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name: "gke",
                cluster: {
                    server: pulumi.interpolate`https://${cluster.endpoint}`,
                    "certificate-authority-data": cluster.masterAuths[0].clusterCaCertificate,
                },
            },
        ],
        users: [
            {
                name: "gke",
                user: {
                    exec: {
                        apiVersion: "client.authentication.k8s.io/v1beta1",
                        command: "gke-gcloud-auth-plugin",
                        provideClusterInfo: true,
                    },
                },
            },
        ],
        contexts: [{ name: "gke", context: { cluster: "gke", user: "gke" } }],
        "current-context": "gke",
    }),
    image: config.require("image"),
    // The password is known when the user has it.
    database: {
        host: instance.privateIpAddress,
        password: pulumi.all([databasePassword.result, user.id]).apply(([password]) => password),
    },
    fernetKey: fernetKey.base64.apply((base64) => base64.replaceAll("+", "-").replaceAll("/", "_")),
    network,
    serviceAccountEmail: account.email,
};
