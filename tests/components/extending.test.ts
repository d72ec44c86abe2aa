import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagBundleKind, DagDelivery } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { folder, removeFolders } from "../support/folders";
import { openTexts, type Registration, record } from "../support/mocks";
import { metadata, named, objects, type Pod, pods, waitsFor, workerPod } from "../support/objects";

const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
const processes = [
    "airflow-api-server-deployment",
    "airflow-dag-processor-deployment",
    "airflow-scheduler-deployment",
    "airflow-triggerer-stateful-set",
];
const installed = (args: AirflowKubernetesArgs) => record(() => new AirflowKubernetes("airflow", args));

function pod(registrations: readonly Registration[], owner: string): Pod {
    const found = pods(registrations).find((candidate) => candidate.owner === owner);
    expect(found, owner).to.not.equal(undefined);
    return found as Pod;
}

/** All pods of Airflow, tasks included, whose first container says this. */
function those(registrations: readonly Registration[], say: (container: Pod["spec"]["containers"][0]) => boolean) {
    return [...pods(registrations), workerPod(registrations)]
        .filter(({ spec: { containers } }) => say(containers[0]))
        .map(({ owner }) => owner);
}

const bundles = [
    { name: "marketing", kind: DagBundleKind.Git, git: { repository: "https://h/m", token: "s3cret-token" } },
    {
        name: "sales",
        kind: DagBundleKind.Git,
        git: { repository: "https://h/s", tokenSecret: { name: "kept", key: "token" } },
    },
    { name: "support", kind: DagBundleKind.Git, git: { repository: "git@github.com:team/a", sshKey: key } },
    { name: "help", kind: DagBundleKind.Git, git: { repository: "git@github.com:team/b", sshKey: key } },
    {
        name: "research",
        kind: DagBundleKind.S3,
        s3: { url: pulumi.output("s3://bucket/dags"), accessKeyId: "AKIA", secretAccessKey: "s3cret-key" },
    },
    {
        name: "archive",
        kind: DagBundleKind.S3,
        s3: { url: "s3://bucket", accessKeyId: "AKIA", secretAccessKeySecret: { name: "kept", key: "s3" } },
    },
    { name: "role", kind: DagBundleKind.S3, s3: { url: "s3://bucket", region: "eu-west-1" } },
    { name: "finance", kind: DagBundleKind.Gcs, gcs: { url: "gs://bucket/dags" } },
    { name: "common", kind: DagBundleKind.Local, local: { path: "/opt/dags" } },
];

describe("further bundles of DAGs", () => {
    let registrations: readonly Registration[];

    before(async () => {
        registrations = await installed({ dags: { bundles } });
    });

    it("are read before the processes are told of them, one Job for each repository", () => {
        const checks = objects(registrations, "Job").filter(({ name }) => name.includes("-bundle-"));
        expect(checks.map(({ name }) => name)).to.have.members(
            ["marketing", "sales", "support", "help"].map((noun) => `airflow-bundle-${noun}-check-job`),
        );
        expect(new Set(checks.map((job) => metadata(job).name)).size).to.equal(4);
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include.members(checks.map((job) => job.name));
        }
        const { env } = pod(registrations, "airflow-bundle-support-check-job").spec.containers[0];
        expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).to.include({
            ARGUMENT: "dags.bundles[support].git",
            FULL_CLONE: "yes",
        });
    });

    it("have connections that dag-processor and api-server know, and no task", () => {
        const variables = (owner: string) =>
            pod(registrations, owner)
                .spec.containers[0].env.map(({ name }) => name)
                .filter((name) => /^AIRFLOW_CONN_|_TOKEN_|_ACCESS_KEY_/.test(name));
        const all = [
            "AIRFLOW_CONN_DAG_BUNDLE_MARKETING",
            "AIRFLOW_GIT_TOKEN_SALES",
            "AIRFLOW_CONN_DAG_BUNDLE_SALES",
            "AIRFLOW_CONN_DAG_BUNDLE_SUPPORT",
            "AIRFLOW_CONN_DAG_BUNDLE_HELP",
            "AIRFLOW_CONN_DAG_BUNDLE_RESEARCH",
            "AIRFLOW_SECRET_ACCESS_KEY_ARCHIVE",
            "AIRFLOW_CONN_DAG_BUNDLE_ARCHIVE",
            "AIRFLOW_CONN_DAG_BUNDLE_ROLE",
            "AIRFLOW_CONN_DAG_BUNDLE_FINANCE",
        ];
        expect(variables("airflow-dag-processor-deployment")).to.deep.equal(all);
        expect(variables("airflow-api-server-deployment")).to.deep.equal(all);
        const holders = those(registrations, ({ env }) =>
            (env ?? []).some(({ name }) => name.startsWith("AIRFLOW_CONN_DAG_BUNDLE")),
        );
        expect(holders).to.have.members(["airflow-dag-processor-deployment", "airflow-api-server-deployment"]);
    });

    it("carry what each connection says, and no secret in the open", () => {
        const env = pod(registrations, "airflow-dag-processor-deployment").spec.containers[0].env;
        const value = (noun: string) =>
            JSON.parse(env.find(({ name }) => name === `AIRFLOW_CONN_DAG_BUNDLE_${noun}`)?.value ?? "null");
        expect(value("SALES")).to.include({ conn_type: "git", password: "$(AIRFLOW_GIT_TOKEN_SALES)" });
        expect(value("ARCHIVE")).to.deep.equal({
            conn_type: "aws",
            login: "AKIA",
            password: "$(AIRFLOW_SECRET_ACCESS_KEY_ARCHIVE)",
            extra: { region_name: "us-east-1" },
        });
        expect(value("ROLE")).to.deep.equal({ conn_type: "aws", extra: { region_name: "eu-west-1" } });
        expect(value("FINANCE")).to.deep.equal({ conn_type: "google_cloud_platform" });
        const kept = (noun: string) =>
            JSON.parse(
                (named(registrations, `airflow-bundle-${noun}-secret`).inputs.stringData as { connection: string })
                    .connection,
            );
        expect(kept("marketing")).to.include({ conn_type: "git", host: "https://h/m", password: "s3cret-token" });
        expect(kept("research")).to.include({ conn_type: "aws", login: "AKIA", password: "s3cret-key" });
        expect(kept("support").extra).to.include({ known_hosts_file: "/etc/git-files/support/known_hosts" });
        for (const { name, sentInputs } of registrations) {
            expect(openTexts(sentInputs).join("\n"), name).to.not.match(/s3cret|PRIVATE KEY/);
        }
    });

    it("bring each host's keys to both namespaces, under names of their own", () => {
        const maps = objects(registrations, "ConfigMap").filter(({ name }) => name.endsWith("-files"));
        expect(maps.map((map) => [map.name, metadata(map).namespace])).to.have.deep.members(
            ["support", "help"].flatMap((noun) => [
                [`airflow-bundle-${noun}-airflow-files`, "airflow"],
                [`airflow-bundle-${noun}-workers-files`, "airflow-workers"],
            ]),
        );
        expect(new Set(maps.map((map) => metadata(map).name)).size).to.equal(2);
    });

    it("are beside the DAGs of the delivery, or all there is", async () => {
        expect(registrations.some(({ name }) => name === "airflow-dags-job")).to.equal(true);
        const alone = await installed({ dags: { delivery: DagDelivery.Bundles, bundles: bundles.slice(0, 1) } });
        expect(alone.some(({ name }) => /airflow-dags-job|repository-check|git-sync/.test(name))).to.equal(false);
        const mounting = those(alone, ({ volumeMounts }) =>
            (volumeMounts ?? []).some(({ mountPath }) => mountPath === "/opt/airflow/dags"),
        );
        expect(mounting).to.deep.equal([]);
    });
});

describe("plugins beside the DAGs", () => {
    afterEach(removeFolders);

    const mountsDags = (registrations: readonly Registration[], owner: string) =>
        pod(registrations, owner).spec.containers[0].volumeMounts.some(({ name }) => name === "dags");
    const annotations = (registrations: readonly Registration[]) =>
        Object.fromEntries(
            processes.map((owner) => [
                owner,
                pod(registrations, owner).metadata.annotations?.["airflow-kubernetes/plugins"],
            ]),
        );

    it("reach the api-server where their folder is named, and roll each process that loads them when they change", async () => {
        const volume = { folder: folder({ "a.py": "", "plugins/p.py": "a = 1" }) };
        const unnamed = await installed({ dags: { volume } });
        expect(mountsDags(unnamed, "airflow-api-server-deployment")).to.equal(false);
        const hash = annotations(unnamed)["airflow-scheduler-deployment"];
        expect(hash).to.match(/^[0-9a-f]{10}$/);
        expect(annotations(unnamed)).to.deep.equal({
            ...Object.fromEntries(processes.map((owner) => [owner, hash])),
            "airflow-api-server-deployment": undefined,
        });

        const named = await installed({ dags: { volume, pluginsFolder: "plugins" } });
        expect(mountsDags(named, "airflow-api-server-deployment")).to.equal(true);
        expect(annotations(named)).to.deep.equal(Object.fromEntries(processes.map((owner) => [owner, hash])));
        expect(annotations(await installed({}))["airflow-scheduler-deployment"]).to.equal(undefined);
    });
});

describe("airflow.localSettings", () => {
    const path = "/opt/airflow/config/airflow_local_settings.py";
    const text = "def task_policy(task):\n    pass\n";

    it("is a file of all processes and tasks, from a ConfigMap of each namespace, which a Job imports first", async () => {
        const registrations = await installed({ airflow: { localSettings: pulumi.output(text) } });
        const mounting = those(registrations, ({ volumeMounts }) =>
            (volumeMounts ?? []).some(({ mountPath }) => mountPath === path),
        );
        expect(mounting).to.have.members([
            ...processes,
            "airflow-local-settings-check-job",
            "airflow-worker-templates-file",
        ]);
        const maps = objects(registrations, "ConfigMap").filter(
            ({ name }) => name.startsWith("airflow-local-settings") && !name.endsWith("-scripts"),
        );
        expect(maps.map((map) => [metadata(map).namespace, metadata(map).name, map.inputs.data])).to.deep.equal([
            ["airflow", undefined, { "airflow_local_settings.py": text }],
            ["airflow-workers", undefined, { "airflow_local_settings.py": text }],
        ]);
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include("airflow-local-settings-check-job");
        }
        expect([...waitsFor(registrations, "airflow-local-settings-check-job")]).to.include("airflow-dags-job");
    });

    it("is looked at again when it changes, and is nowhere unless given", async () => {
        const check = async (localSettings: string) =>
            metadata(named(await installed({ airflow: { localSettings } }), "airflow-local-settings-check-job")).name;
        expect(await check(text)).to.equal(await check(text));
        expect(await check(text)).to.not.equal(await check(`${text}\n`));
        const without = await installed({});
        expect(without.some(({ name }) => name.includes("local-settings"))).to.equal(false);
        expect(
            those(without, ({ volumeMounts }) => volumeMounts.some(({ mountPath }) => mountPath === path)),
        ).to.deep.equal([]);
    });
});

describe("apiServer.webserverConfig", () => {
    const env = [{ name: "CLIENT_SECRET", valueFrom: { secretKeyRef: { name: "oauth", key: "secret" } } }];

    it("is a file of the api-server and of the Job that writes roles, which gets the api-server's variables, too", async () => {
        const registrations = await installed({ apiServer: { webserverConfig: "A = 1\n", env } });
        const users = ["airflow-api-server-deployment", "airflow-admin-user-job"];
        const mounting = those(registrations, ({ volumeMounts }) =>
            (volumeMounts ?? []).some(({ mountPath }) => mountPath === "/etc/airflow-webserver"),
        );
        expect(mounting).to.have.members(users);
        for (const owner of users) {
            const variables = pod(registrations, owner).spec.containers[0].env;
            expect(variables, owner).to.deep.include({
                name: "AIRFLOW__FAB__CONFIG_FILE",
                value: "/etc/airflow-webserver/webserver_config.py",
            });
            expect(variables, owner).to.deep.include(env[0]);
        }
        const map = named(registrations, "airflow-webserver-config-file");
        expect([metadata(map).namespace, metadata(map).name, map.inputs.data]).to.deep.equal([
            "airflow",
            undefined,
            { "webserver_config.py": "A = 1\n" },
        ]);
    });

    it("has roles written again when it changes; without it the Job is what it was", async () => {
        const job = async (args: AirflowKubernetesArgs["apiServer"]) =>
            metadata(named(await installed({ apiServer: args }), "airflow-admin-user-job")).name;
        expect(await job({ webserverConfig: "A = 1\n" })).to.not.equal(await job({ webserverConfig: "A = 2\n" }));
        expect(await job({ env })).to.equal(await job({}));
    });
});
