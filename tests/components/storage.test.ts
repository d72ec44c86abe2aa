import { X509Certificate } from "node:crypto";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import {
    type AirflowKubernetesArgs,
    DagDelivery,
    Hosting,
    type RemoteLogsArgs,
    type StorageArgs,
    StorageKind,
} from "../../components";
import { loginOf } from "../../components/database/logins";
import { bucketConnection } from "../../components/logs/remoteLogs";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { AirflowKubernetes } from "../support/exampleDags";
import {
    attempt,
    dynamicVolume,
    openTexts,
    type Recording,
    type Registration,
    record,
    serviceAddress,
} from "../support/mocks";
import { kindOf, metadata, named, objects, pods, spec, waitsFor } from "../support/objects";

type VolumeSpec = k8s.types.output.core.v1.PersistentVolumeSpec;
type ClaimSpec = k8s.types.output.core.v1.PersistentVolumeClaimSpec;
type PodSpec = k8s.types.output.core.v1.PodSpec;

const fernetKey = `${"k".repeat(43)}=`;
const image = "registry.example.org/nfs-ganesha:4.3";
const keys: AirflowKubernetesArgs = { airflow: { fernetKey } };

function hosted(storage: StorageArgs, rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs {
    const nfsServer = { image, clients: ["10.0.0.0/24", "10.1.0.7"], ...storage.nfsServer };
    return { ...rest, hosting: Hosting.ReadWriteMany, storage: { ...storage, nfsServer } };
}

async function build(args: AirflowKubernetesArgs): Promise<{ registrations: Registration[]; retained: unknown }> {
    let retained: unknown;
    const registrations = await record(() => {
        new AirflowKubernetes("airflow", args).retained.apply((data) => {
            retained = data;
        });
    });
    return { registrations, retained };
}

function preview(args: AirflowKubernetesArgs): Promise<Recording> {
    return attempt(() => new AirflowKubernetes("airflow", args), { preview: true });
}

/** Names of what a destroy leaves. */
function left(registrations: readonly Registration[]): string[] {
    return registrations
        .filter(({ retainOnDelete, deletedWith }) => retainOnDelete && deletedWith === "")
        .map(({ type, name }) => `${kindOf(type)} ${name}`);
}

/** What the name of a shared volume ends with: a digest of its source. */
const hash = /-[0-9a-f]{6}$/;

/** Sources, modes and options of the volumes, by their names. */
function volumes(registrations: readonly Registration[]): Record<string, unknown> {
    return Object.fromEntries(
        objects(registrations, "PersistentVolume")
            .filter(({ custom, inputs }) => custom && inputs.spec !== undefined)
            .map((volume) => {
                const { accessModes, mountOptions, nfs, csi, hostPath } = spec<VolumeSpec>(volume);
                return [
                    (metadata(volume).name ?? "").replace(hash, ""),
                    [accessModes[0], mountOptions, nfs ?? csi ?? hostPath],
                ];
            }),
    );
}

/** What the NFS server is told. */
function configurationOf(registrations: readonly Registration[]): string {
    const { data } = named(registrations, "airflow-storage-nfs-server-configuration").inputs;
    return (data as Record<string, string>)["ganesha.conf"];
}

describe("storage of every kind", () => {
    const nfsOptions = ["nfsvers=4.1", "hard", "noatime", "actimeo=5"];

    describe("an NFS server in the cluster", () => {
        let registrations: Registration[];
        let retained: unknown;
        before(async () => {
            ({ registrations, retained } = await build(hosted({})));
        });

        it("has a disk in a namespace of a name of its own, which a destroy leaves, and nothing else", () => {
            expect(left(registrations)).to.have.members([
                "Namespace airflow-storage-nfs-server-disk-namespace",
                "PersistentVolumeClaim airflow-storage-nfs-server-disk-claim",
            ]);
            const namespace = named(registrations, "airflow-storage-nfs-server-disk-namespace");
            expect(metadata(namespace).name).to.equal("airflow-storage-nfs-1a2b3c4d");
            expect(metadata(namespace).labels).to.include({ "pod-security.kubernetes.io/enforce": "privileged" });
            const claim = named(registrations, "airflow-storage-nfs-server-disk-claim");
            expect(metadata(claim)).to.include({ name: "airflow-nfs-disk", namespace: "airflow-storage-nfs-1a2b3c4d" });
            expect(spec<ClaimSpec>(claim).accessModes).to.deep.equal(["ReadWriteOnce"]);
            expect(spec<ClaimSpec>(claim).resources.requests).to.deep.equal({ storage: "11Gi" });
        });

        it("says what is left and how to go on with it", () => {
            expect(retained).to.deep.equal([
                {
                    data: "dags, logs",
                    namespace: "airflow-storage-nfs-1a2b3c4d",
                    claim: "airflow-nfs-disk",
                    reuseWith: "storage.nfsServer.existingClaim",
                },
            ]);
        });

        it("is mounted at the address of its Service, by the nodes, which do not know its name", () => {
            const at = (path: string) => ({ server: serviceAddress, path });
            expect(volumes(registrations)).to.deep.equal({
                "airflow-storage-shares": ["ReadWriteMany", nfsOptions, at("/export")],
                "airflow-dags": ["ReadWriteMany", nfsOptions, at("/export/dags")],
                "airflow-workers-dags": [
                    "ReadOnlyMany",
                    [...nfsOptions, "ro"],
                    { ...at("/export/dags"), readOnly: true },
                ],
                "airflow-logs": ["ReadWriteMany", nfsOptions, at("/export/logs")],
                "airflow-workers-logs": ["ReadWriteMany", nfsOptions, at("/export/logs")],
            });
        });

        it("has an address in a preview, too, which has no Service yet: one that nothing answers at", async () => {
            const { error, registrations, lookups } = await preview(hosted({}));
            expect(error).to.equal(undefined);
            expect(lookups).to.deep.equal([]);
            const { nfs } = spec<VolumeSpec>(named(registrations, "airflow-volumes-airflow-dags"));
            expect(nfs.server).to.equal("192.0.2.1");
        });

        it("is ready before there is a volume on it, and goes last", () => {
            for (const volume of objects(registrations, "PersistentVolume")) {
                expect([...waitsFor(registrations, volume.name)], volume.name).to.include.members([
                    "airflow-storage-nfs-server-stateful-set",
                    "airflow-storage-nfs-server-service",
                ]);
            }
            for (const name of ["airflow-namespaces-workers", "airflow-scheduler-deployment"]) {
                expect([...waitsFor(registrations, name)]).to.include("airflow-storage-nfs-server-stateful-set");
            }
        });

        it("runs as root with few capabilities, and cannot write to its own image", () => {
            const pod = pods(registrations).find(({ owner }) => owner === "airflow-storage-nfs-server-stateful-set");
            const [container] = pod?.spec.containers ?? [];
            expect(container.image).to.equal(image);
            expect(container.securityContext).to.deep.include({
                runAsUser: 0,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
            });
            expect(container.securityContext.privileged).to.equal(undefined);
            expect(container.securityContext.capabilities).to.deep.equal({
                drop: ["ALL"],
                add: [
                    "CHOWN",
                    "DAC_OVERRIDE",
                    "DAC_READ_SEARCH",
                    "FOWNER",
                    "FSETID",
                    "NET_BIND_SERVICE",
                    "SETGID",
                    "SETUID",
                ],
            });
            expect(pod?.spec.automountServiceAccountToken).to.equal(false);
            expect(container.resources.limits).to.have.all.keys("cpu", "memory", "ephemeral-storage");
        });

        it("offers the one port of version 4, and those of version 3 only to mount options that ask for it", async () => {
            const offered = (of: readonly Registration[]) =>
                spec<k8s.types.output.core.v1.ServiceSpec>(named(of, "airflow-storage-nfs-server-service")).ports.map(
                    ({ port, protocol }) => `${port}/${protocol}`,
                );
            const script = (of: readonly Registration[]) =>
                pods(of).find(({ owner }) => owner === "airflow-storage-nfs-server-stateful-set")?.spec.containers[0]
                    .command[2];
            expect(offered(registrations)).to.deep.equal(["2049/TCP"]);
            expect(script(registrations)).to.not.contain("rpcbind");
            expect(configurationOf(registrations)).to.contain("Protocols = 4;").and.to.not.contain("Protocols = 3");
            const version3 = (await build(hosted({ mountOptions: ["nfsvers=3", "hard"] }))).registrations;
            expect(offered(version3)).to.deep.equal(["2049/TCP", "20048/TCP", "111/TCP", "111/UDP"]);
            expect(script(version3)).to.contain("rpcbind");
            expect(configurationOf(version3)).to.contain("Protocols = 3, 4;");
        });

        it("serves its clients alone, and lets nobody else reach it", () => {
            expect(configurationOf(registrations))
                .to.match(/EXPORT_DEFAULTS \{\n *Access_Type = None;/)
                .and.to.match(/CLIENT \{\n *Clients = 10\.0\.0\.0\/24, 10\.1\.0\.7;\n *Access_Type = RW;/);
            const policy = named(registrations, "airflow-storage-nfs-server-network-policy");
            expect(policy.inputs.spec).to.deep.equal({
                podSelector: {
                    matchLabels: spec<k8s.types.output.core.v1.ServiceSpec>(
                        named(registrations, "airflow-storage-nfs-server-service"),
                    ).selector,
                },
                policyTypes: ["Ingress", "Egress"],
                ingress: [
                    {
                        from: [{ ipBlock: { cidr: "10.0.0.0/24" } }, { ipBlock: { cidr: "10.1.0.7/32" } }],
                        ports: [{ port: "nfs", protocol: "TCP" }],
                    },
                ],
            });
        });

        it("warns where it serves everybody", async () => {
            const { warnings, registrations: open } = await attempt(
                () => new AirflowKubernetes("airflow", hosted({ nfsServer: { clients: undefined } })),
            );
            expect(warnings.join()).to.contain("storage.nfsServer.clients is not set");
            expect(configurationOf(open)).to.match(/EXPORT_DEFAULTS \{\n *Access_Type = RW;/);
            expect(objects(open, "NetworkPolicy").map(({ name }) => name)).not.to.include(
                "airflow-storage-nfs-server-network-policy",
            );
        });

        it("is the same whatever changes elsewhere, so that its address stays", async () => {
            const other = await build(
                hosted(
                    {},
                    {
                        airflow: { version: "3.4.0" },
                        workers: { podTemplate: { metadata: { labels: { a: "b" } } } },
                        logs: { retentionDays: 3 },
                    },
                ),
            );
            for (const noun of ["service", "stateful-set", "configuration"]) {
                const name = `airflow-storage-nfs-server-${noun}`;
                expect(named(other.registrations, name).inputs).to.deep.equal(named(registrations, name).inputs);
            }
        });

        it("goes on with the claim of an installation before, in that claim's namespace", async () => {
            const existingClaim = { namespace: "kept-1", name: "disk" };
            const { registrations, retained } = await build(hosted({ nfsServer: { existingClaim } }));
            expect(left(registrations)).to.deep.equal([]);
            expect(registrations.some(({ name }) => name.endsWith("-suffix"))).to.equal(false);
            const server = named(registrations, "airflow-storage-nfs-server-stateful-set");
            expect(metadata(server).namespace).to.equal("kept-1");
            const { template } = spec<k8s.types.output.apps.v1.StatefulSetSpec>(server);
            expect(template.spec.volumes[0]).to.deep.equal({
                name: "disk",
                persistentVolumeClaim: { claimName: "disk" },
            });
            expect(retained).to.deep.equal([
                {
                    data: "dags, logs",
                    namespace: "kept-1",
                    claim: "disk",
                    reuseWith: "storage.nfsServer.existingClaim",
                },
            ]);
        });
    });

    describe("an NFS server outside", () => {
        const nfs = { server: "10.0.0.5", path: "/srv" };

        it("leaves nothing in the cluster, and says where the data are", async () => {
            const { registrations, retained } = await build(hosted({ kind: StorageKind.Nfs, nfs }));
            expect(left(registrations)).to.deep.equal([]);
            expect(objects(registrations, "StatefulSet").map(({ name }) => name)).to.have.members([
                "airflow-postgres-stateful-set",
                "airflow-triggerer-stateful-set",
            ]);
            expect(retained).to.deep.equal([
                { data: "dags", place: "10.0.0.5:/srv/dags" },
                { data: "logs", place: "10.0.0.5:/srv/logs" },
            ]);
        });

        it("is mounted with other options where they are given", async () => {
            const { registrations } = await build(
                hosted({ kind: StorageKind.Nfs, nfs, mountOptions: ["nfsvers=3", "nolock"] }),
            );
            for (const [, options] of Object.values(volumes(registrations)) as [string, string[]][]) {
                expect(options.filter((option) => option !== "ro")).to.deep.equal(["nfsvers=3", "nolock"]);
            }
        });
    });

    describe("a StorageClass", () => {
        const args = hosted({ kind: StorageKind.StorageClass, storageClass: "shared" });
        let registrations: Registration[];
        let retained: unknown;
        before(async () => {
            ({ registrations, retained } = await build(args));
        });

        it("makes volumes for claims that a destroy leaves, in a namespace of a name of its own", () => {
            expect(left(registrations)).to.have.members([
                "Namespace airflow-storage-class-claims-namespace",
                "PersistentVolumeClaim airflow-storage-class-claims-dags",
                "PersistentVolumeClaim airflow-storage-class-claims-logs",
            ]);
            const claim = spec<ClaimSpec>(named(registrations, "airflow-storage-class-claims-logs"));
            expect(claim.storageClassName).to.equal("shared");
            expect(claim.accessModes).to.deep.equal(["ReadWriteMany"]);
            expect(retained).to.deep.equal(
                ["dags", "logs"].map((data) => ({
                    data,
                    namespace: "airflow-storage-volumes-1a2b3c4d",
                    claim: `airflow-${data}`,
                    reuseWith: "storage.existingNamespace",
                })),
            );
        });

        it("has new claims in a new namespace when the class is another: those of before stay, and may hold data", async () => {
            const keepers = (from: readonly Registration[]) =>
                named(from, "airflow-storage-class-claims-suffix").inputs.keepers;
            const other = await build(hosted({ kind: StorageKind.StorageClass, storageClass: "other" }));
            expect(keepers(registrations)).to.include({ storageClass: "shared" });
            expect(keepers(other.registrations)).to.include({ storageClass: "other" });
        });

        it("has its volumes repeated for the other namespaces, with what the class has made and its options", () => {
            const made = (noun: string) => {
                const { csi, mountOptions } = dynamicVolume(`made-for-airflow-${noun}`);
                return ["ReadWriteMany", mountOptions, csi];
            };
            expect(volumes(registrations)).to.deep.equal({
                "airflow-dags": made("dags"),
                "airflow-workers-dags": made("dags"),
                "airflow-logs": made("logs"),
                "airflow-workers-logs": made("logs"),
            });
        });

        it("is read only after a pod has used the claims, and after they are prepared", () => {
            for (const name of ["airflow-volumes-airflow-dags", "airflow-volumes-workers-logs"]) {
                expect([...waitsFor(registrations, name)], name).to.include.members([
                    "airflow-storage-class-permissions-job",
                    "airflow-storage-class-claims-dags",
                ]);
            }
            const job = named(registrations, "airflow-storage-class-permissions-job");
            expect(metadata(job).namespace).to.equal("airflow-storage-volumes-1a2b3c4d");
            expect(objects(registrations, "Job").filter(({ name }) => name.includes("permissions"))).to.have.lengthOf(
                1,
            );
        });

        it("goes on with the claims of an installation before", async () => {
            const { registrations, retained } = await build(
                hosted({ kind: StorageKind.StorageClass, storageClass: "shared", existingNamespace: "kept-2" }),
            );
            expect(left(registrations)).to.deep.equal([]);
            expect((retained as { namespace: string }[]).map(({ namespace }) => namespace)).to.deep.equal([
                "kept-2",
                "kept-2",
            ]);
        });
    });

    describe("volumes", () => {
        it("that are made again have their claims made again first, each its own", async () => {
            const { registrations } = await build(hosted({}));
            for (const claim of objects(registrations, "PersistentVolumeClaim")) {
                const { volumeName } = spec<ClaimSpec>(claim);
                if (volumeName !== undefined) {
                    const on = registrations.filter(({ urn }) => claim.dependencies.includes(urn));
                    const found = objects(on, "PersistentVolume").map((volume) => metadata(volume).name);
                    expect(found, claim.name).to.deep.equal([volumeName]);
                }
            }
        });
    });

    describe("the pod that prepares the volumes", () => {
        /** What the Job is told to make. */
        function prepared(registrations: readonly Registration[]): PodSpec {
            const job = pods(registrations).find(({ owner }) => owner.endsWith("permissions-job"));
            const [container] = job?.spec.containers ?? [];
            expect(job?.spec.volumes?.every(({ persistentVolumeClaim }) => !persistentVolumeClaim)).to.equal(true);
            return JSON.parse(container.env?.find(({ name }) => name === "POD")?.value ?? "").spec as PodSpec;
        }

        it("mounts the claims of its namespace, makes directories as root, and tries them as Airflow's user", async () => {
            const { registrations } = await build(hosted({}));
            const pod = prepared(registrations);
            const { shares } = withDefaults(hosted({})).storage.claims;
            const scripts = metadata(named(registrations, "airflow-permissions-scripts"));
            expect(scripts.namespace).to.equal("airflow-storage");
            expect(pod.volumes).to.deep.equal([
                { name: shares, persistentVolumeClaim: { claimName: shares } },
                { name: "scripts", configMap: { name: scripts.name } },
            ]);
            const [root] = pod.initContainers;
            expect(root.securityContext).to.deep.include({
                runAsUser: 0,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                // The namespace enforces the standard `baseline`, which allows these.
                capabilities: { drop: ["ALL"], add: ["CHOWN", "DAC_OVERRIDE", "FOWNER"] },
            });
            const [user] = pod.containers;
            expect(user.securityContext).to.deep.include({ runAsNonRoot: true, runAsUser: 50000, runAsGroup: 0 });
            for (const container of [root, user]) {
                const directories = JSON.parse(container.env[0].value) as { path: string; mode: string }[];
                expect(directories.map(({ path, mode }) => [path, mode])).to.deep.equal([
                    [`/volumes/${shares}/dags`, "2775"],
                    [`/volumes/${shares}/logs`, "2775"],
                ]);
            }
        });

        it("has no root where the export squashes it", async () => {
            const { registrations } = await build(hosted({ fixPermissions: false }));
            const pod = prepared(registrations);
            expect(pod.initContainers).to.deep.equal([]);
            expect(pod.containers[0].securityContext.runAsUser).to.equal(50000);
        });

        it("runs again for other volumes, and for nothing else", async () => {
            const job = async (args: AirflowKubernetesArgs) =>
                metadata(named((await build(args)).registrations, "airflow-permissions-job")).name;
            const nfs = (path: string) => hosted({ kind: StorageKind.Nfs, nfs: { server: "10.0.0.5", path } });
            const first = await job(nfs("/srv"));
            expect(await job({ ...nfs("/srv"), logs: { retentionDays: 3 }, dags: { refreshSeconds: 9 } })).to.equal(
                first,
            );
            expect(await job(nfs("/other"))).to.not.equal(first);
            expect(await job(hosted({ nfsServer: { existingClaim: { namespace: "a", name: "b" } } }))).to.not.equal(
                await job(hosted({})),
            );
        });
    });
});

describe("a database", () => {
    const retain = { ...keys, database: { retain: true, password: "pinned-password" } };

    it("that outlives a stack on a real cluster has a namespace of its own, with the claim, its logins and nothing else", async () => {
        const { registrations, retained } = await build(hosted({}, retain));
        const namespace = "airflow-database-1a2b3c4d";
        const there = objects(registrations).filter((object) => metadata(object).namespace === namespace);
        expect(there.map(({ type }) => kindOf(type))).to.have.members([
            "NetworkPolicy",
            "PersistentVolumeClaim",
            "ConfigMap",
            "Secret",
            "Service",
            "ServiceAccount",
            "StatefulSet",
        ]);
        expect(left(registrations)).to.include.members([
            "Namespace airflow-postgres-disk-namespace",
            "PersistentVolumeClaim airflow-postgres-disk-claim",
        ]);
        const secret = there.find(({ type }) => kindOf(type) === "Secret");
        const held = secret?.inputs.stringData as Record<string, string>;
        expect(held.logins).to.equal(`${loginOf("pinned-password")}\npinned-password\n`);
        expect(new X509Certificate(held["tls.crt"] ?? "").checkHost(`airflow-postgres.${namespace}.svc`)).to.be.a(
            "string",
        );
        const connections = named(registrations, "airflow-database").inputs.stringData as Record<string, string>;
        expect(connections.connection).to.contain(`@airflow-postgres.${namespace}.svc.cluster.local:5432/`);
        const postgres = pods(registrations).find(({ owner }) => owner === "airflow-postgres-stateful-set");
        const credentials = postgres?.spec.volumes.find(({ name }) => name === "credentials");
        expect(credentials).to.deep.equal({
            name: "credentials",
            projected: { sources: [{ secret: { name: "airflow-postgres-credentials-1a2b3c4d" } }] },
        });
        expect(retained).to.deep.include({
            data: "database",
            namespace,
            claim: "airflow-database",
            reuseWith: "database.existingClaim",
        });
    });

    it("goes on with the claim of an installation before", async () => {
        const database = { ...retain.database, existingClaim: { namespace: "kept-3", name: "data" } };
        const { registrations } = await build(hosted({}, { ...retain, database }));
        expect(left(registrations).join()).to.not.contain("postgres");
        const postgres = pods(registrations).find(({ owner }) => owner === "airflow-postgres-stateful-set");
        expect(postgres?.namespace).to.equal("kept-3");
        expect(postgres?.spec.volumes[0].persistentVolumeClaim).to.deep.equal({ claimName: "data" });
    });

    it("of a class has that class", async () => {
        const { registrations } = await build({ database: { storageClass: "fast" } });
        const claim = named(registrations, "airflow-postgres-claim");
        expect(spec<ClaimSpec>(claim).storageClassName).to.equal("fast");
        const others = await build({});
        expect(spec<ClaimSpec>(named(others.registrations, "airflow-postgres-claim"))).to.not.have.property(
            "storageClassName",
        );
    });

    describe("that exists", () => {
        const external = { host: "db.example.org", name: "history" };
        const args: AirflowKubernetesArgs = { ...keys, database: { external, password: pulumi.secret("p@ss") } };

        it("is all that there is: no Postgres, no claim, no account", async () => {
            const { registrations, retained } = await build(args);
            expect(objects(registrations).filter(({ name }) => name.includes("postgres"))).to.deep.equal([]);
            expect(retained).to.deep.include({ data: "database", place: "history of db.example.org" });
            const { stringData } = named(registrations, "airflow-database").inputs as {
                stringData: Record<string, string>;
            };
            expect(stringData.connection).to.match(/:p%40ss@db\.example\.org:5432\/history\?sslmode=require$/);
            expect(stringData["async-connection"]).to.match(/^postgresql\+asyncpg:.*\?ssl=require$/);
        });

        it("may be known to the update only, as one of the same program is", async () => {
            const outputs = (host: string): AirflowKubernetesArgs => ({
                ...args,
                database: {
                    password: pulumi.secret("p@ss"),
                    external: { host: pulumi.output(host), port: pulumi.output(6432), name: pulumi.output("history") },
                },
            });
            const { registrations, retained } = await build(outputs("rds.example.org"));
            expect(retained).to.deep.include({ data: "database", place: "history of rds.example.org" });
            const { connection } = named(registrations, "airflow-database").inputs.stringData as Record<string, string>;
            expect(connection).to.match(/:p%40ss@rds\.example\.org:6432\/history\?/);
            // One that arrives wrong stops there: nothing is told of it, and nothing that needs it is made.
            const wrong = await attempt(() => new AirflowKubernetes("airflow", outputs("https://rds.example.org")));
            const made = wrong.registrations.map(({ name }) => name);
            expect(made).to.include("airflow-encryption");
            expect(made).to.not.include.members(["airflow-database"]);
            expect(made).to.not.include.members(["airflow-migration-job"]);
        });

        it("is told of as such to the migration only, which names its settings", async () => {
            const { registrations } = await build(args);
            const told = pods(registrations).filter(({ spec }) =>
                spec.containers.some(({ env = [] }) => env.some(({ name }) => name === "EXTERNAL_DATABASE")),
            );
            expect(told.map(({ owner }) => owner)).to.deep.equal(["airflow-migration-job"]);
        });

        it("outlives the stack, and so must its key", async () => {
            const loose = () => new AirflowKubernetes("airflow", { database: args.database });
            const { error } = await attempt(loose, { stack: "mine" });
            expect(error?.message).to.contain("database.external.host").and.to.contain("airflow.fernetKey");
            expect(error?.message).to.contain("Set airflow.fernetKey.");
            const planned = await attempt(loose, { stack: "mine", preview: true });
            expect(planned.error).to.equal(undefined);
            expect(planned.warnings).to.have.lengthOf(1);
        });
    });
});

describe("no shared volume", () => {
    const git = { repository: "https://git.example.org/dags.git" };
    const nothing = (rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs => ({
        ...keys,
        storage: { kind: StorageKind.None, logsSize: "3Gi" },
        dags: { delivery: DagDelivery.GitBundle, git },
        logs: { remote: { url: "s3://bucket/airflow" } },
        ...rest,
    });
    /** Objects that would hold or prepare one. */
    const ofVolumes = (registrations: readonly Registration[]) =>
        objects(registrations)
            .filter(({ type }) => /^PersistentVolume|^CronJob/.test(kindOf(type)))
            .map(({ name }) => name);

    for (const hosting of Object.values(Hosting)) {
        describe(`with hosting ${hosting}`, () => {
            let registrations: Registration[];
            let retained: unknown;
            before(async () => {
                ({ registrations, retained } = await build(nothing({ hosting })));
            });

            it("is made, claimed, prepared or looked after: the one claim is that of Postgres", () => {
                expect(ofVolumes(registrations)).to.deep.equal(["airflow-postgres-claim"]);
                expect(objects(registrations, "Namespace").map((each) => metadata(each).name)).to.have.members([
                    "airflow",
                    "airflow-workers",
                ]);
                expect(registrations.filter(({ name }) => name.includes("permissions"))).to.deep.equal([]);
                expect(retained).to.deep.equal([]);
            });

            it("leaves logs to a place of the pod's own, of a size that is set, and none for DAGs", () => {
                for (const { owner, spec } of pods(registrations)) {
                    const [logs, ...others] = (spec.volumes ?? []).filter(({ name }) => name === "logs");
                    expect(others).to.deep.equal([]);
                    expect(logs?.emptyDir, owner).to.deep.equal(logs && { sizeLimit: "3Gi" });
                    expect(
                        spec.volumes?.filter(({ persistentVolumeClaim: claim }) => claim !== undefined),
                        owner,
                    ).to.have.lengthOf(owner === "airflow-postgres-stateful-set" ? 1 : 0);
                }
                const { data } = named(registrations, "airflow-worker-templates-file").inputs;
                const worker = (data as Record<string, string>)["worker.yaml"];
                expect(worker).to.contain("sizeLimit: 3Gi").and.to.not.contain("persistentVolumeClaim");
            });

            it("has the scheduler, too, take along what it knows of tasks, and the api-server show all of a running one", () => {
                const variables = (owner: string) =>
                    pods(registrations)
                        .find((pod) => pod.owner === owner)
                        ?.spec.containers[0].env?.map(({ name }) => name) ?? [];
                const scheduler = variables("airflow-scheduler-deployment");
                expect(scheduler).to.include.members(["AIRFLOW_KUBERNETES_UPLOAD_LOGS", "AIRFLOW_CONN_AIRFLOW_LOGS"]);
                expect(variables("airflow-api-server-deployment")).to.include(
                    "AIRFLOW__KUBERNETES_EXECUTOR__RUNNING_POD_LOG_LINES",
                );
                expect(variables("airflow-dag-processor-deployment")).to.not.include("AIRFLOW_CONN_AIRFLOW_LOGS");
            });
        });
    }

    it("leaves no claim and no object of the cluster but namespaces, with a database that exists", async () => {
        for (const hosting of Object.values(Hosting)) {
            const database = { password: "a-password", external: { host: "db.example.org" } };
            const { registrations } = await build(nothing({ hosting, database }));
            expect(ofVolumes(registrations)).to.deep.equal([]);
            const ofCluster = objects(registrations).filter((each) => metadata(each).namespace === undefined);
            expect([...new Set(ofCluster.map(({ type }) => kindOf(type)))]).to.deep.equal(["Namespace"]);
        }
    });

    it("leaves a database in a directory of the node where it was, which still is prepared", async () => {
        const database = { retain: true, password: "a-database-password" };
        const { registrations, retained } = await build(nothing({ database }));
        expect(ofVolumes(registrations)).to.have.members([
            "airflow-volumes-storage-database",
            "airflow-volumes-airflow-database",
            "airflow-claims-storage-database",
            "airflow-claims-airflow-database",
        ]);
        expect(objects(registrations, "Job").map(({ name }) => name)).to.include("airflow-permissions-job");
        expect(retained).to.deep.equal([{ data: "database", place: "/data/airflow/database of the node" }]);
    });

    it("is a matter of an ordinary update: what is not of the volumes is called the same", async () => {
        const { storage: _none, ...before } = nothing();
        const shared = (await build(before)).registrations;
        const { registrations } = await build(nothing());
        const stays = ["airflow-postgres-stateful-set", "airflow-postgres-claim", "airflow-database", "airflow-api"];
        for (const name of stays) {
            expect(named(registrations, name).inputs, name).to.deep.equal(named(shared, name).inputs);
        }
    });

    it("waits for nothing that does not exist: a preview shows everything", async () => {
        const { error, registrations } = await preview(nothing());
        expect(error).to.equal(undefined);
        expect([...waitsFor(registrations, "airflow-scheduler-deployment")]).to.include("airflow-admin-user-job");
    });
});

describe("logs", () => {
    it("are looked after by one CronJob, never by two at once", async () => {
        const { registrations } = await build({
            logs: { retentionDays: 7, maximumSize: "2Gi", cleanupSchedule: "@daily" },
        });
        const [job, ...others] = objects(registrations, "CronJob");
        expect(others).to.deep.equal([]);
        expect(metadata(job)).to.include({ name: "airflow-log-cleanup", namespace: "airflow" });
        expect(job.inputs.spec).to.deep.include({ schedule: "@daily", concurrencyPolicy: "Forbid" });
        const pod = pods(registrations).find(({ kind }) => kind === "CronJob");
        const env = pod?.spec.containers[0].env?.map(({ name, value }) => `${name}=${value}`);
        expect(env).to.include.members([
            "LOGS=/opt/airflow/logs",
            "RETENTION_SECONDS=604800",
            "MAXIMUM_BYTES=2147483648",
        ]);
    });

    const remote = {
        url: "s3://bucket/airflow",
        endpointUrl: "http://minio:9000",
        accessKeyId: "an-id",
        secretAccessKey: pulumi.secret("a-secret"),
    };

    it("in a bucket are known to every process and task, and its key to two processes", async () => {
        const { registrations } = await build({ logs: { remote } });
        const secret = named(registrations, "airflow-logs", "Secret");
        expect(JSON.parse((secret.inputs.stringData as Record<string, string>).connection)).to.deep.equal({
            conn_type: "aws",
            login: "an-id",
            password: "a-secret",
            extra: { region_name: "us-east-1", endpoint_url: "http://minio:9000" },
        });
        expect(secret.secretInputs).to.deep.equal(["stringData"]);
        const knowing = pods(registrations).filter(({ spec }) =>
            spec.containers.some(({ env = [] }) => env.some(({ name }) => name === "AIRFLOW_CONN_AIRFLOW_LOGS")),
        );
        expect(knowing.map(({ owner }) => owner)).to.have.members([
            "airflow-api-server-deployment",
            "airflow-triggerer-stateful-set",
        ]);
        const template = named(registrations, "airflow-worker-templates-file").inputs.data as Record<string, string>;
        expect(template["worker.yaml"]).to.contain("s3://bucket/airflow").and.to.not.contain("a-secret");
    });

    it("elsewhere are known by the scheme, the connection and what else the provider asks for", async () => {
        const key = { client_email: "a@b", private_key: "-----BEGIN-----\n$(X)\n", token_uri: "https://a" };
        const arn = "arn:aws:logs:eu-west-1:123456789012:log-group:airflow";
        const accountUrl = "https://logs1.blob.core.windows.net/";
        const places: [RemoteLogsArgs, Record<string, string>, unknown][] = [
            [
                { gcs: { url: "gs://bucket/a", project: "p", key: JSON.stringify(key) } },
                { AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "gs://bucket/a" },
                { conn_type: "google_cloud_platform", extra: { project: "p", keyfile_dict: key } },
            ],
            [
                { gcs: { url: "gs://bucket/a" } },
                { AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "gs://bucket/a" },
                { conn_type: "google_cloud_platform", extra: {} },
            ],
            [
                { azureBlob: { accountUrl, container: "logs", accountKey: "k".repeat(88) } },
                {
                    AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: "wasb://airflow",
                    AIRFLOW__AZURE_REMOTE_LOGGING__REMOTE_WASB_LOG_CONTAINER: "logs",
                },
                { conn_type: "wasb", host: accountUrl, password: "k".repeat(88) },
            ],
            [
                { cloudWatch: { logGroupArn: `${arn}:*` } },
                { AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: `cloudwatch://${arn}` },
                { conn_type: "aws", extra: {} },
            ],
        ];
        for (const [remote, variables, connection] of places) {
            const { registrations } = await build({ logs: { remote } });
            const secret = named(registrations, "airflow-logs", "Secret");
            expect(JSON.parse((secret.inputs.stringData as Record<string, string>).connection)).to.deep.equal(
                connection,
            );
            const { data } = named(registrations, "airflow-worker-templates-file").inputs;
            const worker = parse((data as Record<string, string>)["worker.yaml"]) as { spec: PodSpec };
            const told = worker.spec.containers[0].env.map(({ name, value }) => [name, value]);
            expect(told).to.deep.include.members(Object.entries(variables));
            const open = registrations.flatMap(({ sentInputs }) => openTexts(sentInputs));
            for (const text of ["k".repeat(88), "-----BEGIN-----"]) {
                expect(open.filter((each) => each.includes(text))).to.deep.equal([]);
            }
        }
    });

    it("elsewhere take keys that somebody else keeps: Kubernetes puts them where they belong", async () => {
        const kept = { name: "kept", key: "key" };
        const places: [RemoteLogsArgs, string, string][] = [
            [
                { gcs: { url: "gs://bucket/a", keySecret: kept } },
                "AIRFLOW_BUCKET_KEY",
                // A key is JSON itself.
                '{"conn_type":"google_cloud_platform","extra":{"keyfile_dict":$(AIRFLOW_BUCKET_KEY)}}',
            ],
            [
                {
                    azureBlob: {
                        accountUrl: "https://a12.blob.core.windows.net",
                        container: "abc",
                        accountKeySecret: kept,
                    },
                },
                "AIRFLOW_BUCKET_KEY",
                '{"conn_type":"wasb","host":"https://a12.blob.core.windows.net","password":"$(AIRFLOW_BUCKET_KEY)"}',
            ],
        ];
        for (const [remote, variable, connection] of places) {
            const { registrations } = await build({ logs: { remote } });
            const pod = pods(registrations).find(({ owner }) => owner === "airflow-api-server-deployment");
            const env = pod?.spec.containers[0].env ?? [];
            const at = (name: string) => env.findIndex((each) => each.name === name);
            expect(env[at("AIRFLOW_CONN_AIRFLOW_LOGS")].value).to.equal(connection);
            expect(env[at(variable)].valueFrom?.secretKeyRef).to.deep.equal(kept);
            expect(at(variable)).to.be.lessThan(at("AIRFLOW_CONN_AIRFLOW_LOGS"));
            expect(objects(registrations, "Secret").map(({ name }) => name)).to.not.include("airflow-logs");
        }
    });

    it("say that a key is none when it arrives late, and not what it is", async () => {
        const late = bucketConnection({ gcs: { url: "gs://bucket", key: pulumi.secret("hidden") } });
        const said = await Reflect.apply(Reflect.get(late, "promise") as () => Promise<string>, late, []).catch(String);
        expect(said).to.contain("logs.remote.gcs.key").and.to.not.contain("hidden");
    });

    it("in a bucket that the pods have a role for come without a key", async () => {
        const { registrations } = await build({ logs: { remote: { url: "s3://bucket", region: "eu-west-1" } } });
        const secret = named(registrations, "airflow-logs", "Secret");
        expect(JSON.parse((secret.inputs.stringData as Record<string, string>).connection)).to.deep.equal({
            conn_type: "aws",
            extra: { region_name: "eu-west-1" },
        });
    });
});
