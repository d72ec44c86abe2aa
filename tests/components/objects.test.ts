import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { AirflowKubernetesArgs } from "../../components";
import { podOperatorRules, triggererRules } from "../../components/access/podRules";
import { AirflowKubernetes } from "../support/exampleDags";
import { providerName, type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, type Pod, pods, spec, workerPod } from "../support/objects";

type VolumeSpec = k8s.types.output.core.v1.PersistentVolumeSpec;
type ClaimSpec = k8s.types.output.core.v1.PersistentVolumeClaimSpec;
type Container = k8s.types.output.core.v1.Container;

const fernetKey = `${"k".repeat(43)}=`;
const retain: AirflowKubernetesArgs = {
    airflow: { fernetKey },
    database: { retain: true, password: "pinned-password" },
};

function build(args?: AirflowKubernetesArgs): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args));
}

function containers(pod: Pod): Container[] {
    return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

/** Names of the references to Secrets in a pod, and what of them. */
function secretReferences(pod: Pod): string[] {
    const inEnvironment = containers(pod).flatMap(({ env = [] }) =>
        env.flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef ? [valueFrom.secretKeyRef.key] : [])),
    );
    const inVolumes = (pod.spec.volumes ?? []).flatMap(({ secret }) => (secret ? [secret.secretName] : []));
    return [...inEnvironment, ...inVolumes];
}

describe("the template of task pods", () => {
    it("keeps text that Python's YAML would take for something else", async () => {
        const env = ["no", "on", "1e3", "0777", "null", "2026-01-01"].map((value, index) => ({
            name: `V${index}`,
            value,
        }));
        const { spec: pod } = workerPod(await build({ workers: { env } }));
        const kept = pod.containers[0].env.filter(({ name }) => /^V\d$/.test(name));
        expect(kept.map(({ value }) => value)).to.deep.equal(env.map(({ value }) => value));
    });
});

describe("the objects of AirflowKubernetes", () => {
    let defaults: Registration[];
    let retained: Registration[];
    before(async () => {
        defaults = await build();
        retained = await build(retain);
    });

    describe("every object", () => {
        it("says what it belongs to and who made it", () => {
            for (const object of [...objects(defaults), ...objects(retained)]) {
                expect(metadata(object).labels, object.name).to.include({
                    "app.kubernetes.io/name": "airflow",
                    "app.kubernetes.io/instance": "airflow",
                    "app.kubernetes.io/part-of": "airflow-kubernetes",
                    "app.kubernetes.io/managed-by": "pulumi",
                });
                expect(metadata(object).labels?.["app.kubernetes.io/component"], object.name).to.match(/^[a-z-]+$/);
            }
        });

        it("has a fixed name, unless a changed one is to roll the pods that use it", () => {
            const unnamed = objects(defaults).filter((object) => metadata(object).name === undefined);
            expect(unnamed.map(({ type, name }) => `${kindOf(type)} ${name}`)).to.have.members([
                "Secret airflow-database",
                "Secret airflow-api",
                "Secret airflow-encryption",
                "Secret airflow-admin",
                "Secret airflow-postgres-credentials",
                "ConfigMap airflow-postgres-certificate-authority",
                "ConfigMap airflow-worker-templates-file",
                "ConfigMap airflow-extension-python",
                ...objects(defaults, "ConfigMap")
                    .filter(
                        ({ name }) => /-(scripts|archive-000)$/.test(name) && name !== "airflow-permissions-scripts",
                    )
                    .map(({ name }) => `ConfigMap ${name}`),
            ]);
        });

        it("has a name that nothing else of its kind and namespace has", () => {
            for (const registrations of [defaults, retained]) {
                const identities = objects(registrations)
                    .filter((object) => metadata(object).name !== undefined)
                    .map((object) => `${kindOf(object.type)} ${metadata(object).namespace} ${metadata(object).name}`);
                expect(new Set(identities).size).to.equal(identities.length);
            }
        });

        it("of these kinds has exactly these names", () => {
            // Shared volumes and their claims end with a digest of their source.
            const fixed = (kind: string) =>
                objects(defaults, kind).map((object) =>
                    `${metadata(object).namespace ?? ""}/${metadata(object).name ?? ""}`.replace(/-[0-9a-f]{6}$/, ""),
                );
            expect(fixed("Namespace")).to.have.members(["/airflow", "/airflow-workers", "/airflow-storage"]);
            expect(fixed("ServiceAccount")).to.have.members([
                "airflow/airflow-api-server",
                "airflow/airflow-scheduler",
                "airflow/airflow-dag-processor",
                "airflow/airflow-triggerer",
                "airflow/airflow-jobs",
                "airflow/airflow-postgres",
                "airflow-workers/airflow-worker",
                "airflow-storage/airflow-permissions",
            ]);
            expect(fixed("Service")).to.have.members([
                "airflow/airflow-api-server",
                "airflow/airflow-execution-api",
                "airflow/airflow-postgres",
                "airflow/airflow-triggerer",
            ]);
            expect(fixed("Deployment")).to.have.members([
                "airflow/airflow-api-server",
                "airflow/airflow-scheduler",
                "airflow/airflow-dag-processor",
            ]);
            expect(fixed("StatefulSet")).to.have.members(["airflow/airflow-postgres", "airflow/airflow-triggerer"]);
            expect(fixed("PersistentVolume")).to.have.members([
                "/airflow-storage-dags",
                "/airflow-dags",
                "/airflow-workers-dags",
                "/airflow-storage-logs",
                "/airflow-logs",
                "/airflow-workers-logs",
            ]);
            expect(fixed("PersistentVolumeClaim")).to.have.members([
                "airflow-storage/airflow-dags",
                "airflow/airflow-dags",
                "airflow-workers/airflow-dags",
                "airflow-storage/airflow-logs",
                "airflow/airflow-logs",
                "airflow-workers/airflow-logs",
                "airflow/airflow-postgres",
            ]);
        });
    });

    describe("namespaces", () => {
        it("enforce restricted on Airflow, baseline where more is needed", () => {
            const levels = Object.fromEntries(
                objects(defaults, "Namespace").map((object) => {
                    const { name = "", labels = {} } = metadata(object);
                    return [name, ["enforce", "warn"].map((mode) => labels[`pod-security.kubernetes.io/${mode}`])];
                }),
            );
            expect(levels).to.deep.equal({
                airflow: ["restricted", "restricted"],
                "airflow-workers": ["baseline", "restricted"],
                "airflow-storage": ["baseline", "baseline"],
            });
        });

        it("have the labels and annotations of the user's beside the component's", async () => {
            const team = pulumi.output("data");
            const registrations = await build({ namespaces: { labels: { team }, annotations: { note: "a" } } });
            for (const [index, namespace] of objects(registrations, "Namespace").entries()) {
                const before = metadata(objects(defaults, "Namespace")[index]).labels;
                expect(metadata(namespace).labels).to.deep.equal({ ...before, team: "data" });
                expect(metadata(namespace).annotations).to.deep.equal({ note: "a" });
            }
        });

        it("of the workers holds no Secret and no ConfigMap, and rights only there", () => {
            const inWorkers = objects(defaults).filter((object) => metadata(object).namespace === "airflow-workers");
            expect(inWorkers.map(({ type, name }) => `${kindOf(type)} ${name}`)).to.have.members([
                "PersistentVolumeClaim airflow-claims-workers-dags",
                "PersistentVolumeClaim airflow-claims-workers-logs",
                "NetworkPolicy airflow-network-policies-workers",
                "ServiceAccount airflow-access-worker",
                "PodTemplate airflow-worker-templates-worker",
                "Role airflow-access-scheduler-role",
                "Role airflow-access-api-server-role",
                "RoleBinding airflow-access-scheduler-role-binding",
                "RoleBinding airflow-access-api-server-role-binding",
            ]);
        });
    });

    describe("access", () => {
        it("gives no ServiceAccount a token of itself", () => {
            for (const account of objects(defaults, "ServiceAccount")) {
                expect(account.inputs.automountServiceAccountToken, account.name).to.equal(false);
            }
        });

        it("binds two accounts of Airflow's namespace to a Role each in the workers', and one where volumes are prepared", () => {
            const bindings = objects(defaults, "RoleBinding").map((object) => [
                metadata(object).namespace,
                object.inputs.roleRef,
                object.inputs.subjects,
            ]);
            const binding = (name: string, namespace: string, where: string) => [
                where,
                { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
                [{ kind: "ServiceAccount", name, namespace }],
            ];
            expect(bindings).to.have.deep.members([
                binding("airflow-scheduler", "airflow", "airflow-workers"),
                binding("airflow-api-server", "airflow", "airflow-workers"),
                binding("airflow-permissions", "airflow-storage", "airflow-storage"),
            ]);
        });

        it("gives ServiceAccounts what a cloud knows them by, known or not before the update", async () => {
            const role = "arn:aws:iam::111122223333:role/tasks";
            const registrations = await build({
                serviceAccounts: {
                    worker: { annotations: { "eks.amazonaws.com/role-arn": pulumi.output(role) } },
                    apiServer: { labels: { "azure.workload.identity/use": "true" } },
                },
            });
            const worker = metadata(named(registrations, "airflow-access-worker"));
            expect(worker.annotations).to.deep.equal({ "eks.amazonaws.com/role-arn": role });
            expect(worker.labels).to.deep.equal(metadata(named(defaults, "airflow-access-worker")).labels);
            const apiServer = metadata(named(registrations, "airflow-access-api-server"));
            expect(apiServer.labels).to.deep.equal({
                ...metadata(named(defaults, "airflow-access-api-server")).labels,
                "azure.workload.identity/use": "true",
            });
            expect(metadata(named(registrations, "airflow-access-scheduler")).annotations).to.equal(undefined);
        });

        it("lets tasks make pods in their own namespace where that is asked for, with a token", async () => {
            const registrations = await build({ workers: { kubernetesPodOperator: true } });
            expect(named(registrations, "airflow-access-worker-role").inputs.rules).to.deep.equal(podOperatorRules);
            expect(named(registrations, "airflow-access-worker-role-binding").inputs.subjects).to.deep.equal([
                { kind: "ServiceAccount", name: "airflow-worker", namespace: "airflow-workers" },
            ]);
            expect(metadata(named(registrations, "airflow-access-worker-role")).namespace).to.equal("airflow-workers");
            expect(workerPod(registrations).spec.automountServiceAccountToken).to.equal(true);
            expect(objects(registrations, "Role")).to.have.lengthOf(5);
        });

        it("lets tasks and the triggerer do more, and elsewhere, where that is asked for", async () => {
            const rules = [{ apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications"], verbs: ["*"] }];
            const registrations = await build({ workers: { rules, podNamespaces: ["team"] } });
            for (const [noun, namespace] of [
                ["worker", "airflow-workers"],
                ["triggerer", "airflow"],
            ]) {
                for (const [place, name, roleName] of [
                    ["airflow-workers", `airflow-access-${noun}`, `airflow-${noun}`],
                    ["team", `airflow-access-${noun}-team`, `airflow-${noun}`],
                ]) {
                    const role = named(registrations, `${name}-role`);
                    expect(role.inputs.rules).to.deep.equal(rules);
                    expect(metadata(role)).to.include({ name: roleName, namespace: place });
                    expect(named(registrations, `${name}-role-binding`).inputs.subjects).to.deep.equal([
                        { kind: "ServiceAccount", name: `airflow-${noun}`, namespace },
                    ]);
                }
            }
            expect(workerPod(registrations).spec.automountServiceAccountToken).to.equal(true);
            const both = await build({ workers: { kubernetesPodOperator: true, rules } });
            expect(named(both, "airflow-access-worker-role").inputs.rules).to.deep.equal([
                ...podOperatorRules,
                ...rules,
            ]);
        });

        it("lets the triggerer follow the pods of deferred tasks then, with a token and the way to the cluster", async () => {
            const registrations = await build({ workers: { kubernetesPodOperator: true } });
            expect(named(registrations, "airflow-access-triggerer-role").inputs.rules).to.deep.equal(triggererRules);
            expect(metadata(named(registrations, "airflow-access-triggerer-role")).namespace).to.equal(
                "airflow-workers",
            );
            expect(named(registrations, "airflow-access-triggerer-role-binding").inputs.subjects).to.deep.equal([
                { kind: "ServiceAccount", name: "airflow-triggerer", namespace: "airflow" },
            ]);
            const triggerer = pods(registrations).find(({ owner }) => owner === "airflow-triggerer-stateful-set");
            expect(triggerer?.spec.automountServiceAccountToken).to.equal(true);
            const [{ env, volumeMounts }] = triggerer?.spec.containers ?? [];
            expect(env.find(({ name }) => name === "KUBECONFIG")?.value).to.equal("/etc/kubeconfig/config");
            expect(volumeMounts.map(({ mountPath }) => mountPath)).to.include("/etc/kubeconfig");
            const { data } = named(registrations, "airflow-triggerer-kubeconfig").inputs;
            const { contexts, users } = JSON.parse((data as { config: string }).config);
            expect(contexts[0].context.namespace).to.equal("airflow-workers");
            expect(Object.keys(users[0].user)).to.deep.equal(["tokenFile"]);
        });

        it("asks for another node soon when its own is lost, but for tasks", () => {
            for (const { owner, kind, spec: pod } of pods(defaults)) {
                const waits = (pod.tolerations ?? []).map(
                    ({ key, tolerationSeconds }) => `${key} ${tolerationSeconds}`,
                );
                const expected = ["node.kubernetes.io/not-ready 30", "node.kubernetes.io/unreachable 30"];
                expect(waits, owner).to.deep.equal(kind === "Job" || kind === "CronJob" ? [] : expected);
            }
            expect(workerPod(defaults).spec.tolerations).to.equal(undefined);
        });

        it("stays on a lost node for as long as the user says", async () => {
            const tolerations = [
                {
                    key: "node.kubernetes.io/unreachable",
                    operator: "Exists",
                    effect: "NoExecute",
                    tolerationSeconds: 900,
                },
            ];
            const registrations = await build({ scheduler: { podTemplate: { spec: { tolerations } } } });
            const scheduler = pods(registrations).find(({ owner }) => owner === "airflow-scheduler-deployment");
            expect(scheduler?.spec.tolerations.map(({ tolerationSeconds }) => tolerationSeconds)).to.deep.equal([
                900, 30,
            ]);
        });

        it("is spread over nodes where it has several pods", async () => {
            const registrations = await build({ apiServer: { replicas: 2 } });
            for (const { owner, spec: pod } of pods(registrations)) {
                const spread = (pod.topologySpreadConstraints ?? []).map(
                    ({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`,
                );
                expect(spread, owner).to.deep.equal(
                    owner === "airflow-api-server-deployment" ? ["kubernetes.io/hostname ScheduleAnyway"] : [],
                );
            }
        });

        it("mounts a token in the pods of scheduler, api-server and the Job that makes a pod only", () => {
            const all = [...pods(defaults), workerPod(defaults)];
            expect(all).to.have.lengthOf(12);
            const withToken = all.filter((pod) => pod.spec.automountServiceAccountToken !== false);
            expect(withToken.map(({ owner }) => owner)).to.have.members([
                "airflow-scheduler-deployment",
                "airflow-api-server-deployment",
                "airflow-permissions-job",
            ]);
        });

        it("runs each pod as an account that exists in its namespace", () => {
            const accounts = objects(defaults, "ServiceAccount").map(
                (object) => `${metadata(object).namespace}/${metadata(object).name}`,
            );
            for (const pod of [...pods(defaults), { ...workerPod(defaults), namespace: "airflow-workers" }]) {
                expect(accounts, pod.owner).to.include(`${pod.namespace}/${pod.spec.serviceAccountName}`);
            }
        });
    });

    describe("volumes", () => {
        it("and claims name each other, one to one, in each namespace", () => {
            for (const registrations of [defaults, retained]) {
                const volumes = objects(registrations, "PersistentVolume");
                const claims = objects(registrations, "PersistentVolumeClaim").filter(
                    (claim) => spec<ClaimSpec>(claim).volumeName !== undefined,
                );
                const fromVolumes = volumes.map((volume) => {
                    const { claimRef } = spec<VolumeSpec>(volume);
                    return `${metadata(volume).name} ${claimRef.namespace}/${claimRef.name}`;
                });
                const fromClaims = claims.map((claim) => {
                    const { namespace, name } = metadata(claim);
                    return `${spec<ClaimSpec>(claim).volumeName} ${namespace}/${name}`;
                });
                expect(fromVolumes).to.have.members(fromClaims);
                expect(new Set(fromClaims).size).to.equal(fromClaims.length);
            }
            expect(objects(retained, "PersistentVolume")).to.have.lengthOf(8);
        });

        it("agree with their claims in class, access and size, and outlive them", () => {
            for (const volume of objects(retained, "PersistentVolume")) {
                const { claimRef, ...volumeSpec } = spec<VolumeSpec>(volume);
                const claim = objects(retained, "PersistentVolumeClaim").find(
                    (candidate) =>
                        metadata(candidate).namespace === claimRef.namespace &&
                        metadata(candidate).name === claimRef.name,
                );
                const claimSpec = spec<ClaimSpec>(claim as Registration);
                expect(volumeSpec.storageClassName).to.equal("");
                expect(claimSpec.storageClassName).to.equal("");
                expect(volumeSpec.accessModes).to.deep.equal(claimSpec.accessModes);
                expect(volumeSpec.capacity).to.deep.equal(claimSpec.resources.requests);
                expect(volumeSpec.persistentVolumeReclaimPolicy).to.equal("Retain");
                // A claim that is made again has another uid.
                expect(claimRef).to.have.all.keys("apiVersion", "kind", "namespace", "name");
            }
        });

        it("are owned by the namespace that sees them, which Kubernetes removes them after", () => {
            for (const volume of objects(retained, "PersistentVolume")) {
                const { claimRef } = spec<VolumeSpec>(volume);
                const [owner, ...others] = metadata(volume).ownerReferences ?? [];
                expect(others, volume.name).to.deep.equal([]);
                expect(owner, volume.name).to.include({ kind: "Namespace", name: claimRef.namespace });
            }
        });

        it("have no owner in manifests that are only written, where no namespace is known yet", async () => {
            const written = await record(() => new AirflowKubernetes("airflow"), true);
            expect(objects(written, "PersistentVolume")).to.have.length.greaterThan(0);
            for (const volume of objects(written, "PersistentVolume")) {
                expect(metadata(volume).ownerReferences ?? [], volume.name).to.deep.equal([]);
            }
        });

        it("of one noun lie in one directory of the node, each noun in another", () => {
            const directories = new Map<string, Set<string>>();
            for (const volume of objects(retained, "PersistentVolume")) {
                const noun = volume.name.split("-").at(-1) ?? "";
                const { path } = spec<VolumeSpec>(volume).hostPath;
                directories.set(noun, (directories.get(noun) ?? new Set()).add(path));
            }
            expect(Object.fromEntries([...directories].map(([noun, found]) => [noun, [...found]]))).to.deep.equal({
                dags: ["/data/airflow/dags"],
                logs: ["/data/airflow/logs"],
                database: ["/data/airflow/database"],
            });
        });

        it("are claimed without waiting: a claim may bind only when a pod comes", () => {
            for (const claim of [
                ...objects(defaults, "PersistentVolumeClaim"),
                ...objects(retained, "PersistentVolumeClaim"),
            ]) {
                expect(metadata(claim).annotations, claim.name).to.include({ "pulumi.com/skipAwait": "true" });
            }
        });

        it("that a pod mounts are claimed in its namespace", () => {
            for (const registrations of [defaults, retained]) {
                const claims = objects(registrations, "PersistentVolumeClaim").map(
                    (claim) => `${metadata(claim).namespace}/${metadata(claim).name}`,
                );
                const all = [...pods(registrations), { ...workerPod(registrations), namespace: "airflow-workers" }];
                for (const pod of all) {
                    for (const { persistentVolumeClaim: claim } of pod.spec.volumes ?? []) {
                        if (claim) {
                            expect(claims, pod.owner).to.include(`${pod.namespace}/${claim.claimName}`);
                        }
                    }
                }
            }
        });

        it("of DAGs are written by the loader only", () => {
            const writers = [...pods(defaults), workerPod(defaults)].filter((pod) =>
                containers(pod).some(({ volumeMounts = [] }) =>
                    volumeMounts.some(({ name, readOnly }) => name === "dags" && !readOnly),
                ),
            );
            expect(writers.map(({ owner }) => owner)).to.have.members(["airflow-dags-job"]);
        });
    });

    describe("every container", () => {
        const every = (): [Pod, Container][] =>
            [defaults, retained].flatMap((registrations) =>
                [...pods(registrations), workerPod(registrations)].flatMap((pod) =>
                    containers(pod).map((container): [Pod, Container] => [pod, container]),
                ),
            );

        it("is counted: five processes, the database, five Jobs, the CronJob and the task, twice, and a rotation", () => {
            expect(every()).to.have.lengthOf(25);
            expect(pods(defaults).filter(({ kind }) => kind === "Job")).to.have.lengthOf(5);
        });

        const template = "airflow-worker-templates-file";

        it("has requests and limits of CPU, memory and the disk of its node", () => {
            for (const [{ owner }, { resources }] of every()) {
                const kinds = ["cpu", "memory", "ephemeral-storage"];
                expect(Object.keys(resources?.requests ?? {}), owner).to.have.members(kinds);
                expect(Object.keys(resources?.limits ?? {}), owner).to.have.members(kinds);
            }
        });

        it("has an image that does not change under its name", () => {
            for (const [{ owner }, { image }] of every()) {
                expect(image, owner).to.match(/^[a-z/.]+:\d+(\.\d+)*(-trixie)?$/);
            }
        });

        it("shows its last lines when it fails", () => {
            for (const [{ owner }, { terminationMessagePolicy }] of every()) {
                expect(terminationMessagePolicy, owner).to.equal("FallbackToLogsOnError");
            }
        });

        it("has a root file system that only tasks can write to, and no way to more rights", () => {
            for (const [{ owner }, { securityContext }] of every()) {
                expect(securityContext?.readOnlyRootFilesystem, owner).to.equal(owner !== template);
                expect(securityContext?.allowPrivilegeEscalation, owner).to.equal(false);
                expect(securityContext?.capabilities?.drop, owner).to.deep.equal(["ALL"]);
                expect(securityContext?.privileged, owner).to.equal(undefined);
            }
        });

        it("complies with restricted", () => {
            for (const [pod, { securityContext }] of every()) {
                expect(pod.spec.securityContext?.seccompProfile, pod.owner).to.deep.equal({ type: "RuntimeDefault" });
                expect(pod.spec.securityContext?.runAsNonRoot, pod.owner).to.equal(true);
                expect(securityContext?.capabilities?.add, pod.owner).to.equal(undefined);
                expect(pod.spec, pod.owner).to.not.have.any.keys("hostNetwork", "hostPID", "hostIPC");
                for (const volume of pod.spec.volumes ?? []) {
                    expect(Object.keys(volume), pod.owner).to.not.include("hostPath");
                }
            }
        });

        it("has each environment variable and each mount path once", () => {
            for (const [{ owner }, { env = [], volumeMounts = [] }] of every()) {
                for (const keys of [env.map(({ name }) => name), volumeMounts.map(({ mountPath }) => mountPath)]) {
                    expect(new Set(keys).size, owner).to.equal(keys.length);
                }
            }
        });

        it("mounts volumes that its pod has, and a pod has none that is not mounted", () => {
            for (const registrations of [defaults, retained]) {
                for (const pod of [...pods(registrations), workerPod(registrations)]) {
                    const mounted = containers(pod).flatMap(({ volumeMounts = [] }) =>
                        volumeMounts.map(({ name }) => name),
                    );
                    const had = (pod.spec.volumes ?? []).map(({ name }) => name);
                    expect(had, pod.owner).to.have.members([...new Set(mounted)]);
                }
            }
        });

        it("of a long-running process is asked at the start and later whether it works", () => {
            for (const pod of pods(defaults).filter(({ kind }) => !kind.endsWith("Job"))) {
                for (const container of containers(pod)) {
                    expect(container, pod.owner).to.include.keys("startupProbe", "livenessProbe");
                }
            }
        });

        it("is told of no other Service by variables that Airflow might take for its own", () => {
            for (const pod of [...pods(defaults), workerPod(defaults)]) {
                expect(pod.spec.enableServiceLinks, pod.owner).to.equal(false);
            }
        });

        it("has a variable that a user sets once, with the user's value", async () => {
            const variable = { name: "AIRFLOW__CORE__LOAD_EXAMPLES", value: "True" };
            const process = { env: [variable] };
            const registrations = await build({
                airflow: { options: { core: { load_examples: "maybe" } } },
                apiServer: process,
                scheduler: process,
                dagProcessor: process,
                triggerer: process,
                workers: process,
            });
            const given = [...pods(registrations), workerPod(registrations)].filter(({ owner }) =>
                /deployment|triggerer|template/.test(owner),
            );
            expect(given).to.have.lengthOf(5);
            for (const pod of given) {
                const found = containers(pod)[0].env?.filter(({ name }) => name === variable.name);
                expect(found, pod.owner).to.deep.equal([variable]);
            }
        });
    });

    describe("secrets", () => {
        it("reach each process as far as it needs them, and tasks not at all", () => {
            const reach = Object.fromEntries(
                [...pods(defaults), workerPod(defaults)].map((pod) => [pod.owner, secretReferences(pod).sort()]),
            );
            expect(reach).to.deep.equal({
                "airflow-api-server-deployment": [
                    "async-connection",
                    "connection",
                    "fernet-key",
                    "jwt-secret",
                    "secret-key",
                ],
                "airflow-scheduler-deployment": ["async-connection", "connection", "fernet-key", "jwt-secret"],
                "airflow-dag-processor-deployment": ["async-connection", "connection", "fernet-key"],
                "airflow-triggerer-stateful-set": ["async-connection", "connection", "fernet-key", "secret-key"],
                "airflow-postgres-stateful-set": [],
                "airflow-migration-job": ["async-connection", "connection", "fernet-key"],
                "airflow-admin-user-job": ["async-connection", "connection", "fernet-key", "password", "secret-key"],
                "airflow-objects-job": ["async-connection", "connection", "fernet-key"],
                "airflow-dags-job": [],
                "airflow-permissions-job": [],
                "airflow-log-cleanup-cron-job": [],
                "airflow-worker-templates-file": [],
            });
        });

        it("are referred to by keys that the Secrets have", () => {
            const held = new Map(
                objects(defaults, "Secret").map(({ name, inputs }) => [
                    providerName(name),
                    Object.keys(inputs.stringData as object),
                ]),
            );
            for (const pod of pods(defaults)) {
                for (const { valueFrom } of containers(pod).flatMap(({ env = [] }) => env)) {
                    if (valueFrom?.secretKeyRef) {
                        expect(held.get(valueFrom.secretKeyRef.name), pod.owner).to.include(valueFrom.secretKeyRef.key);
                    }
                }
            }
        });
    });

    describe("services", () => {
        it("select the pods of one process and reach a port that it has", () => {
            for (const service of objects(defaults, "Service")) {
                const { selector, ports } = spec<k8s.types.output.core.v1.ServiceSpec>(service);
                const selected = pods(defaults).filter((pod) =>
                    Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value),
                );
                expect(selected, service.name).to.have.lengthOf(1);
                const open = containers(selected[0]).flatMap((container) => container.ports ?? []);
                for (const { port, targetPort } of ports) {
                    const reached = open.filter(({ name, containerPort }) =>
                        [name, containerPort].includes(targetPort ?? port),
                    );
                    expect(reached, service.name).to.have.lengthOf(1);
                }
            }
        });

        it("are reachable from inside the cluster only, as long as nobody asks for more", () => {
            for (const service of objects(defaults, "Service")) {
                expect(spec<{ type?: string }>(service).type, service.name).to.equal(undefined);
            }
        });
    });

    describe("workloads", () => {
        it("select their own pods by labels that no upgrade changes", async () => {
            const newer = await build({ airflow: { version: "3.4.0" }, database: { image: "postgres:18" } });
            for (const kind of ["Deployment", "StatefulSet"]) {
                for (const workload of objects(defaults, kind)) {
                    type Selecting = { selector: { matchLabels: Record<string, string> } };
                    const { matchLabels } = spec<Selecting>(workload).selector;
                    const pod = pods(defaults).find(({ owner }) => owner === workload.name);
                    expect(pod?.metadata.labels, workload.name).to.include(matchLabels);
                    expect(spec<Selecting>(named(newer, workload.name)).selector.matchLabels).to.deep.equal(
                        matchLabels,
                    );
                }
            }
        });

        it("of Postgres use the volume that fits: its own disk, or the retained one", () => {
            const claim = (registrations: Registration[]) =>
                pods(registrations)
                    .find(({ owner }) => owner === "airflow-postgres-stateful-set")
                    ?.spec.volumes?.find(({ name }) => name === "data")?.persistentVolumeClaim?.claimName;
            expect(claim(defaults)).to.equal("airflow-postgres");
            expect(claim(retained)).to.equal("airflow-database");
        });

        it("of the api-server end a pod when the next one answers, and no request is on its way to it any more", async () => {
            const { strategy, template } = spec<k8s.types.output.apps.v1.DeploymentSpec>(
                named(defaults, "airflow-api-server-deployment", "Deployment"),
            );
            expect(strategy).to.deep.equal({
                type: "RollingUpdate",
                rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
            });
            const [{ lifecycle, readinessProbe, startupProbe }] = template.spec?.containers ?? [];
            expect(lifecycle?.preStop?.exec?.command).to.deep.equal(["sleep", "5"]);
            expect(readinessProbe?.httpGet?.path).to.equal("/api/v2/version");
            expect(startupProbe?.httpGet?.path).to.equal("/execution/health");
        });

        it("have as many pods as was asked for", async () => {
            const registrations = await build({ apiServer: { replicas: 3 }, triggerer: { replicas: 2 } });
            const replicas = (name: string) => spec<{ replicas: number }>(named(registrations, name)).replicas;
            expect(replicas("airflow-api-server-deployment")).to.equal(3);
            expect(replicas("airflow-triggerer-stateful-set")).to.equal(2);
            expect(replicas("airflow-scheduler-deployment")).to.equal(1);
        });
    });
});
