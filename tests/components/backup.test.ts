import type * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { type AirflowKubernetesArgs, Hosting, StorageKind } from "../../components";
import { AirflowKubernetes, validate } from "../support/exampleDags";
import { type Registration, record } from "../support/mocks";
import { metadata, named, objects, type Pod, pods, spec } from "../support/objects";

type Container = k8s.types.output.core.v1.Container;

const build = (args: AirflowKubernetesArgs) => record(() => new AirflowKubernetes("airflow", args));
const claims = (registrations: readonly Registration[]) =>
    objects(registrations, "PersistentVolumeClaim")
        .filter(({ name }) => name.includes("backups"))
        .map((claim) => `${metadata(claim).namespace}/${metadata(claim).name}`.replace(/-[0-9a-f]{6}$/, ""));
const podOf = (registrations: readonly Registration[], name: string): Pod => {
    const found = pods(registrations).find(({ owner }) => owner === name);
    if (found === undefined) {
        throw new Error(`no pod of ${name}`);
    }
    return found;
};
const containers = ({ spec: pod }: Pod): Container[] => [...(pod.initContainers ?? []), ...pod.containers];
const secretsOf = ({ env = [] }: Container) =>
    env.flatMap(({ name, valueFrom }) => (valueFrom?.secretKeyRef ? [name] : []));
const problems = (args: AirflowKubernetesArgs) => validate(args).map(({ path }) => path);

describe("backups of the database", () => {
    let onVolume: Registration[];
    let inBucket: Registration[];

    before(async () => {
        onVolume = await build({ database: { backup: {} } });
        inBucket = await build({
            database: {
                backup: {
                    size: "2Gi",
                    bucket: {
                        url: "s3://bucket/backups",
                        accessKeyId: "AKIAEXAMPLE",
                        secretAccessKey: "not-to-be-seen",
                    },
                },
            },
        });
    });

    it("are made only where they are asked for", async () => {
        const without = await build({});
        const names = objects(without).map((object) => metadata(object).name);
        expect(names.filter((name) => /backup|restore|db-cleanup/.test(name ?? ""))).to.deep.equal([]);
    });

    it("lie on a volume that Airflow's namespace has a claim on, and the one that prepares it, but not the workers'", () => {
        expect(claims(onVolume)).to.have.members(["airflow-storage/airflow-backups", "airflow/airflow-backups"]);
        const users = pods(onVolume).filter(({ spec: pod }) =>
            (pod.volumes ?? []).some(({ persistentVolumeClaim }) =>
                persistentVolumeClaim?.claimName.includes("backups"),
            ),
        );
        expect(users.map(({ owner }) => owner)).to.have.members(["airflow-backup-cron-job", "airflow-backup-restore"]);
    });

    for (const [kind, storage] of Object.entries({
        nfs: { kind: StorageKind.Nfs, nfs: { server: "10.0.0.5", path: "/srv" } },
        nfsServer: { kind: StorageKind.NfsServer, nfsServer: { image: "example.org/nfs:1" } },
        csi: { kind: StorageKind.Csi, csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-1:/{volume}" } },
        storageClass: { kind: StorageKind.StorageClass, storageClass: "shared" },
    })) {
        it(`lie on a volume of the kind ${kind}, which the workers' namespace does not see`, async () => {
            const made = await build({ hosting: Hosting.ReadWriteMany, storage, database: { backup: {} } });
            const seen = claims(made).filter((claim) => !claim.startsWith("airflow-storage"));
            expect(seen).to.deep.equal(["airflow/airflow-backups"]);
            const volumes = objects(made, "PersistentVolume").filter(({ name }) => name.includes("backups"));
            expect(volumes.map(({ name }) => name)).to.not.include("airflow-volumes-workers-backups");
        });
    }

    it("need a claim where claims exist, and a bucket where nothing is shared", () => {
        const names = { dags: "dags", logs: "logs" };
        const claimed = (backups?: string): AirflowKubernetesArgs => ({
            hosting: Hosting.ReadWriteMany,
            namespaces: { create: false },
            storage: { kind: StorageKind.Claims, claims: { airflow: { ...names, backups }, workers: names } },
            database: { backup: {} },
        });
        expect(problems(claimed())).to.include("storage.claims.airflow.backups");
        expect(problems(claimed("logs"))).to.include("storage.claims.airflow.backups");
        expect(problems(claimed("backups"))).to.not.include("storage.claims.airflow.backups");
        const none = { storage: { kind: StorageKind.None }, database: { backup: {} } };
        expect(problems(none)).to.include("database.backup.bucket");
    });

    it("are made by a user of their own, and each container knows only what it needs", () => {
        const backup = podOf(onVolume, "airflow-backup-cron-job");
        const restore = podOf(onVolume, "airflow-backup-restore");
        const connection = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN";
        expect(backup.spec.securityContext).to.include({ runAsUser: 999, runAsGroup: 0 });
        expect(Object.fromEntries(containers(backup).map((each) => [each.name, secretsOf(each)]))).to.deep.equal({
            "backup-dump": [connection],
            keep: [],
        });
        expect(Object.fromEntries(containers(restore).map((each) => [each.name, secretsOf(each)]))).to.deep.equal({
            "backup-fetch": [],
            "backup-examine": [],
            "backup-check": ["AIRFLOW__CORE__FERNET_KEY"],
            "backup-load": [connection],
            finish: [
                connection,
                `${connection}_ASYNC`,
                "AIRFLOW__CORE__FERNET_KEY",
                "AIRFLOW__API__SECRET_KEY",
                "ADMIN_PASSWORD",
            ],
        });
        for (const container of [...containers(backup), ...containers(restore)]) {
            expect(container.securityContext, container.name).to.deep.include({ readOnlyRootFilesystem: true });
            expect(container.resources?.limits, container.name).to.include.keys("cpu", "memory", "ephemeral-storage");
        }
    });

    it("go to a bucket from a place on the node of limited size, with its key from a Secret", () => {
        expect(claims(inBucket)).to.deep.equal([]);
        const { spec: pod } = podOf(inBucket, "airflow-backup-cron-job");
        expect(pod.volumes?.find(({ name }) => name === "backups")?.emptyDir).to.deep.equal({ sizeLimit: "2Gi" });
        const [keep] = pod.containers;
        expect(secretsOf(keep)).to.deep.equal(["AIRFLOW_CONN_AIRFLOW_BACKUPS"]);
        expect(keep.env?.find(({ name }) => name === "PLACE")?.value).to.equal("s3://bucket/backups");
        const secret = named(inBucket, "airflow-backup", "Secret").inputs.stringData as object;
        expect(Object.keys(secret)).to.deep.equal(["connection"]);
        expect(JSON.stringify(pods(inBucket))).to.not.contain("not-to-be-seen");
    });

    it("are restored by a CronJob that never runs by itself", () => {
        const { suspend, jobTemplate } = spec<k8s.types.output.batch.v1.CronJobSpec>(
            named(onVolume, "airflow-backup-restore", "CronJob"),
        );
        expect(suspend).to.equal(true);
        expect(jobTemplate.spec.backoffLimit).to.equal(0);
    });

    it("refuse settings that cannot work", () => {
        const asked = problems({
            database: {
                backup: {
                    schedule: "never",
                    retentionDays: -1,
                    size: "big",
                    bucket: { url: "ftp://x", gcs: { url: "s3://x" } },
                },
                cleanup: { schedule: "61 * * * *", retentionDays: 0, batchSize: 1 },
            },
            workers: { keepFailedPodsSeconds: -1 },
        });
        expect(asked).to.include.members([
            "database.backup.schedule",
            "database.backup.retentionDays",
            "database.backup.size",
            "database.backup.bucket",
            "database.backup.bucket.url",
            "database.backup.bucket.gcs.url",
            "database.cleanup.schedule",
            "database.cleanup.retentionDays",
            "database.cleanup.batchSize",
            "workers.keepFailedPodsSeconds",
        ]);
    });
});

describe("the removal of old rows", () => {
    it("is a CronJob of Airflow's image, where it is asked for, with a limit of its time", async () => {
        const made = await build({ database: { cleanup: { retentionDays: 30, batchSize: 500 } } });
        const cronJob = spec<k8s.types.output.batch.v1.CronJobSpec>(
            named(made, "airflow-db-cleanup-cron-job", "CronJob"),
        );
        expect(cronJob.schedule).to.equal("23 4 * * 0");
        const [container] = podOf(made, "airflow-db-cleanup-cron-job").spec.containers;
        expect(container.args?.slice(1)).to.deep.equal(["/scripts/clean_database.py", "30", "500", "3000"]);
        expect(cronJob.jobTemplate.spec.activeDeadlineSeconds).to.be.greaterThan(3000);
    });
});
