import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
    type AirflowKubernetesArgs,
    DagBundleKind,
    DagDelivery,
    type GitArgs,
    Hosting,
    type StorageArgs,
    StorageKind,
} from "../../components";
import { isOutput } from "../../components/kubernetes/known";
import { withOutputsChecked } from "../../components/outputsValidation";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, type Registration, record } from "../support/mocks";
import { named, pods, workerPod } from "../support/objects";

/** How other resources of a program hand over a value. */
type Given = <T>(value: T) => pulumi.Input<T>;

const plainly: Given = (value) => value;
const asOutput: Given = <T>(value: T) => pulumi.output(value) as unknown as pulumi.Output<T>;
const unknown: Given = <T>() => pulumi.output(pulumi.unknown) as unknown as pulumi.Output<T>;

const fernetKey = `${"f".repeat(43)}=`;

/** What other resources of a program on a cloud hand over: a database, a bucket, a registry, identities, Secrets. */
function ofACloud(text: Given): AirflowKubernetesArgs {
    const number = text;
    const args: AirflowKubernetesArgs = {
        airflow: {
            image: text("111122223333.dkr.ecr.eu-west-1.amazonaws.com/airflow:3.3.2"),
            fernetKeySecret: { name: text("airflow-keys"), key: "fernet" },
            imagePullSecrets: ["first", text("second")],
            options: { metrics: { statsd_on: "True", statsd_host: text("statsd.example.org") } },
            env: [{ name: "AWS_REGION", value: text("eu-west-1") }],
            envFrom: [{ configMapRef: { name: text("proxy") } }],
            connections: { warehouse: text("postgres://db.eu-west-1.rds.amazonaws.com/sales") },
            variables: { bucket: text("airflow-data") },
            pools: { warehouse: { slots: number(4) } },
        },
        namespaces: { labels: { "example.org/team": text("data") } },
        pythonPackages: {
            requirements: "examples/image/requirements.txt",
            indexUrl: text("https://packages.example.org/pypi/simple"),
        },
        admin: { user: text("ada"), email: text("ada@example.org") },
        database: {
            external: {
                parameters: { connect_timeout: "10", sslrootcert: text("/opt/rds.pem") },
                host: text("db.eu-west-1.rds.amazonaws.com"),
                port: number(5433),
                user: text("airflow"),
            },
            passwordSecret: { name: text("rds"), key: text("password") },
        },
        logs: {
            cleanupSchedule: text("@daily"),
            remote: {
                url: text("s3://airflow-logs/team"),
                region: text("eu-west-1"),
                accessKeyId: text("AKIAEXAMPLE"),
                secretAccessKeySecret: { name: text("bucket"), key: "secret" },
            },
        },
        serviceAccounts: {
            worker: { annotations: { "eks.amazonaws.com/role-arn": text("arn:aws:iam::1:role/tasks") } },
        },
        scheduler: { resources: { limits: { memory: text("3Gi") } } },
        workers: {
            podTemplate: { spec: { nodeSelector: { pool: text("tasks") } } },
            templates: { gpu: { spec: { containers: [{ name: "base", image: text("gpu:1") }] } } },
            rules: [{ apiGroups: [text("ray.io")], resources: ["rayjobs"], verbs: ["create"] }],
        },
    };
    return args;
}

/** Storage that other resources of a program hand over. */
function onStorage(storage: StorageArgs, rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs {
    return { hosting: Hosting.ReadWriteMany, storage, ...rest };
}

/** DAGs of a repository that other resources of a program hand over. */
function ofGit(delivery: DagDelivery, git: GitArgs): AirflowKubernetesArgs {
    return { dags: { delivery, git } };
}

const sshKey = "-----BEGIN OPENSSH PRIVATE KEY-----\na2V5\n-----END OPENSSH PRIVATE KEY-----";
const caCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\n";
const knownHosts = `git.example.org ssh-ed25519 ${"A".repeat(68)}`;

/** Installations of which other resources of the program make a part. */
const variants: Readonly<Record<string, (given: Given) => AirflowKubernetesArgs>> = {
    "what a cloud has": ofACloud,
    "a file system with NFS": (given) =>
        onStorage(
            {
                kind: StorageKind.Nfs,
                nfs: { server: given("fs-01.efs.eu-west-1.amazonaws.com"), path: given("/airflow/") },
                mountOptions: given(["nfsvers=4.1", "hard"]),
                dagsSize: given("2Gi"),
                logsSize: given("20Gi"),
            },
            {
                logs: { maximumSize: given("10Gi") },
                pythonPackages: { requirements: "examples/image/requirements.txt" },
            },
        ),
    "an NFS server in the cluster": (given) =>
        onStorage({
            kind: StorageKind.NfsServer,
            nfsServer: {
                image: given("registry.example.org/nfs-ganesha:4.3"),
                clients: given(["10.0.0.0/24", "10.1.0.7"]),
                storageClass: given("fast"),
            },
            // With version 3 it has more ports.
            mountOptions: given(["nfsvers=3", "hard"]),
            dagsSize: given("2Gi"),
        }),
    "an NFS server for some of a list": (given) =>
        onStorage({
            kind: StorageKind.NfsServer,
            nfsServer: { image: "nfs-ganesha:4.3", clients: ["10.0.0.0/24", given("10.1.0.0/24")], size: given("1Ti") },
            mountOptions: ["hard", given("noatime")],
        }),
    "a volume of a driver": (given) =>
        onStorage({
            kind: StorageKind.Csi,
            csi: {
                driver: given("efs.csi.aws.com"),
                volumeHandle: given("fs-01:/{volume}"),
                volumeAttributes: { mounttargetip: given("10.0.0.9"), share: "{namespace}" },
                nodeStageSecret: { namespace: given("kube-system"), name: given("efs") },
            },
        }),
    "a StorageClass": (given) =>
        onStorage({ kind: StorageKind.StorageClass, storageClass: given("airflow-efs"), logsSize: given("20Gi") }),
    "what a StorageClass has made before": (given) =>
        onStorage({
            kind: StorageKind.StorageClass,
            storageClass: given("airflow-efs"),
            existingNamespace: given("airflow-storage-volumes-1a2b"),
            mountOptions: given(["noresvport"]),
        }),
    "claims that exist": (given) =>
        onStorage(
            {
                kind: StorageKind.Claims,
                claims: {
                    airflow: { dags: given("team-dags"), logs: given("team-logs") },
                    workers: { dags: given("task-dags"), logs: given("task-logs") },
                },
            },
            { namespaces: { create: false } },
        ),
    "a repository over https for git-sync": (given) =>
        ofGit(DagDelivery.GitSync, {
            repository: given("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags"),
            ref: given("release"),
            subPath: given("./team/dags/"),
            username: given("airflow-at-111122223333"),
            token: given("a-token"),
            caCertificate: given(caCertificate),
        }),
    "a repository over ssh for git-sync, of a host that is built in": (given) =>
        ofGit(DagDelivery.GitSync, { repository: given("git@github.com:team/dags.git"), sshKey: given(sshKey) }),
    "a repository over ssh for git-sync, with a key that somebody else keeps": (given) =>
        ofGit(DagDelivery.GitSync, {
            repository: given("ssh://git@git.example.org/dags.git"),
            sshKeySecret: { name: given("git"), key: "ssh" },
            knownHosts: given(knownHosts),
        }),
    "a public repository for a bundle": (given) =>
        ofGit(DagDelivery.GitBundle, { repository: given("https://git.example.org/$(dags).git"), subPath: given("") }),
    "a repository over https for a bundle": (given) =>
        ofGit(DagDelivery.GitBundle, {
            repository: given("https://git.example.org/dags.git"),
            username: given("robot"),
            tokenSecret: { name: given("git"), key: "token" },
            caCertificate: given(caCertificate),
        }),
    "a repository over ssh for a bundle": (given) =>
        ofGit(DagDelivery.GitBundle, {
            repository: given("ssh://git@git.example.org/dags.git"),
            subPath: given("dags"),
            sshKey: given(sshKey),
            knownHosts: given(knownHosts),
        }),
    "repositories and buckets for bundles": (given) => ({
        dags: {
            delivery: DagDelivery.Bundles,
            bundles: [
                {
                    name: "team-a",
                    kind: DagBundleKind.Git,
                    git: {
                        repository: given("https://git.example.org/a.git"),
                        ref: given("v1"),
                        token: given("a-token"),
                        caCertificate: given(caCertificate),
                    },
                },
                {
                    name: "team-b",
                    kind: DagBundleKind.Git,
                    git: { repository: given("git@gitlab.com:team/b.git"), sshKey: given(sshKey) },
                },
                {
                    name: "team-c",
                    kind: DagBundleKind.S3,
                    s3: { url: given("s3://airflow-dags/c"), region: given("eu-west-1") },
                },
                { name: "team-d", kind: DagBundleKind.Gcs, gcs: { url: given("gs://airflow-dags/d") } },
            ],
        },
    }),
    "an address for all that is below a path": (given) => ({
        airflow: { url: given("https://lb-1.eu-west-1.elb.amazonaws.com/airflow/") },
    }),
    "an address of this machine": (given) => ({ airflow: { url: given("http://localhost:8081/") } }),
    "images of a registry, and a class for disks": (given) => ({
        dags: {
            delivery: DagDelivery.Volume,
            volume: { image: given("registry.example.org/dags:1"), imagePath: given("/dags") },
        },
        database: { image: given("postgres:17.12-trixie"), size: given("8Gi"), storageClass: given("fast") },
    }),
    "a class for a disk that outlives the stack": (given) => ({
        hosting: Hosting.ReadWriteMany,
        storage: { kind: StorageKind.Nfs, nfs: { server: "10.0.0.1", path: "/a" } },
        airflow: { fernetKey },
        database: { retain: true, password: "a-password", size: given("8Gi"), storageClass: given("fast") },
        dags: {
            delivery: DagDelivery.GitSync,
            git: { repository: "https://git.example.org/a.git" },
            gitSync: { image: given("registry.example.org/git-sync:v4.7.1") },
        },
    }),
    "a directory of the node": (given) => ({
        airflow: { fernetKey },
        database: { retain: true, password: "a-password" },
        storage: { hostPath: given("/data/team") },
    }),
};

/** Arguments with a wrong value, and what must not be made of it. */
const wrong: Readonly<Record<string, { args: (given: Given) => AirflowKubernetesArgs; unmade: string }>> = {
    "the address of a server": {
        args: (given) =>
            onStorage({ kind: StorageKind.Nfs, nfs: { server: given("https://fs-01"), path: given("/a b") } }),
        unmade: "airflow-volumes-airflow-dags",
    },
    "a size that is none": {
        args: (given) => ({ storage: { logsSize: given("big") } }),
        unmade: "airflow-volumes-airflow-logs",
    },
    "a disk for less than its volumes": {
        args: (given) =>
            onStorage({
                nfsServer: { image: "nfs-ganesha:4.3", clients: ["10.0.0.1"], size: given("1Gi") },
                logsSize: given("20Gi"),
            }),
        unmade: "airflow-storage-nfs-server-disk-claim",
    },
    "nodes of no network": {
        args: (given) =>
            onStorage({ nfsServer: { image: "nfs-ganesha:4.3", clients: given(["10.0.0.1", "10.0.0.0/33"]) } }),
        unmade: "airflow-storage-nfs-server-configuration",
    },
    "an image that may be another tomorrow": {
        args: (given) => onStorage({ nfsServer: { image: given("nfs-ganesha"), clients: ["10.0.0.1"] } }),
        unmade: "airflow-storage-nfs-server-stateful-set",
    },
    "two mount options in one": {
        args: (given) =>
            onStorage({
                kind: StorageKind.Nfs,
                nfs: { server: "10.0.0.1", path: "/a" },
                mountOptions: ["hard", given("nfsvers=4.1,noatime")],
            }),
        unmade: "airflow-volumes-airflow-dags",
    },
    "one directory for both volumes": {
        args: (given) =>
            onStorage({
                kind: StorageKind.Csi,
                csi: { driver: given("efs.csi.aws.com"), volumeHandle: given("fs-01:/{namespace}") },
            }),
        unmade: "airflow-volumes-airflow-dags",
    },
    "a class with a name that none has": {
        args: (given) => onStorage({ kind: StorageKind.StorageClass, storageClass: given("EFS Class") }),
        unmade: "airflow-storage-class-claims-dags",
    },
    "a namespace of the installation's own": {
        args: (given) =>
            onStorage({
                kind: StorageKind.StorageClass,
                storageClass: "efs",
                existingNamespace: given("airflow-workers"),
            }),
        unmade: "airflow-storage-class-permissions-job",
    },
    "one claim for both volumes": {
        args: (given) =>
            onStorage(
                {
                    kind: StorageKind.Claims,
                    claims: {
                        airflow: { dags: given("team"), logs: given("team") },
                        workers: { dags: "team-dags", logs: "team-logs" },
                    },
                },
                { namespaces: { create: false } },
            ),
        unmade: "airflow-dags-job",
    },
    "a path that climbs": {
        args: (given) => ({ storage: { hostPath: given("/data/../etc") } }),
        unmade: "airflow-volumes-airflow-dags",
    },
    "a repository with a password in its URL": {
        args: (given) => ofGit(DagDelivery.GitSync, { repository: given("https://me:pass@git.example.org/a.git") }),
        unmade: "airflow-repository-check-job",
    },
    "a repository over ssh where there is no key": {
        args: (given) => ofGit(DagDelivery.GitSync, { repository: given("git@github.com:team/dags.git") }),
        unmade: "airflow-repository-check-job",
    },
    "a repository over https where there is a key": {
        args: (given) => ofGit(DagDelivery.GitBundle, { repository: given("https://git.example.org/a.git"), sshKey }),
        unmade: "airflow-git-secret",
    },
    "a repository over ssh, of a host whose keys nobody gave": {
        args: (given) =>
            ofGit(DagDelivery.GitSync, { repository: given("git@git.example.org:a.git"), sshKey: given(sshKey) }),
        unmade: "airflow-git-airflow-files",
    },
    "keys of another host than the repository's": {
        args: (given) =>
            ofGit(DagDelivery.GitSync, {
                repository: given("git@git.example.com:a.git"),
                knownHosts: given(knownHosts),
                sshKey,
            }),
        unmade: "airflow-git-airflow-files",
    },
    "a branch that no repository can have": {
        args: (given) =>
            ofGit(DagDelivery.GitSync, { repository: "https://git.example.org/a.git", ref: given("a..b") }),
        unmade: "airflow-repository-check-job",
    },
    "a folder outside of the repository": {
        args: (given) =>
            ofGit(DagDelivery.GitSync, { repository: "https://git.example.org/a.git", subPath: given("../a") }),
        unmade: "airflow-repository-check-job",
    },
    "a repository of a further bundle": {
        args: (given) => ({
            dags: {
                bundles: [
                    { name: "a", kind: DagBundleKind.Git, git: { repository: "https://git.example.org/a.git" } },
                    { name: "team-a", kind: DagBundleKind.Git, git: { repository: given("git.example.org/a.git") } },
                ],
                volume: { folder: "examples/dags" },
            },
        }),
        unmade: "airflow-bundle-team-a-check-job",
    },
    "a bucket of a further bundle": {
        args: (given) => ({
            dags: {
                bundles: [{ name: "team-c", kind: DagBundleKind.S3, s3: { url: given("https://bucket") } }],
                volume: { folder: "examples/dags" },
            },
        }),
        unmade: "airflow-dag-processor-deployment",
    },
    "an address that is none": {
        args: (given) => ({ airflow: { url: given("lb-1.eu-west-1.elb.amazonaws.com") } }),
        unmade: "airflow-api-server-deployment",
    },
    "an address with a password in it": {
        args: (given) => ({ airflow: { url: given("https://me:pass@airflow.example.org") } }),
        unmade: "airflow-api-server-deployment",
    },
    "an address without a host for an Ingress": {
        args: (given) => ({ airflow: { url: given("http://localhost") }, apiServer: { ingress: {} } }),
        unmade: "airflow-api-server-deployment",
    },
    "a proxy that has no address": {
        args: (given) => ({ apiServer: { trustedProxies: [given("proxy.example.org")] } }),
        unmade: "airflow-api-server-deployment",
    },
    "an image of Airflow that may be another tomorrow": {
        args: (given) => ({ airflow: { image: given("registry.example.org/airflow") } }),
        unmade: "airflow-migration-job",
    },
    "an image of DAGs that has none": {
        args: (given) => ({ airflow: { image: given("apache/airflow:3.3.2") }, dags: { delivery: DagDelivery.Image } }),
        unmade: "airflow-migration-job",
    },
    "a pull Secret with a name that none has": {
        args: (given) => ({ airflow: { imagePullSecrets: [given("My Secret")] } }),
        unmade: "airflow-access-scheduler",
    },
    "a user with a name of two words": {
        args: (given) => ({ admin: { user: given("ada l"), email: given("ada@example.org") } }),
        unmade: "airflow-admin-user-job",
    },
    "an index with a password in its URL": {
        args: (given) => ({
            pythonPackages: {
                requirements: "examples/image/requirements.txt",
                indexUrl: given("https://me:pass@packages.example.org"),
            },
        }),
        unmade: "airflow-python-packages-job",
    },
    "an address of a database with its port": {
        args: (given) => ({
            airflow: { fernetKey },
            database: { external: { host: given("db.example.org:5432") }, password: "a-password" },
        }),
        unmade: "airflow-migration-job",
    },
    "a class for the disk of Postgres": {
        args: (given) => ({ database: { storageClass: given("Fast Disk") } }),
        unmade: "airflow-postgres-claim",
    },
    "a bucket of logs that is none": {
        args: (given) => ({ logs: { remote: { url: given("https://bucket") } } }),
        unmade: "airflow-migration-job",
    },
    "a schedule of no time": {
        args: (given) => ({ logs: { cleanupSchedule: given("every hour") } }),
        unmade: "airflow-log-cleanup-cron-job",
    },
    "a text with a character that none may have": {
        args: (given) => ({ storage: { hostPath: given("/data/a\0b") } }),
        unmade: "airflow-volumes-airflow-dags",
    },
};

function build(args: AirflowKubernetesArgs, preview = false): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args), preview);
}

/** All of a registration that an engine gets, in one order. */
async function essence(args: AirflowKubernetesArgs): Promise<unknown[]> {
    return (await build(args))
        .filter(({ type }) => /^(kubernetes|random):/.test(type))
        .map(({ urn, inputs, parent, dependencies }) => ({ urn, inputs, parent, after: [...dependencies].sort() }))
        .sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** Types and names of all resources. */
function identities(registrations: readonly Registration[]): string[] {
    return registrations.map(({ type, name }) => `${type} ${name}`).sort();
}

/** Messages with which Outputs in a value fail, each once. */
async function failures(value: unknown): Promise<string[]> {
    if (isOutput(value)) {
        const { promise } = value as unknown as { promise(): Promise<unknown> };
        return await promise.call(value).then(
            () => [],
            (error: Error) => [error.message],
        );
    }
    const below = typeof value === "object" && value !== null ? Object.values(value) : [];
    return [...new Set((await Promise.all(below.map(failures))).flat())];
}

describe("arguments that are Outputs of other resources", () => {
    /** Names of all that is made of right values. */
    const usual = new Set<string>();

    before(async () => {
        for (const args of Object.values(variants)) {
            for (const { name } of await build(args(plainly))) {
                usual.add(name);
            }
        }
    });

    for (const [what, args] of Object.entries(variants)) {
        it(`make the same installation as their values do, down to the names of Jobs: ${what}`, async () => {
            expect(await essence(args(asOutput))).to.deep.equal(await essence(args(plainly)));
        });

        it(`let a preview go on before any of them is known, of the same resources: ${what}`, async () => {
            const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args(unknown)), {
                preview: true,
            });
            expect(error).to.equal(undefined);
            expect(identities(registrations)).to.deep.equal(identities(await build(args(plainly), true)));
        });
    }

    it("arrive where pods read them", async () => {
        const registrations = await build(ofACloud(asOutput));
        for (const { owner, spec } of [...pods(registrations), workerPod(registrations)]) {
            expect(spec.containers[0].image, owner).to.match(/^111122223333\.dkr\.ecr/);
        }
        const { env } = workerPod(registrations).spec.containers[0];
        const value = (name: string) => env.find((variable) => variable.name === name)?.value;
        expect(value("AWS_REGION")).to.equal("eu-west-1");
        expect(value("AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER")).to.equal("s3://airflow-logs/team");
        expect(value("PYTHONPATH")).to.match(/^\/opt\/airflow\/dags\/\.packages\/[0-9a-f]{10}\/site-packages$/);
        const { connection } = named(registrations, "airflow-database").inputs.stringData as Record<string, string>;
        expect(connection).to.match(/@db\.eu-west-1\.rds\.amazonaws\.com:5433\/airflow/);
        const apiServer = pods(registrations).find(({ owner }) => owner === "airflow-api-server-deployment");
        const logs = apiServer?.spec.containers[0].env.find(({ name }) => name === "AIRFLOW_CONN_AIRFLOW_LOGS");
        expect(JSON.parse(logs?.value ?? "{}")).to.deep.include({
            login: "AKIAEXAMPLE",
            password: "$(AIRFLOW_BUCKET_SECRET_ACCESS_KEY)",
        });
    });

    for (const [what, { args, unmade }] of Object.entries(wrong)) {
        it(`are refused with the words for a plain value, and nothing is made of them: ${what}`, async () => {
            const plain = await attempt(() => new AirflowKubernetes("airflow", args(plainly)));
            expect(plain.error?.message).to.match(/^[12] problems? in the arguments of AirflowKubernetes/);
            expect(await failures(withOutputsChecked(args(asOutput)))).to.deep.equal([
                plain.error?.message.replace("Nothing was created.", "Nothing that depends on them was created."),
            ]);
            const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args(asOutput)));
            expect(error).to.equal(undefined);
            const made = registrations.map(({ name }) => name);
            expect(made).to.include("airflow-jwt-secret");
            expect(usual).to.include(unmade);
            expect(made).to.not.include(unmade);
        });
    }

    it("are in the outputs of the component", async () => {
        const outputs: unknown[] = [];
        await record(() => {
            const { url, executionApiUrl, openUi } = new AirflowKubernetes("airflow", {
                airflow: { url: pulumi.output("https://lb-1.example.org/airflow/") },
            });
            pulumi.all([url, executionApiUrl, openUi]).apply((known) => outputs.push(...known));
        });
        expect(outputs).to.deep.equal([
            "https://lb-1.example.org/airflow",
            "http://airflow-execution-api.airflow.svc.cluster.local:8080/airflow/execution/",
            "kubectl port-forward --namespace airflow service/airflow-api-server 443:8080",
        ]);
    });

    it("are refused when they have no value, such as the name of a load balancer that has an address", async () => {
        const nothing = pulumi.output(undefined) as unknown as pulumi.Output<string>;
        const args = onStorage({ kind: StorageKind.Nfs, nfs: { server: nothing, path: "/a" } });
        const [message, ...others] = await failures(withOutputsChecked(args));
        expect(others).to.deep.equal([]);
        expect(message).to.match(/1\. storage\.nfs\.server; allowed: a value, and this Output has none$/m);
    });
});
