import * as azure from "@pulumi/azure";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serviceAccountNames } from "airflow-kubernetes";
import type { Cloud } from "./airflow";

const config = new pulumi.Config();
const location = config.require("location");
const storageAccount = config.require("storageAccount");

// The cluster is there, with the OIDC issuer and workload identity turned on, and so is the subnet of its nodes.
const cluster = azure.containerservice.getKubernetesClusterOutput({
    name: config.require("cluster"),
    resourceGroupName: config.require("clusterResourceGroup"),
});
const subnet = config.require("subnetId");

const { name: resourceGroupName } = new azure.core.ResourceGroup("airflow", { location });
const databasePassword = new random.RandomPassword("database", { length: 32, special: false });
const fernetKey = new random.RandomBytes("fernet-key", { length: 32 }, { protect: true });

const server = new azure.postgresql.FlexibleServer("airflow", {
    resourceGroupName,
    location,
    version: "17",
    skuName: "B_Standard_B2s",
    storageMb: 32_768,
    administratorLogin: "airflow",
    administratorPassword: databasePassword.result,
});
const database = new azure.postgresql.FlexibleServerDatabase("airflow", { name: "airflow", serverId: server.id });
// These addresses stand for all that runs in Azure, which then only the password keeps off; a server with a delegated subnet is
// reached from that network alone.
new azure.postgresql.FlexibleServerFirewallRule("azure", {
    serverId: server.id,
    startIpAddress: "0.0.0.0",
    endIpAddress: "0.0.0.0",
});

// Only a premium account of this kind has shares with NFS, which is not encrypted on its way and asks for no password: the
// subnet of the nodes alone is let in.
const account = new azure.storage.Account(
    "airflow",
    {
        name: storageAccount,
        resourceGroupName,
        location,
        accountKind: "FileStorage",
        accountTier: "Premium",
        accountReplicationType: "LRS",
        httpsTrafficOnlyEnabled: false,
        networkRules: { defaultAction: "Deny", virtualNetworkSubnetIds: [subnet] },
    },
    { protect: true },
);
for (const noun of ["dags", "logs"]) {
    new azure.storage.Share(`airflow-${noun}`, {
        name: `airflow-${noun}`,
        storageAccountId: account.id,
        enabledProtocol: "NFS",
        quota: 100,
    });
}

// Tasks act as this identity; the namespace and the ServiceAccount of the component are known before it is made.
const identity = new azure.authorization.UserAssignedIdentity("airflow", { resourceGroupName, location });
new azure.armmsi.FederatedIdentityCredential("airflow", {
    parentId: identity.id,
    resourceGroupName,
    audience: "api://AzureADTokenExchange",
    issuer: cluster.oidcIssuerUrl,
    subject: `system:serviceaccount:airflow-workers:${serviceAccountNames.worker}`,
});

/** What Airflow is given. */
export const cloud: Cloud = {
    kubeconfig: cluster.kubeConfigRaw,
    image: config.require("image"),
    // The address is known when the database is there.
    database: {
        host: pulumi.all([server.fqdn, database.id]).apply(([fqdn]) => fqdn),
        password: databasePassword.result,
    },
    fernetKey: fernetKey.base64.apply((base64) => base64.replaceAll("+", "-").replaceAll("/", "_")),
    storageAccount: account.name,
    clientId: identity.clientId,
};
