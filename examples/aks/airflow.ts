import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes, DagDelivery, Hosting, StorageKind } from "airflow-kubernetes";

/**
 * What Airflow is given of the cloud: outputs of resources, of which a first preview knows none. cloud.ts makes them; this file
 * needs no more of Azure than these types, so it can be checked without its SDK.
 */
export interface Cloud {
    /** Of the AKS cluster. */
    readonly kubeconfig: pulumi.Input<string>;
    /** Image in the container registry, with a tag or digest. */
    readonly image: pulumi.Input<string>;
    readonly database: { readonly host: pulumi.Input<string>; readonly password: pulumi.Input<string> };
    /** Opens the connections and variables in the database. Who loses it loses those. */
    readonly fernetKey: pulumi.Input<string>;
    /** Name of a premium storage account with the NFS shares `airflow-dags` and `airflow-logs`, whose root squash is off. */
    readonly storageAccount: pulumi.Input<string>;
    /** Client id of the managed identity that tasks act as. */
    readonly clientId: pulumi.Input<string>;
}

/** Airflow on a cluster of AKS. */
export function airflowOn(cloud: Cloud): AirflowKubernetes {
    const provider = new k8s.Provider("aks", { kubeconfig: cloud.kubeconfig });
    return new AirflowKubernetes(
        "airflow",
        {
            hosting: Hosting.ReadWriteMany,
            airflow: { image: cloud.image, fernetKey: cloud.fernetKey },
            dags: { delivery: DagDelivery.Image },
            database: { external: { host: cloud.database.host }, password: cloud.database.password },
            storage: {
                kind: StorageKind.Csi,
                csi: {
                    driver: "file.csi.azure.com",
                    volumeHandle: "airflow-{volume}-{namespace}",
                    volumeAttributes: {
                        storageAccount: cloud.storageAccount,
                        shareName: "airflow-{volume}",
                        protocol: "nfs",
                    },
                },
            },
            serviceAccounts: {
                worker: { annotations: { "azure.workload.identity/client-id": cloud.clientId } },
            },
            // By this label Azure's webhook knows the pods that get a token of the identity.
            workers: { podTemplate: { metadata: { labels: { "azure.workload.identity/use": "true" } } } },
        },
        { provider },
    );
}
