import fs from "node:fs";
import type * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery, Hosting, StorageKind } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { folder, noise, removeFolders } from "../support/folders";
import { providerName, type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, pods, spec } from "../support/objects";

type JobSpec = k8s.types.output.batch.v1.JobSpec;

const all = ["admin-user", "dags", "migration", "objects", "permissions"];

/** Names of the Jobs, by what they do. */
function namesOf(registrations: readonly Registration[]): Record<string, string> {
    return Object.fromEntries(
        objects(registrations, "Job").map((job) => [
            job.name.slice("airflow-".length, -"-job".length),
            metadata(job).name ?? "",
        ]),
    );
}

async function jobNames(args: AirflowKubernetesArgs): Promise<Record<string, string>> {
    return namesOf(await record(() => new AirflowKubernetes("airflow", args)));
}

describe("Jobs, which cannot be changed once they are made", () => {
    after(removeFolders);
    let registrations: Registration[];
    let defaults: Record<string, string>;
    before(async () => {
        registrations = await record(() => new AirflowKubernetes("airflow"));
        defaults = namesOf(registrations);
    });

    /** Which Jobs other arguments make anew. */
    async function renewed(args: AirflowKubernetesArgs, before = defaults): Promise<string[]> {
        const names = await jobNames(args);
        expect(Object.keys(names)).to.have.members(all);
        return Object.keys(names).filter((noun) => names[noun] !== before[noun]);
    }

    it("have names that carry a hash of what they do", () => {
        expect(Object.keys(defaults)).to.have.members(all);
        expect(defaults["admin-user"]).to.match(/^airflow-create-admin-[0-9a-f]{10}$/);
        expect(defaults.dags).to.match(/^airflow-load-dags-[0-9a-f]{10}$/);
        expect(defaults.migration).to.match(/^airflow-migrate-[0-9a-f]{10}$/);
        expect(defaults.objects).to.match(/^airflow-manage-objects-[0-9a-f]{10}$/);
        expect(defaults.permissions).to.match(/^airflow-permissions-[0-9a-f]{10}$/);
    });

    it("run again with another image", async () => {
        expect(await renewed({ airflow: { version: "3.4.0" } })).to.have.members(all);
        expect(await renewed({ airflow: { image: "example.org/airflow:3.3.2" } })).to.have.members(all);
    });

    it("has a migration that looks, goes back with the newer image, and then migrates, when it is told to go back", async () => {
        const airflow = { version: "3.2.2", downgradeFrom: "apache/airflow:3.3.2" };
        expect(await renewed({ airflow }, await jobNames({ airflow: { version: "3.2.2" } }))).to.deep.equal([
            "migration",
        ]);
        const registered = await record(() => new AirflowKubernetes("airflow", { airflow }));
        const { template } = spec<JobSpec>(named(registered, "airflow-migration-job", "Job"));
        const { initContainers = [], containers } = template.spec ?? {};
        const script = ["python", "/scripts/retry.py", "/scripts/migrate.py"];
        const own = ["apache/airflow:3.2.2", "3.2.2", "10.21.0", "10.26.0"];
        expect(
            [...initContainers, ...(containers ?? [])].map(({ name, image, args }) => ({ name, image, args })),
        ).to.deep.equal([
            { name: "plan", image: own[0], args: [...script, "plan", "/tmp/downgrade.json", ...own] },
            {
                name: "downgrade",
                image: airflow.downgradeFrom,
                args: [...script, "downgrade", "/tmp/downgrade.json", airflow.downgradeFrom],
            },
            { name: "migrate", image: own[0], args: [...script, "migrate", ...own] },
        ]);
        for (const container of initContainers) {
            const { env, securityContext, volumeMounts, terminationMessagePolicy, resources } = container;
            expect({ env, securityContext, volumeMounts, terminationMessagePolicy, resources }).to.deep.include({
                env: containers?.[0].env,
                securityContext: containers?.[0].securityContext,
                volumeMounts: containers?.[0].volumeMounts,
                terminationMessagePolicy: "FallbackToLogsOnError",
                resources: containers?.[0].resources,
            });
        }
    });

    it("give the migration the time that it is given, and Pulumi a little more", async () => {
        const airflow = { migrationTimeoutSeconds: 7200 };
        expect(await renewed({ airflow })).to.deep.equal([]);
        const registered = await record(() => new AirflowKubernetes("airflow", { airflow }));
        for (const [name, seconds] of [
            ["airflow-migration-job", 7200],
            ["airflow-admin-user-job", 600],
        ] as const) {
            const job = named(registered, name, "Job");
            expect(spec<JobSpec>(job).activeDeadlineSeconds).to.equal(seconds);
            expect(job.createTimeout).to.equal(`${seconds + 60}s`);
        }
    });

    it("run again when options change, where they use them", async () => {
        const options = { database: { sql_alchemy_pool_size: "3" } };
        expect(await renewed({ airflow: { options } })).to.have.members(["admin-user", "migration", "objects"]);
        expect(await renewed({ airflow: { options: { core: { default_timezone: "Europe/Berlin" } } } })).to.deep.equal(
            [],
        );
    });

    it("run again when their volumes change: those that prepare and fill them", async () => {
        expect(await renewed({ storage: { hostPath: "/data/other" } })).to.deep.equal(["permissions", "dags"]);
    });

    it("run again when the user changes: that which makes the user", async () => {
        expect(await renewed({ admin: { user: "ada" } })).to.deep.equal(["admin-user"]);
    });

    it("do not run again for what does not concern them", async () => {
        expect(await renewed({})).to.deep.equal([]);
        expect(
            await renewed({
                scheduler: { replicas: 2, resources: { limits: { memory: "3Gi" } }, env: [{ name: "A", value: "1" }] },
                workers: { podTemplate: { metadata: { labels: { team: "a" } } }, env: [{ name: "A", value: "1" }] },
                database: { resources: { limits: { memory: "2Gi" } } },
            }),
        ).to.deep.equal([]);
    });

    it("load DAGs again when a file changed, came or went, and not when it was only touched", async () => {
        const dags = (files: Record<string, string>) => ({ dags: { volume: { folder: folder(files) } } });
        const before = await jobNames(dags({ "a.py": "a = 1\n", "b.py": "" }));
        expect(await renewed(dags({ "a.py": "a = 1\n", "b.py": "" }), before)).to.deep.equal([]);
        expect(await renewed(dags({ "a.py": "a = 2\n", "b.py": "" }), before)).to.deep.equal(["dags"]);
        expect(await renewed(dags({ "a.py": "a = 1\n" }), before)).to.deep.equal(["dags"]);
        expect(await renewed(dags({ "a.py": "a = 1\n", "b.py": "", "c.py": "" }), before)).to.deep.equal(["dags"]);
    });

    it("run again after a failure, and never beside a proxy that would not end", () => {
        for (const job of objects(registrations, "Job")) {
            expect(metadata(job).annotations, job.name).to.deep.equal({ "pulumi.com/replaceUnready": "true" });
            const { backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished, template } = spec<JobSpec>(job);
            expect(template.metadata?.annotations, job.name).to.include({ "sidecar.istio.io/inject": "false" });
            expect(template.spec?.restartPolicy, job.name).to.equal("Never");
            expect(backoffLimit, job.name).to.equal(0);
            expect(activeDeadlineSeconds, job.name).to.be.within(300, 1800);
            // One that vanished would be made again by a refresh.
            expect(ttlSecondsAfterFinished, job.name).to.equal(undefined);
        }
    });

    /** Files of a ConfigMap, by its own name or that which the provider gives it. */
    const dataOf = (configMap?: string): Record<string, string> => {
        const found = objects(registrations, "ConfigMap").find(
            (object) => (metadata(object).name ?? providerName(object.name)) === configMap,
        );
        return (found?.inputs.data ?? {}) as Record<string, string>;
    };

    it("run again when their own script changes, or the one that retries it", async () => {
        const { readFileSync } = fs;
        const withChanged = async (script: string) => {
            fs.readFileSync = ((path: string, ...rest: [BufferEncoding]) =>
                `${readFileSync(path, ...rest)}${path.endsWith(`/scripts/${script}`) ? "# changed\n" : ""}`) as typeof readFileSync;
            try {
                return await renewed({});
            } finally {
                fs.readFileSync = readFileSync;
            }
        };
        expect(await withChanged("create_admin.py")).to.deep.equal(["admin-user"]);
        expect(await withChanged("prepare_directories.py")).to.deep.equal(["permissions"]);
        expect(await withChanged("cleanup_logs.py")).to.deep.equal([]);
        expect(await withChanged("retry.py")).to.have.members(all);
    });

    it("try again inside their pod, since the provider knows the end of a Job by its last try alone", () => {
        for (const job of objects(registrations, "Job")) {
            const { podFailurePolicy, template } = spec<JobSpec>(job);
            const [{ command, args } = { command: undefined, args: undefined }] = template.spec?.containers ?? [];
            const mount = template.spec?.volumes?.find(({ name }) => name === "scripts");
            const files = dataOf(mount?.configMap?.name);
            const [program, retry, script] = command ?? args ?? [];
            expect([program, retry], job.name).to.deep.equal(["python", "/scripts/retry.py"]);
            expect(files["retry.py"], job.name).to.contain("NO_RETRY = 65");
            expect(files, job.name).to.have.property(script.replace("/scripts/", ""));
            expect(podFailurePolicy?.rules, job.name).to.deep.equal([
                { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
            ]);
        }
    });

    it("and what only they use are not in the way of themselves when a change that failed is undone", async () => {
        // The object of before is deleted by the next update alone: a name that comes back would be taken.
        const built = async (image: string, address: string) => {
            const caCertificate = `-----BEGIN CERTIFICATE-----\n${image}\n-----END CERTIFICATE-----\n`;
            const git = { repository: "https://git.example.org/dags.git", caCertificate };
            const made = await record(
                () =>
                    new AirflowKubernetes("airflow", {
                        airflow: { image },
                        hosting: Hosting.ReadWriteMany,
                        storage: { kind: StorageKind.NfsServer, nfsServer: { image: "ganesha:1", clients: [address] } },
                        dags: { delivery: DagDelivery.GitSync, git },
                        metrics: { statsd: {}, state: {} },
                        database: { backup: {}, cleanup: {} },
                    }),
            );
            return objects(made).filter((object) => metadata(object).name !== undefined);
        };
        const [before, after] = await Promise.all([built("airflow:1", "10.0.0.1"), built("airflow:2", "10.0.0.2")]);
        const renamed = after.filter((object) => {
            const same = before.find(({ name, type }) => name === object.name && type === object.type);
            return same !== undefined && metadata(same).name !== metadata(object).name;
        });
        expect(renamed.map(({ name }) => name)).to.include.members([
            "airflow-migration-job",
            "airflow-permissions-job",
            "airflow-git-airflow-files",
        ]);
        expect(renamed.filter((object) => !object.deleteBeforeReplace).map(({ name }) => name)).to.deep.equal([]);
    });

    it("that load DAGs get the digest and all parts of the archive, under names of the provider", async () => {
        const path = folder({ "a.py": "", "data.bin": noise(2_000_000) });
        const registrations = await record(
            () => new AirflowKubernetes("airflow", { dags: { volume: { folder: path } } }),
        );
        const parts = registrations.filter(
            ({ type, name }) => kindOf(type) === "ConfigMap" && name.includes("archive"),
        );
        expect(parts).to.have.lengthOf(3);
        const pod = pods(registrations).find(({ owner }) => owner === "airflow-dags-job");
        const digest = pod?.spec.containers[0].args?.at(-1) ?? "";
        expect(digest).to.match(/^[0-9a-f]{64}$/);
        expect(parts.map((part) => metadata(part).name)).to.deep.equal([undefined, undefined, undefined]);
        for (const { name, inputs } of parts) {
            expect(inputs.immutable, name).to.equal(true);
            expect(Object.keys(inputs.binaryData as object), name).to.deep.equal([`dags.${name.slice(-3)}`]);
        }
        const sources = pod?.spec.volumes?.find(({ name }) => name === "archive")?.projected?.sources ?? [];
        expect(sources.map(({ configMap }) => configMap?.name)).to.have.members(
            parts.map(({ name }) => providerName(name)),
        );
    });

    it("give no password to a command line", () => {
        const job = named(registrations, "airflow-admin-user-job");
        const [container] = spec<JobSpec>(job).template.spec?.containers ?? [];
        expect(container.command).to.equal(undefined);
        expect(container.args).to.deep.equal(["python", "/scripts/retry.py", "/scripts/create-admin.py"]);
        expect(container.env?.find(({ name }) => name === "ADMIN_PASSWORD")?.valueFrom?.secretKeyRef?.key).to.equal(
            "password",
        );
    });
});
