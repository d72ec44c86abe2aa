import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery, Hosting, PodUser, StorageKind } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, openTexts, type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, pods, spec, waitsFor, workerPod } from "../support/objects";

/** Kinds that lie in no namespace. */
const clusterScoped = ["Namespace", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding"];

const onClaims: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    namespaces: { create: false, airflow: "team", workers: "team-tasks" },
    storage: {
        kind: StorageKind.Claims,
        claims: { airflow: { dags: "a-dags", logs: "a-logs" }, workers: { dags: "w-dags", logs: "w-logs" } },
    },
};

const fernetKey = `${"k".repeat(43)}=`;
const retained: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    storage: { nfsServer: { image: "registry.example.org/nfs-ganesha:4.3", clients: ["10.0.0.0/24"] } },
    database: { retain: true, password: "pinned-password" },
};

function build(args: AirflowKubernetesArgs): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args));
}

/** Names of the claims that a pod mounts, by its volumes. */
function claimsOf({ volumes = [] }: { volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[] }) {
    return Object.fromEntries(
        volumes.flatMap(({ name, persistentVolumeClaim }) =>
            persistentVolumeClaim ? [[name, persistentVolumeClaim.claimName]] : [],
        ),
    );
}

/** Every field of some name in a value, wherever it lies. */
function fieldsNamed(value: unknown, names: readonly string[]): string[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value).flatMap(([key, part]) => [
        ...(names.includes(key) ? [`${key}: ${JSON.stringify(part)}`] : []),
        ...fieldsNamed(part, names),
    ]);
}

describe("namespaces that exist", () => {
    it("with claims that exist, nothing is made outside of the two namespaces", async () => {
        const registrations = await build(onClaims);
        for (const kind of clusterScoped) {
            expect(objects(registrations, kind), kind).to.deep.equal([]);
        }
        const places = new Set(objects(registrations).map((object) => metadata(object).namespace));
        expect([...places]).to.have.members(["team", "team-tasks"]);
        expect(objects(registrations, "PodTemplate")).to.deep.equal([]);
    });

    it("with claims that exist, pods mount those of their own namespace, and the database has one of its own", async () => {
        const registrations = await build(onClaims);
        expect(claimsOf(workerPod(registrations).spec)).to.deep.equal({ dags: "w-dags", logs: "w-logs" });
        const all = pods(registrations).map((pod) => claimsOf(pod.spec));
        expect(all).to.deep.include({ dags: "a-dags", logs: "a-logs" });
        expect(new Set(all.flatMap((claims) => Object.values(claims)))).to.deep.equal(
            new Set(["a-dags", "a-logs", "airflow-postgres"]),
        );
        expect(objects(registrations, "PersistentVolumeClaim").map((claim) => metadata(claim).name)).to.deep.equal([
            "airflow-postgres",
        ]);
    });

    it("what lies in them is deleted by itself, and nothing is left to an owner", async () => {
        for (const args of [onClaims, { namespaces: { create: false } }]) {
            const registrations = await build(args);
            for (const object of objects(registrations)) {
                expect([object.retainOnDelete, object.deletedWith], object.name).to.deep.equal([false, ""]);
                expect(metadata(object).ownerReferences, object.name).to.equal(undefined);
            }
        }
    });

    it("keep an installation on a directory of the node whole, with its namespace of the storage", async () => {
        const kinds = (registrations: Registration[]) =>
            objects(registrations)
                .map((object) => `${kindOf(object.type)} ${object.name}`)
                .filter((each) => !/^(Namespace|PodTemplate) /.test(each))
                .sort();
        expect(kinds(await build({ namespaces: { create: false } }))).to.deep.equal(kinds(await build({})));
    });

    it("are told as outputs, and what destroy leaves in them", async () => {
        let told: unknown;
        await record(() => {
            const { namespaces, retained: left } = new AirflowKubernetes("airflow", onClaims);
            pulumi.all([namespaces, left]).apply((known) => {
                told = known;
            });
        });
        expect(told).to.deep.equal([
            { airflow: "team", workers: "team-tasks", storage: undefined },
            [
                { data: "dags", namespace: "team", claim: "a-dags" },
                { data: "logs", namespace: "team", claim: "a-logs" },
            ],
        ]);
    });

    it("may hold the claim of a retained database", async () => {
        const registrations = await build({
            ...onClaims,
            airflow: { fernetKey, registries: [{ server: "registry.example.org", username: "robot", password: "p" }] },
            database: {
                retain: true,
                password: "pinned-password",
                existingClaim: { namespace: "team", name: "airflow-database" },
            },
        });
        const [postgres] = pods(registrations).filter(({ owner }) => owner === "airflow-postgres-stateful-set");
        expect([postgres.namespace, claimsOf(postgres.spec)]).to.deep.equal(["team", { data: "airflow-database" }]);
        // One name in one namespace can be there once.
        const keys = objects(registrations).flatMap((object) => {
            const { name, namespace } = metadata(object);
            return name === undefined ? [] : [`${kindOf(object.type)} ${namespace} ${name}`];
        });
        expect(keys.filter((key, index) => keys.indexOf(key) !== index)).to.deep.equal([]);
    });
});

describe("registries", () => {
    const registries = [
        { server: "registry.example.org:5000", username: "robot", password: "a-registry-password" },
        { server: "docker.io", username: pulumi.output("team"), password: pulumi.output("another-password") },
    ];
    const args: AirflowKubernetesArgs = { ...retained, airflow: { fernetKey, registries, imagePullSecrets: ["team"] } };

    it("become one pull Secret in each namespace in which a pod runs", async () => {
        const registrations = await build(args);
        const secrets = objects(registrations, "Secret").filter(
            ({ inputs }) => inputs.type === "kubernetes.io/dockerconfigjson",
        );
        const running = new Set(pods(registrations).map(({ namespace }) => namespace));
        expect(running.size).to.equal(4);
        expect(secrets.map((secret) => metadata(secret).namespace)).to.have.members([...running, "airflow-workers"]);
        for (const secret of secrets) {
            expect(metadata(secret).name).to.equal("airflow-registries");
            expect(secret.secretInputs).to.include("stringData");
            const data = secret.inputs.stringData as Record<string, string>;
            expect(JSON.parse(data[".dockerconfigjson"])).to.deep.equal({
                auths: {
                    "registry.example.org:5000": {
                        username: "robot",
                        password: "a-registry-password",
                        auth: Buffer.from("robot:a-registry-password").toString("base64"),
                    },
                    "https://index.docker.io/v1/": {
                        username: "team",
                        password: "another-password",
                        auth: Buffer.from("team:another-password").toString("base64"),
                    },
                },
            });
        }
    });

    it("are named by every pod, beside the pull Secrets that exist", async () => {
        const registrations = await build(args);
        const all = [...pods(registrations), workerPod(registrations)];
        for (const { owner, spec: pod } of all) {
            expect(pod.imagePullSecrets, owner).to.deep.equal([{ name: "team" }, { name: "airflow-registries" }]);
        }
        // What prepares the volumes is a pod that a Job makes.
        const [permissions] = pods(registrations).filter(({ owner }) => owner === "airflow-permissions-job");
        const made = permissions.spec.containers[0].env.find(({ name }) => name === "POD")?.value ?? "";
        expect(JSON.parse(made).spec.imagePullSecrets).to.deep.equal([
            { name: "team" },
            { name: "airflow-registries" },
        ]);
    });

    it("are there before any pod that pulls", async () => {
        const registrations = await build(args);
        const secretOf = Object.fromEntries(
            objects(registrations, "Secret")
                .filter(({ name }) => name.endsWith("-registries"))
                .map((secret) => [metadata(secret).namespace, secret.name]),
        );
        for (const { owner, namespace } of pods(registrations)) {
            expect([...waitsFor(registrations, owner)], owner).to.include(secretOf[namespace ?? ""]);
        }
        expect([...waitsFor(registrations, "airflow-scheduler-deployment")]).to.include(
            "airflow-access-workers-registries",
        );
    });

    it("show no password in what the stack keeps", async () => {
        const { registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
        const open = registrations.flatMap(({ sentInputs }) => openTexts(sentInputs));
        expect(open.filter((text) => /a-registry-password|another-password/.test(text))).to.deep.equal([]);
    });

    it("make nothing when there are none", async () => {
        const registrations = await build({});
        expect(objects(registrations).filter(({ name }) => name.endsWith("-registries"))).to.deep.equal([]);
    });
});

describe("ServiceAccounts that exist", () => {
    const serviceAccounts = Object.fromEntries(
        ["apiServer", "scheduler", "dagProcessor", "triggerer", "jobs", "worker"].map((noun) => [
            noun,
            { existing: noun === "triggerer" ? pulumi.output("team-triggerer") : `team-${noun.toLowerCase()}` },
        ]),
    );
    let registrations: Registration[];
    before(async () => {
        registrations = await build({
            serviceAccounts,
            workers: { kubernetesPodOperator: true, podNamespaces: ["more"] },
        });
    });

    it("are used in place of the component's own, of which none is made", () => {
        const made = objects(registrations, "ServiceAccount").map((account) => metadata(account).name);
        expect(made).to.have.members(["airflow-permissions", "airflow-postgres"]);
        const used = Object.fromEntries(
            pods(registrations).map(({ owner, spec: pod }) => [owner, pod.serviceAccountName]),
        );
        expect(used).to.include({
            "airflow-api-server-deployment": "team-apiserver",
            "airflow-scheduler-deployment": "team-scheduler",
            "airflow-dag-processor-deployment": "team-dagprocessor",
            "airflow-triggerer-stateful-set": "team-triggerer",
            "airflow-migration-job": "team-jobs",
            "airflow-dags-job": "team-jobs",
            "airflow-log-cleanup-cron-job": "team-jobs",
        });
        expect(workerPod(registrations).spec.serviceAccountName).to.equal("team-worker");
    });

    it("get the rights of these", () => {
        const subjects = Object.fromEntries(
            objects(registrations, "RoleBinding").map((binding) => {
                const [{ name, namespace }] = binding.inputs.subjects as { name: string; namespace: string }[];
                const { name: role } = binding.inputs.roleRef as { name: string };
                return [`${metadata(binding).namespace}/${role}`, `${namespace}/${name}`];
            }),
        );
        expect(subjects).to.deep.equal({
            "airflow-storage/airflow-permissions": "airflow-storage/airflow-permissions",
            "airflow-workers/airflow-scheduler": "airflow/team-scheduler",
            "airflow-workers/airflow-api-server": "airflow/team-apiserver",
            "airflow-workers/airflow-worker": "airflow-workers/team-worker",
            "airflow-workers/airflow-triggerer": "airflow/team-triggerer",
            "more/airflow-worker": "airflow-workers/team-worker",
            "more/airflow-triggerer": "airflow/team-triggerer",
        });
    });
});

describe("users that the platform chooses", () => {
    const users = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"];
    const platform: AirflowKubernetesArgs = { ...onClaims, podSecurity: { user: PodUser.Platform } };
    const cases: Record<string, AirflowKubernetesArgs> = {
        "claims that exist": { ...platform, triggerer: { replicas: 1 } },
        "git-sync": {
            ...platform,
            dags: { delivery: DagDelivery.GitSync, git: { repository: "https://git.example.org/dags.git" } },
        },
        "files of an image": {
            ...platform,
            dags: { volume: { image: "registry.example.org/dags:1", imagePath: "/dags" } },
        },
        "an NFS server outside": {
            hosting: Hosting.ReadWriteMany,
            podSecurity: { user: PodUser.Platform },
            storage: { kind: StorageKind.Nfs, nfs: { server: "192.0.2.10", path: "/exports" } },
        },
    };
    for (const [noun, args] of Object.entries(cases)) {
        it(`are named by no pod: ${noun}`, async () => {
            const registrations = await build(args);
            const all = [...pods(registrations), workerPod(registrations)];
            for (const { owner, spec: pod } of all) {
                expect(fieldsNamed(pod, users), owner).to.deep.equal([]);
                expect(pod.securityContext, owner).to.include({ runAsNonRoot: true });
                for (const { env = [] } of pod.containers) {
                    const made = env.find(({ name }) => name === "POD")?.value;
                    expect(fieldsNamed(JSON.parse(made ?? "{}"), users), owner).to.deep.equal([]);
                }
            }
        });
    }

    it("are told a name and a home, which no image has for them", async () => {
        const registrations = await build(platform);
        const airflow = [...pods(registrations), workerPod(registrations)].filter(({ owner }) =>
            /api-server|scheduler|dag-processor|triggerer|migration|admin-user|worker/.test(owner),
        );
        expect(airflow).to.have.lengthOf(7);
        for (const { owner, spec: pod } of airflow) {
            const env = Object.fromEntries(pod.containers[0].env.map(({ name, value }) => [name, value]));
            expect(env, owner).to.include({ USER: "airflow", HOME: "/home/airflow" });
        }
        const [postgres] = pods(registrations).filter(({ owner }) => owner === "airflow-postgres-stateful-set");
        expect(spec<{ replicas: number }>(named(registrations, postgres.owner)).replicas).to.equal(1);
    });

    it("are those of the images otherwise", async () => {
        const registrations = await build({});
        for (const { owner, spec: pod } of pods(registrations)) {
            expect(pod.securityContext?.runAsUser, owner).to.be.oneOf([50000, 999]);
        }
    });
});
