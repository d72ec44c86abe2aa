import { expect } from "chai";
import { type AirflowKubernetesArgs, Hosting } from "../../../components/settings/airflowKubernetesArgs";
import { DagBundleKind, DagDelivery } from "../../../components/settings/dagsArgs";
import type { StorageArgs } from "../../../components/settings/storageArgs";
import { StorageKind } from "../../../components/settings/storageArgs";
import { problemsMessage } from "../../../components/validation/problems";
import { readArgs } from "../../../config";
import { validate } from "../../support/exampleDags";

const hosted = (storage: StorageArgs, rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs => ({
    ...rest,
    hosting: Hosting.ReadWriteMany,
    storage: { ...storage, nfsServer: { image: "registry.example.com/nfs-ganesha:4.3", ...storage.nfsServer } },
});
const nfs = (server: string, path: string) => hosted({ kind: StorageKind.Nfs, nfs: { server, path } });
const csi = (volumeHandle: string, volumeAttributes?: Record<string, string>) =>
    hosted({ kind: StorageKind.Csi, csi: { driver: "efs.csi.aws.com", volumeHandle, volumeAttributes } });
const external = (args: object, password: string | undefined = "a password") => ({
    database: { password, external: { host: "db.example.org", ...args } },
});
const claim = { namespace: "kept", name: "airflow-database" };
const remote = (args: object) => ({ logs: { remote: { url: "s3://bucket/logs", ...args } } });
const gcs = (args: object) => ({ logs: { remote: { gcs: { url: "gs://bucket/logs", ...args } } } });
const azure = (args: object) => ({
    logs: {
        remote: {
            azureBlob: { accountUrl: "https://logs1.blob.core.windows.net", container: "airflow-logs", ...args },
        },
    },
});
const arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/airflow/tasks";
const cloudWatch = (args: object) => ({ logs: { remote: { cloudWatch: { logGroupArn: arn, ...args } } } });
const serviceAccountKey = JSON.stringify({ client_email: "a@b", private_key: "hidden", token_uri: "https://a" });
const git = { repository: "https://git.example.org/dags.git" };
const nothingShared = (rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs => ({
    storage: { kind: StorageKind.None },
    dags: { delivery: DagDelivery.GitBundle, git },
    ...remote({}),
    ...rest,
});

interface Case {
    readonly args: AirflowKubernetesArgs;
    readonly path: string;
    readonly says?: RegExp;
}

/** One fault each. */
const broken: Record<string, Case> = {
    "the kind nfs without its settings": {
        args: hosted({ kind: StorageKind.Nfs }),
        path: "storage.nfs",
        says: /which storage\.kind nfs needs/,
    },
    "the kind nfsServer without an image: no public one is maintained": {
        args: { hosting: Hosting.ReadWriteMany },
        path: "storage.nfsServer.image",
        says: /images\/nfs-ganesha builds .* one command/,
    },
    "no clients at all": {
        args: hosted({ nfsServer: { clients: [] } }),
        path: "storage.nfsServer.clients",
        says: /or nothing at all/,
    },
    "a client by its name": {
        args: hosted({ nfsServer: { clients: ["node-1"] } }),
        path: "storage.nfsServer.clients[0]",
    },
    "a range that is longer than an address": {
        args: hosted({ nfsServer: { clients: ["10.0.0.0/24", "10.0.0.0/33"] } }),
        path: "storage.nfsServer.clients[1]",
    },
    "the kind csi without its settings": { args: hosted({ kind: StorageKind.Csi }), path: "storage.csi" },
    "the kind storageClass without a class": {
        args: hosted({ kind: StorageKind.StorageClass }),
        path: "storage.storageClass",
    },
    "settings of another kind": {
        args: hosted({ nfs: { server: "10.0.0.5", path: "/srv" } }),
        path: "storage.nfs",
        says: /nothing with storage\.kind nfsServer: it is a setting of nfs/,
    },
    "settings of a kind that the hosting does not use": {
        args: { storage: { nfs: { server: "10.0.0.5", path: "/srv" } } },
        path: "storage.nfs",
        says: /hosting minikube.*\n.*Set hosting to readWriteMany/,
    },
    "a URL for an NFS server": { args: nfs("nfs://10.0.0.5", "/srv"), path: "storage.nfs.server" },
    "an NFS server with its path": { args: nfs("10.0.0.5:/srv", "/srv"), path: "storage.nfs.server" },
    "a relative NFS path": { args: nfs("10.0.0.5", "srv"), path: "storage.nfs.path" },
    "an NFS path that climbs": { args: nfs("10.0.0.5", "/srv/../etc"), path: "storage.nfs.path" },
    "a CSI volume that DAGs and logs would share": {
        args: csi("fs-1:/airflow"),
        path: "storage.csi.volumeHandle",
        says: /\{volume\}.*would share a directory/,
    },
    "a placeholder that is none": {
        args: csi("fs-1:/{volume}/{stack}"),
        path: "storage.csi.volumeHandle",
        says: /\{stack\} is neither/,
    },
    "a placeholder that is none, in an attribute": {
        args: csi("fs-1:/{volume}", { share: "{name}" }),
        path: "storage.csi.volumeAttributes.share",
    },
    "two mount options in one": { args: hosted({ mountOptions: ["hard,noatime"] }), path: "storage.mountOptions[0]" },
    "a mount option with a space": { args: hosted({ mountOptions: ["hard", "a b"] }), path: "storage.mountOptions[1]" },
    "an NFS server's image without a tag": {
        args: hosted({ nfsServer: { image: "ganesha" } }),
        path: "storage.nfsServer.image",
    },
    "a disk that is smaller than what lies on it": {
        args: hosted({ dagsSize: "5Gi", logsSize: "5Gi", nfsServer: { size: "9Gi" } }),
        path: "storage.nfsServer.size",
        says: /together, which is 10Gi/,
    },
    "an existing claim in a namespace that destroy removes": {
        args: hosted({ nfsServer: { existingClaim: { namespace: "airflow", name: "disk" } } }),
        path: "storage.nfsServer.existingClaim.namespace",
        says: /this one is namespaces\.airflow/,
    },
    "an existing claim for another kind": {
        args: hosted({ kind: StorageKind.StorageClass, storageClass: "s", nfsServer: { existingClaim: claim } }),
        path: "storage.nfsServer.existingClaim",
    },
    "an existing namespace for another kind": {
        args: hosted({ existingNamespace: "kept" }),
        path: "storage.existingNamespace",
    },
    "an existing database without retain": {
        args: hosted({}, { database: { existingClaim: claim } }),
        path: "database.existingClaim",
        says: /database\.retain true/,
    },
    "an existing database on a cluster of one node": {
        args: { database: { existingClaim: claim, retain: true } },
        path: "database.existingClaim",
    },
    "a class for a database in a directory of the node": {
        args: { database: { retain: true, storageClass: "fast" } },
        path: "database.storageClass",
    },
    "an external database without a password": {
        args: { database: { external: { host: "db" } } },
        path: "database.password",
        says: /Set database\.password\./,
    },
    "an external database with an empty password": { args: external({}, ""), path: "database.password" },
    "a URL for a database host": {
        args: external({ host: "postgresql://db/airflow" }),
        path: "database.external.host",
    },
    "a database port that is none": { args: external({ port: 0 }), path: "database.external.port" },
    "a database without a name": { args: external({ name: "" }), path: "database.external.name" },
    "a mode of encryption that is none": {
        args: external({ sslMode: "on" }),
        path: "database.external.sslMode",
        says: /disable, allow, prefer, require, verify-ca, verify-full/,
    },
    "a parameter that has a setting": {
        args: external({ parameters: { sslmode: "disable" } }),
        path: "database.external.parameters.sslmode",
        says: /Set database\.external\.sslMode/,
    },
    "an external database that is retained": {
        args: { database: { ...external({}).database, retain: true } },
        path: "database.retain",
    },
    "an age of logs below zero": { args: { logs: { retentionDays: -1 } }, path: "logs.retentionDays" },
    "more logs than the volume holds": {
        args: { storage: { logsSize: "1Gi" }, logs: { maximumSize: "2Gi" } },
        path: "logs.maximumSize",
        says: /storage\.logsSize, which is 1Gi/,
    },
    "a schedule of four fields": { args: { logs: { cleanupSchedule: "17 * * *" } }, path: "logs.cleanupSchedule" },
    "a bucket that is none": { args: remote({ url: "bucket/logs" }), path: "logs.remote.url" },
    "an endpoint without protocol": { args: remote({ endpointUrl: "minio:9000" }), path: "logs.remote.endpointUrl" },
    "an access key without its secret": {
        args: remote({ accessKeyId: "key" }),
        path: "logs.remote.secretAccessKey",
        says: /Set logs\.remote\.secretAccessKey\./,
    },
    "a place of logs that is none": {
        args: { logs: { remote: {} } },
        path: "logs.remote",
        says: /url .*gcs.*azureBlob/,
    },
    "two places of logs": {
        args: { logs: { remote: { ...gcs({}).logs.remote, ...cloudWatch({}).logs.remote } } },
        path: "logs.remote",
        says: /\["gcs","cloudWatch"\]/,
    },
    "a setting of a bucket without one": {
        args: { logs: { remote: { ...gcs({}).logs.remote, region: "eu-west-1" } } },
        path: "logs.remote.region",
        says: /nothing without logs\.remote\.url/,
    },
    "a bucket of another cloud": { args: gcs({ url: "s3://bucket" }), path: "logs.remote.gcs.url" },
    "a project that is none": { args: gcs({ project: "My Project" }), path: "logs.remote.gcs.project" },
    "a key of a service account that is none": { args: gcs({ key: "secret" }), path: "logs.remote.gcs.key" },
    "a key of a service account twice": {
        args: gcs({ key: serviceAccountKey, keySecret: { name: "kept", key: "key" } }),
        path: "logs.remote.gcs.keySecret",
    },
    "an account that is no URL": {
        args: azure({ accountUrl: "logs1" }),
        path: "logs.remote.azureBlob.accountUrl",
        says: /https:\/\/account\.blob\.core\.windows\.net/,
    },
    "a container with a capital": { args: azure({ container: "Logs" }), path: "logs.remote.azureBlob.container" },
    "a folder with a slash before it": { args: azure({ folder: "/a" }), path: "logs.remote.azureBlob.folder" },
    "an account key that is none": { args: azure({ accountKey: "hidden" }), path: "logs.remote.azureBlob.accountKey" },
    "an identity beside a key": {
        args: azure({
            accountKeySecret: { name: "kept", key: "key" },
            managedIdentityClientId: "11111111-2222-3333-4444-555555555555",
        }),
        path: "logs.remote.azureBlob.managedIdentityClientId",
    },
    "a log group by its name": {
        args: cloudWatch({ logGroupArn: "airflow" }),
        path: "logs.remote.cloudWatch.logGroupArn",
    },
    "no volume for DAGs that need one": {
        args: nothingShared({ dags: { delivery: DagDelivery.GitSync, git } }),
        path: "dags.delivery",
        says: /storage\.kind none: image, gitBundle or bundles/,
    },
    "no volume for logs, and no other place": { args: nothingShared({ logs: {} }), path: "logs.remote" },
    "a size of logs where no volume has one": {
        args: nothingShared({ logs: { ...remote({}).logs, maximumSize: "1Gi" } }),
        path: "logs.maximumSize",
    },
    "packages where no volume holds them": {
        args: nothingShared({ pythonPackages: { requirements: "examples/image/requirements.txt" } }),
        path: "pythonPackages.requirements",
    },
    "a secret without its access key": { args: remote({ secretAccessKey: "secret" }), path: "logs.remote.accessKeyId" },
};

/** What is right, and close to what is wrong. */
const right: Record<string, AirflowKubernetesArgs> = {
    "the server in the cluster, by itself": hosted({}),
    "clients by address and range": hosted({
        nfsServer: { clients: ["10.0.0.7", "10.1.0.0/16", "fd00::/64", "fd00::7"] },
    }),
    "the server in the cluster with a disk of before": hosted({ nfsServer: { existingClaim: claim } }),
    "an NFS server by its address": nfs("10.0.0.5", "/"),
    "an NFS server by an IPv6 address": nfs("fd00::5", "/srv/air-flow_1"),
    "an NFS server by its name": nfs("files.example.org", "/srv"),
    "a CSI volume whose attributes tell DAGs from logs": csi("fs-1", { share: "{volume}" }),
    "a class, and its claims of before": hosted({
        kind: StorageKind.StorageClass,
        storageClass: "efs-sc",
        existingNamespace: "kept",
    }),
    "a retained database of before": hosted({}, { database: { retain: true, existingClaim: claim } }),
    "an external database with a short password": external({}, "x"),
    "an external database with parameters": external({
        sslMode: "verify-full",
        parameters: { sslrootcert: "/ca.pem" },
    }),
    "logs that are all kept": { logs: { retentionDays: 0 } },
    "logs every night": { logs: { cleanupSchedule: "5 3 * * 1-5,SUN" } },
    "logs in a bucket that the pods have a role for": remote({}),
    "logs in Google Cloud Storage": gcs({ project: "example.org:team", key: serviceAccountKey }),
    "logs in Azure Blob Storage": azure({
        accountUrl: "https://logs1.blob.core.windows.net/",
        accountKey: "k".repeat(88),
    }),
    "logs in Azure Blob Storage by an identity": azure({
        folder: "team/airflow",
        managedIdentityClientId: "11111111-2222-3333-4444-555555555555",
    }),
    "logs in CloudWatch": cloudWatch({ logGroupArn: `${arn}:*` }),
    "nothing shared, on one node": nothingShared(),
    "nothing shared, and DAGs from bundles": nothingShared({
        dags: { delivery: DagDelivery.Bundles, bundles: [{ name: "team", kind: DagBundleKind.Git, git }] },
    }),
    "nothing shared, on any number of nodes": nothingShared({ hosting: Hosting.ReadWriteMany }),
    "logs in a bucket of another service": remote({
        endpointUrl: "http://minio.minio.svc:9000",
        accessKeyId: "key",
        secretAccessKey: "secret",
    }),
};

describe("validate: storage, database and logs", () => {
    for (const [fault, { args, path, says }] of Object.entries(broken)) {
        it(`refuses ${fault}`, () => {
            const problems = validate(args);
            expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
            expect(problemsMessage(problems, "it")).to.match(says ?? /allowed: ./);
        });
    }

    for (const [what, args] of Object.entries(right)) {
        it(`lets pass ${what}`, () => {
            expect(validate(args)).to.deep.equal([]);
        });
    }

    it("shows no password, wherever it was put by mistake", () => {
        const args = {
            database: { password: "a password", external: { host: "db", parameters: { password: "hidden" } } },
            ...remote({ url: "s3://key:hidden@bucket", endpointUrl: "http://me:hidden@minio" }),
        };
        const keys = [gcs({ key: "hidden" }), azure({ accountKey: "hidden", accountUrl: "https://me:hidden@a" })];
        const message = problemsMessage([args, ...keys].flatMap(validate), "it");
        expect(message).to.match(/^6 problems/);
        expect(message).to.not.contain("hidden");
    });

    it("names everything at once", () => {
        const args = hosted(
            { kind: StorageKind.Nfs, nfs: { server: "a b", path: "srv" }, mountOptions: [","] },
            { database: { external: { host: "" } }, logs: { remote: { url: "x", accessKeyId: "k" } } },
        );
        expect(validate(args).map(({ path }) => path)).to.have.members([
            "storage.nfs.server",
            "storage.nfs.path",
            "storage.mountOptions[0]",
            "database.external.host",
            "database.password",
            "logs.remote.url",
            "logs.remote.secretAccessKey",
        ]);
    });

    it("refuses a stack's secret of a bucket that is not set, which would be left out", () => {
        const paths = (values: Record<string, string>) => readArgs(values).problems.map(({ path }) => path);
        expect(paths({ logsSecretAccessKey: "secret" })).to.deep.equal(["logsSecretAccessKey"]);
        const logs = JSON.stringify({ remote: { url: "s3://bucket", accessKeyId: "key" } });
        expect(paths({ logs, logsSecretAccessKey: "secret" })).to.deep.equal([]);
        expect(paths({ logs })).to.deep.equal(["logsSecretAccessKey"]);
        expect(paths({ logs, logsSecretAccessKey: "secret", logsGcsKey: "key" })).to.deep.equal(["logsGcsKey"]);
    });

    it("names every fault at once where nothing is shared", () => {
        const args: AirflowKubernetesArgs = {
            storage: { kind: StorageKind.None, nfs: { server: "10.0.0.5", path: "/srv" } },
            dags: { delivery: DagDelivery.Volume, volume: { folder: "examples/dags" } },
            hosting: Hosting.ReadWriteMany,
            logs: { maximumSize: "1Gi" },
            pythonPackages: { requirements: "examples/image/requirements.txt" },
        };
        expect(validate(args).map(({ path }) => path)).to.have.members([
            "storage.nfs",
            "dags.delivery",
            "logs.remote",
            "logs.maximumSize",
            "pythonPackages.requirements",
        ]);
    });
});
