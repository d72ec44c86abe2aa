import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import type { AirflowKubernetesArgs } from "../../components";
import { airflowNames, nfsServerNames, postgresNames } from "../../components/pods/reservedNames";
import { readArgs } from "../../config";
import { combinations } from "../support/combinations";
import { AirflowKubernetes } from "../support/exampleDags";
import { type Registration, record } from "../support/mocks";
import { metadata, named, objects, type Pod, pods, workerPod } from "../support/objects";
import { asConfig } from "../support/randomConfigurations";

type PodTemplateSpec = k8s.types.output.core.v1.PodTemplateSpec;
type WorkerPod = k8s.types.output.core.v1.Pod;

function build(args: AirflowKubernetesArgs, preview = false): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args), preview);
}

/** An installation with a pod of each kind. */
const whole: AirflowKubernetesArgs = {
    ...readArgs(asConfig(combinations["gitSync on an NFS server in the cluster"])).args,
    pythonPackages: { requirements: "examples/image/requirements.txt" },
};

/** The pods that Jobs have made to prepare the volumes. */
function preparationPods(registrations: readonly Registration[]): Pod[] {
    return pods(registrations)
        .flatMap(({ spec }) => spec.containers[0].env?.filter(({ name }) => name === "POD") ?? [])
        .map(({ value }) => {
            const { metadata, spec } = JSON.parse(value) as WorkerPod;
            return { owner: "preparation", kind: "Pod", metadata: metadata as Pod["metadata"], spec };
        });
}

function everyPod(registrations: readonly Registration[]): Pod[] {
    return [...pods(registrations), workerPod(registrations), ...preparationPods(registrations)];
}

/** A template that leaves a mark. */
function marked(mark: string) {
    return { podTemplate: { metadata: { annotations: { mark } } } };
}

describe("podTemplate", () => {
    it("of airflow reaches every pod, and * every container of the component", async () => {
        const registrations = await build({
            ...whole,
            airflow: {
                podTemplate: {
                    metadata: { labels: { team: "data" } },
                    spec: {
                        nodeSelector: { pool: "airflow" },
                        containers: [
                            { name: "*", env: [{ name: "CA", value: "/ca" }] },
                            { name: "shipper", image: "shipper:1" },
                        ],
                    },
                },
            },
        });
        const all = everyPod(registrations);
        expect(all.length).to.be.greaterThan(10);
        for (const { owner, metadata: made, spec } of all) {
            expect(made.labels?.team, owner).to.equal("data");
            expect(spec.nodeSelector, owner).to.deep.equal({ pool: "airflow" });
            const [own, shipper, ...others] = spec.containers;
            expect(others, owner).to.deep.equal([]);
            expect(own.env?.at(-1), owner).to.deep.equal({ name: "CA", value: "/ca" });
            expect(own.image, owner).to.not.equal("shipper:1");
            expect(shipper.name, owner).to.equal("shipper");
            expect(shipper.env, owner).to.equal(undefined);
        }
    });

    it("of each part reaches its own pods and no other, and wins over that of all", async () => {
        const { dags, storage } = whole;
        const registrations = await build({
            ...whole,
            airflow: marked("all"),
            apiServer: marked("apiServer"),
            scheduler: marked("scheduler"),
            dagProcessor: marked("dagProcessor"),
            triggerer: marked("triggerer"),
            workers: marked("workers"),
            jobs: marked("jobs"),
            database: { ...whole.database, ...marked("database") },
            dags: { ...dags, gitSync: marked("gitSync") },
            storage: { ...storage, nfsServer: { ...storage?.nfsServer, ...marked("nfsServer") } },
        });
        const marks = Object.fromEntries(
            everyPod(registrations).map(({ owner, metadata: made }) => [owner, made.annotations?.mark]),
        );
        expect(marks).to.deep.equal({
            "airflow-api-server-deployment": "apiServer",
            "airflow-scheduler-deployment": "scheduler",
            "airflow-dag-processor-deployment": "dagProcessor",
            "airflow-triggerer-stateful-set": "triggerer",
            "airflow-postgres-stateful-set": "database",
            "airflow-git-sync-deployment": "gitSync",
            "airflow-storage-nfs-server-stateful-set": "nfsServer",
            "airflow-permissions-job": "jobs",
            "airflow-migration-job": "jobs",
            "airflow-admin-user-job": "jobs",
            "airflow-objects-job": "jobs",
            "airflow-python-packages-job": "jobs",
            "airflow-repository-check-job": "jobs",
            "airflow-log-cleanup-cron-job": "jobs",
            "airflow-worker-templates-file": "workers",
            preparation: "jobs",
        });
    });

    it("makes Jobs run again that it changes, also where it is an Output, and resources of Jobs do", async () => {
        const names = async (args: AirflowKubernetesArgs) =>
            objects(await build(args), "Job").map((job) => metadata(job).name);
        const before = await names({});
        const tolerant = { podTemplate: { spec: { tolerations: [{ operator: "Exists" }] } } };
        const later = { podTemplate: { spec: { tolerations: pulumi.output([{ operator: "Exists" }]) } } };
        const plain = await names({ jobs: tolerant });
        expect(plain.filter((name) => before.includes(name))).to.deep.equal([]);
        expect(await names({ jobs: later })).to.have.members(plain);
        const bigger = await names({ jobs: { resources: { limits: { memory: "4Gi" } } } });
        // The Job that has volumes prepared runs no Airflow.
        expect(bigger.filter((name) => before.includes(name))).to.have.lengthOf(1);
    });

    it("takes Outputs, which a preview knows nothing of", async () => {
        const team = pulumi.output("data");
        const args: AirflowKubernetesArgs = {
            airflow: { env: [{ name: "TEAM", value: team }], podTemplate: { metadata: { labels: { team } } } },
        };
        for (const { owner, metadata: made } of everyPod(await build(args))) {
            expect(made.labels?.team, owner).to.equal("data");
        }
        expect(objects(await build(args, true), "Deployment")).to.have.lengthOf(3);
    });

    it("cannot take a name or a path that the component uses: all of them are reserved", async function () {
        this.timeout(240_000);
        for (const [what, values] of Object.entries(combinations)) {
            const registrations = await record(() => new AirflowKubernetes("airflow", readArgs(asConfig(values)).args));
            for (const { owner, spec } of everyPod(registrations)) {
                const reserved =
                    owner === "airflow-postgres-stateful-set"
                        ? postgresNames
                        : owner === "airflow-storage-nfs-server-stateful-set"
                          ? nfsServerNames
                          : airflowNames;
                const containers = [...spec.containers, ...(spec.initContainers ?? [])];
                const volumes = (spec.volumes ?? []).map(({ name }) => name).filter((name) => name !== "ca");
                expect(reserved.volumes, `${what}: ${owner}`).to.include.members(
                    volumes.map((name) => name.replace(/-[0-9a-f]{6}$/, "")),
                );
                for (const { mountPath } of containers.flatMap(({ volumeMounts }) => volumeMounts ?? [])) {
                    const known = reserved.mountPaths.some((path) => `${mountPath}/`.startsWith(`${path}/`));
                    expect(known || mountPath === "/etc/ssl/team", `${what}: ${owner}: ${mountPath}`).to.equal(true);
                }
                expect(reserved.initContainers, `${what}: ${owner}`).to.include.members(
                    (spec.initContainers ?? []).map(({ name }) => name),
                );
            }
        }
    });
});

describe("workers.templates", () => {
    const args: AirflowKubernetesArgs = {
        workers: {
            podTemplate: { spec: { nodeSelector: { pool: "tasks" } } },
            templates: {
                gpu: {
                    spec: {
                        nodeSelector: { pool: "gpu" },
                        containers: [{ name: "base", resources: { limits: { "nvidia.com/gpu": "1" } } }],
                    },
                },
                big: { spec: { containers: [{ name: "base", resources: { limits: { memory: "64Gi" } } }] } },
            },
        },
    };
    let registrations: Registration[];
    before(async () => {
        registrations = await build(args);
    });

    it("are files made from the template of all tasks", () => {
        const { data } = named(registrations, "airflow-worker-templates-named-files").inputs;
        const files = data as Record<string, string>;
        expect(Object.keys(files)).to.have.members(["gpu.yaml", "big.yaml"]);
        const gpu = parse(files["gpu.yaml"], { version: "1.1" }) as WorkerPod;
        expect(gpu.kind).to.equal("Pod");
        expect(gpu.spec.nodeSelector).to.deep.equal({ pool: "gpu" });
        const [base] = gpu.spec.containers;
        expect(base.name).to.equal("base");
        expect(base.resources.limits).to.include({ memory: "1Gi", "nvidia.com/gpu": "1" });
        expect(gpu.spec.volumes).to.deep.equal(workerPod(registrations).spec.volumes);
        expect((parse(files["big.yaml"]) as WorkerPod).spec.nodeSelector).to.deep.equal({ pool: "tasks" });
    });

    it("lie where scheduler and dag-processor read them, and nobody else", () => {
        const sources = Object.fromEntries(
            pods(registrations).map(({ owner, spec }) => [
                owner,
                (spec.volumes ?? [])
                    .filter(({ name }) => name === "pod-templates")
                    .flatMap(({ projected }) => projected?.sources ?? []).length,
            ]),
        );
        expect(Object.entries(sources).filter(([, count]) => count > 0)).to.have.deep.members([
            ["airflow-scheduler-deployment", 2],
            ["airflow-dag-processor-deployment", 1],
        ]);
    });

    it("are PodTemplates of the workers' namespace, for the API server to judge", () => {
        const templates = objects(registrations, "PodTemplate");
        expect(templates.map((each) => `${metadata(each).namespace}/${metadata(each).name}`)).to.have.members([
            "airflow-workers/airflow-worker",
            "airflow-workers/airflow-worker-gpu",
            "airflow-workers/airflow-worker-big",
        ]);
        const gpu = named(registrations, "airflow-worker-templates-gpu", "PodTemplate").inputs.template;
        const { metadata: made, spec } = gpu as PodTemplateSpec;
        expect(made.labels).to.deep.equal(workerPod(registrations).metadata.labels);
        expect(spec.nodeSelector).to.deep.equal({ pool: "gpu" });
    });
});
