import { expect } from "chai";
import { type AirflowKubernetesArgs, Hosting } from "../../../components/airflowKubernetesArgs";
import { validate } from "../../../components/airflowKubernetesValidation";
import { problemsMessage } from "../../../components/problems";
import type { StorageArgs } from "../../../components/storage/storageArgs";
import { StorageKind } from "../../../components/storage/storageArgs";
import { readArgs } from "../../../config";

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
        says: /set --secret databasePassword/,
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
        says: /set --secret logsSecretAccessKey/,
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
        const message = problemsMessage(validate(args), "it");
        expect(message).to.match(/^3 problems/);
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
    });
});
