import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes, DagDelivery, Hosting, StorageKind } from "airflow-kubernetes";

/**
 * What Airflow is given of the cloud: outputs of resources, of which a first preview knows none. cloud.ts makes them; this file
 * needs no more of Google Cloud than these types, so it can be checked without its SDK.
 */
export interface Cloud {
    /** Of the GKE cluster. */
    readonly kubeconfig: pulumi.Input<string>;
    /** Image in Artifact Registry, with a tag or digest. */
    readonly image: pulumi.Input<string>;
    readonly database: { readonly host: pulumi.Input<string>; readonly password: pulumi.Input<string> };
    /** Opens the connections and variables in the database. Who loses it loses those. */
    readonly fernetKey: pulumi.Input<string>;
    /** Network in which Filestore makes its instances. */
    readonly network: pulumi.Input<string>;
    /** Google service account that tasks act as. */
    readonly serviceAccountEmail: pulumi.Input<string>;
}

/** Airflow on a cluster of GKE. */
export function airflowOn(cloud: Cloud): AirflowKubernetes {
    const provider = new k8s.Provider("gke", { kubeconfig: cloud.kubeconfig });

    // Shares of one Filestore instance.
    const storageClass = new k8s.storage.v1.StorageClass(
        "airflow-filestore",
        {
            metadata: { name: "airflow-filestore" },
            provisioner: "filestore.csi.storage.gke.io",
            parameters: { tier: "enterprise", multishare: "true", "max-volume-size": "128Gi", network: cloud.network },
            allowVolumeExpansion: true,
        },
        { provider },
    );

    return new AirflowKubernetes(
        "airflow",
        {
            hosting: Hosting.ReadWriteMany,
            airflow: { image: cloud.image, fernetKey: cloud.fernetKey },
            dags: { delivery: DagDelivery.Image },
            database: { external: { host: cloud.database.host }, password: cloud.database.password },
            // A share has 10 GiB at the least.
            storage: {
                kind: StorageKind.StorageClass,
                storageClass: storageClass.metadata.name,
                dagsSize: "10Gi",
                logsSize: "100Gi",
            },
            serviceAccounts: {
                worker: { annotations: { "iam.gke.io/gcp-service-account": cloud.serviceAccountEmail } },
            },
        },
        { provider },
    );
}
