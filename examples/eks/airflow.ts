import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes, DagDelivery, Hosting, StorageKind } from "airflow-kubernetes";

/**
 * What Airflow is given of the cloud: outputs of resources, of which a first preview knows none. cloud.ts makes them; this file
 * needs no more of AWS than these types, so it can be checked without its SDK.
 */
export interface Cloud {
    /** Of the EKS cluster. */
    readonly kubeconfig: pulumi.Input<string>;
    /** Image in ECR, with a tag or digest. */
    readonly image: pulumi.Input<string>;
    readonly database: {
        readonly host: pulumi.Input<string>;
        readonly port: pulumi.Input<number>;
        readonly password: pulumi.Input<string>;
    };
    /** Opens the connections and variables in the database. Who loses it loses those. */
    readonly fernetKey: pulumi.Input<string>;
    /** EFS file system that all nodes reach. */
    readonly fileSystemId: pulumi.Input<string>;
    readonly logs: { readonly bucket: pulumi.Input<string>; readonly region: pulumi.Input<string> };
    /** IAM role that may read and write the bucket, and what else tasks use. */
    readonly roleArn: pulumi.Input<string>;
}

/** Airflow on a cluster of EKS. */
export function airflowOn(cloud: Cloud): AirflowKubernetes {
    const provider = new k8s.Provider("eks", { kubeconfig: cloud.kubeconfig });

    // Each volume of this class is an access point of the file system, whose files belong to Airflow's user.
    const storageClass = new k8s.storage.v1.StorageClass(
        "airflow-efs",
        {
            metadata: { name: "airflow-efs" },
            provisioner: "efs.csi.aws.com",
            parameters: {
                provisioningMode: "efs-ap",
                fileSystemId: cloud.fileSystemId,
                directoryPerms: "775",
                uid: "50000",
                gid: "0",
            },
        },
        { provider },
    );

    const role = { annotations: { "eks.amazonaws.com/role-arn": cloud.roleArn } };
    return new AirflowKubernetes(
        "airflow",
        {
            hosting: Hosting.ReadWriteMany,
            airflow: { image: cloud.image, fernetKey: cloud.fernetKey },
            dags: { delivery: DagDelivery.Image },
            database: {
                external: { host: cloud.database.host, port: cloud.database.port },
                password: cloud.database.password,
            },
            storage: {
                kind: StorageKind.StorageClass,
                storageClass: storageClass.metadata.name,
                fixPermissions: false,
            },
            logs: {
                remote: { url: pulumi.interpolate`s3://${cloud.logs.bucket}/airflow`, region: cloud.logs.region },
            },
            // Tasks write their logs to the bucket, the api-server reads them, and the triggerer writes those of deferred tasks.
            serviceAccounts: { worker: role, apiServer: role, triggerer: role },
        },
        { provider },
    );
}
