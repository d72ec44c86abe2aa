import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serviceAccountNames } from "airflow-kubernetes";
import type { Cloud } from "./airflow";

const config = new pulumi.Config();
const region = new pulumi.Config("aws").require("region");

// The cluster is there, with an OIDC provider in IAM and the driver efs.csi.aws.com.
const cluster = aws.eks.getClusterOutput({ name: config.require("cluster") });
const { vpcId, subnetIds, clusterSecurityGroupId } = cluster.vpcConfig;

const databasePassword = new random.RandomPassword("database", { length: 32, special: false });
const fernetKey = new random.RandomBytes("fernet-key", { length: 32 }, { protect: true });

const group = new aws.ec2.SecurityGroup("airflow", {
    vpcId,
    ingress: [5432, 2049].map((port) => ({
        protocol: "tcp",
        fromPort: port,
        toPort: port,
        securityGroups: [clusterSecurityGroupId],
    })),
});

const database = new aws.rds.Instance("airflow", {
    engine: "postgres",
    engineVersion: "17",
    instanceClass: "db.t4g.small",
    allocatedStorage: 20,
    storageEncrypted: true,
    dbName: "airflow",
    username: "airflow",
    password: databasePassword.result,
    dbSubnetGroupName: new aws.rds.SubnetGroup("airflow", { subnetIds }).name,
    vpcSecurityGroupIds: [group.id],
    backupRetentionPeriod: 7,
    deletionProtection: true,
    finalSnapshotIdentifier: "airflow-final",
});

const fileSystem = new aws.efs.FileSystem("airflow", { encrypted: true }, { protect: true });
subnetIds.apply((ids) =>
    ids.map(
        (subnetId) =>
            new aws.efs.MountTarget(`airflow-${subnetId}`, {
                fileSystemId: fileSystem.id,
                subnetId,
                securityGroups: [group.id],
            }),
    ),
);

const bucket = new aws.s3.Bucket("airflow-logs");

// The namespaces and ServiceAccounts of the component, which are known before it is made.
const issuer = cluster.identities[0].oidcs[0].issuer.apply((url) => url.replace("https://", ""));
const subjects = [
    `system:serviceaccount:airflow-workers:${serviceAccountNames.worker}`,
    `system:serviceaccount:airflow:${serviceAccountNames.apiServer}`,
    `system:serviceaccount:airflow:${serviceAccountNames.triggerer}`,
];
const role = new aws.iam.Role("airflow", {
    assumeRolePolicy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Action: "sts:AssumeRoleWithWebIdentity",
                Principal: {
                    Federated: pulumi.interpolate`arn:aws:iam::${aws.getCallerIdentityOutput().accountId}:oidc-provider/${issuer}`,
                },
                Condition: {
                    StringEquals: issuer.apply((host) => ({
                        [`${host}:sub`]: subjects,
                        [`${host}:aud`]: "sts.amazonaws.com",
                    })),
                },
            },
        ],
    }),
});
new aws.iam.RolePolicy("airflow-logs", {
    role: role.id,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            { Effect: "Allow", Action: ["s3:ListBucket"], Resource: bucket.arn },
            {
                Effect: "Allow",
                Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                Resource: pulumi.interpolate`${bucket.arn}/*`,
            },
        ],
    }),
});

const exec = {
    apiVersion: "client.authentication.k8s.io/v1beta1",
    command: "aws",
    args: ["eks", "get-token", "--cluster-name", cluster.name, "--region", region],
};

/** What Airflow is given. */
export const cloud: Cloud = {
    kubeconfig: pulumi.jsonStringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name: "eks",
                cluster: {
                    server: cluster.endpoint,
                    "certificate-authority-data": cluster.certificateAuthorities[0].data,
                },
            },
        ],
        users: [{ name: "eks", user: { exec } }],
        contexts: [{ name: "eks", context: { cluster: "eks", user: "eks" } }],
        "current-context": "eks",
    }),
    image: config.require("image"),
    database: { host: database.address, port: database.port, password: databasePassword.result },
    fernetKey: fernetKey.base64.apply((base64) => base64.replaceAll("+", "-").replaceAll("/", "_")),
    fileSystemId: fileSystem.id,
    logs: { bucket: bucket.bucket, region },
    roleArn: role.arn,
};
