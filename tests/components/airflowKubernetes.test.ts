import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, ArgumentsError } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, waitsFor } from "../support/objects";

const fernetKey = `${"k".repeat(43)}=`;

/** A database that outlives the stack, with its keys. */
const retained: AirflowKubernetesArgs = {
    airflow: { fernetKey: pulumi.secret(fernetKey) },
    database: { retain: true, password: pulumi.secret("pinned-password") },
};

function build(args?: AirflowKubernetesArgs): () => AirflowKubernetes {
    return () => new AirflowKubernetes("airflow", args);
}

function kindsAndNames(registrations: readonly Registration[]): string[] {
    return registrations.map(({ type, name }) => `${kindOf(type)} ${name}`);
}

const always = [
    "AirflowKubernetes airflow",
    "DatabasePlace airflow-database-place",
    "SharedStorage airflow-storage",
    "PersistentVolumes airflow-volumes",
    "PersistentVolume airflow-volumes-storage-dags",
    "PersistentVolume airflow-volumes-airflow-dags",
    "PersistentVolume airflow-volumes-workers-dags",
    "PersistentVolume airflow-volumes-storage-logs",
    "PersistentVolume airflow-volumes-airflow-logs",
    "PersistentVolume airflow-volumes-workers-logs",
    "AirflowNamespaces airflow-namespaces",
    "Namespace airflow-namespaces-airflow",
    "Namespace airflow-namespaces-workers",
    "Namespace airflow-namespaces-storage",
    "VolumeClaims airflow-claims",
    "PersistentVolumeClaim airflow-claims-storage-dags",
    "PersistentVolumeClaim airflow-claims-airflow-dags",
    "PersistentVolumeClaim airflow-claims-workers-dags",
    "PersistentVolumeClaim airflow-claims-storage-logs",
    "PersistentVolumeClaim airflow-claims-airflow-logs",
    "PersistentVolumeClaim airflow-claims-workers-logs",
    "VolumePermissions airflow-permissions",
    "ServiceAccount airflow-permissions-account",
    "Role airflow-permissions-role",
    "RoleBinding airflow-permissions-role-binding",
    "Job airflow-permissions-job",
    "ConfigMap airflow-permissions-scripts",
    "NetworkPolicy airflow-permissions-network-policy",
    "NetworkPolicies airflow-network-policies",
    "NetworkPolicy airflow-network-policies-airflow",
    "NetworkPolicy airflow-network-policies-offline",
    "NetworkPolicy airflow-network-policies-api-server",
    "NetworkPolicy airflow-network-policies-triggerer",
    "NetworkPolicy airflow-network-policies-workers",
    "NetworkPolicy airflow-network-policies-postgres",
    "PostgresDisk airflow-postgres",
    "PostgresCertificate airflow-postgres-certificate",
    "RandomBytes airflow-postgres-certificate-authority-key",
    "RandomBytes airflow-postgres-certificate-server-key",
    "ConfigMap airflow-postgres-certificate-authority",
    "AirflowAccess airflow-access",
    "ServiceAccount airflow-access-scheduler",
    "ServiceAccount airflow-access-api-server",
    "ServiceAccount airflow-access-dag-processor",
    "ServiceAccount airflow-access-triggerer",
    "ServiceAccount airflow-access-jobs",
    "ServiceAccount airflow-access-postgres",
    "ServiceAccount airflow-access-worker",
    "Role airflow-access-scheduler-role",
    "Role airflow-access-api-server-role",
    "RoleBinding airflow-access-scheduler-role-binding",
    "RoleBinding airflow-access-api-server-role-binding",
    "AirflowSecrets airflow",
    "RandomPassword airflow-jwt-secret",
    "RandomPassword airflow-api-secret-key",
    "RandomPassword airflow-admin-password",
    "Secret airflow-database",
    "Secret airflow-api",
    "Secret airflow-encryption",
    "Secret airflow-admin",
    "DagsLoader airflow-dags",
    "ConfigMap airflow-dags-archive-000",
    "Job airflow-dags-job",
    "ConfigMap airflow-dags-job-scripts",
    "Postgres airflow-postgres",
    "ConfigMap airflow-postgres-scripts",
    "Secret airflow-postgres-credentials",
    "Service airflow-postgres-service",
    "StatefulSet airflow-postgres-stateful-set",
    "Migration airflow-migration",
    "Job airflow-migration-job",
    "ConfigMap airflow-migration-job-scripts",
    "AdminUser airflow-admin-user",
    "Job airflow-admin-user-job",
    "ConfigMap airflow-admin-user-job-scripts",
    "ManagedObjects airflow-objects",
    "Job airflow-objects-job",
    "ConfigMap airflow-objects-job-scripts",
    "Extension airflow-extension",
    "ConfigMap airflow-extension-python",
    "ApiServer airflow-api-server",
    "Deployment airflow-api-server-deployment",
    "Service airflow-api-server-service",
    "ExecutionApi airflow-execution-api",
    "Service airflow-execution-api-service",
    "Scheduler airflow-scheduler",
    "WorkerTemplates airflow-worker-templates",
    "PodTemplate airflow-worker-templates-worker",
    "ConfigMap airflow-worker-templates-file",
    "Deployment airflow-scheduler-deployment",
    "DagProcessor airflow-dag-processor",
    "Deployment airflow-dag-processor-deployment",
    "Triggerer airflow-triggerer",
    "Service airflow-triggerer-service",
    "StatefulSet airflow-triggerer-stateful-set",
    "LogCleanup airflow-log-cleanup",
    "CronJob airflow-log-cleanup-cron-job",
    "ConfigMap airflow-log-cleanup-scripts",
];

describe("AirflowKubernetes", () => {
    let defaults: Registration[];
    let withDatabase: Registration[];
    before(async () => {
        defaults = await record(build());
        withDatabase = await record(build(retained));
    });

    describe("registers", () => {
        it("exactly these with the defaults", async () => {
            expect(kindsAndNames(defaults)).to.have.members([
                ...always,
                "RandomBytes airflow-fernet-key",
                "RandomPassword airflow-database-password",
                "PersistentVolumeClaim airflow-postgres-claim",
                "RandomId airflow-database-place-memory",
            ]);
        });

        it("exactly these with a retained database and pinned keys", async () => {
            expect(kindsAndNames(withDatabase)).to.have.members([
                ...always,
                "PersistentVolume airflow-volumes-storage-database",
                "PersistentVolume airflow-volumes-airflow-database",
                "PersistentVolumeClaim airflow-claims-storage-database",
                "PersistentVolumeClaim airflow-claims-airflow-database",
                "RandomId airflow-database-place-memory",
                "FernetKeyRotation airflow-fernet-key-rotation",
                "ConfigMap airflow-fernet-key-rotation-job-scripts",
                "Job airflow-fernet-key-rotation-job",
            ]);
        });

        it("the same in a preview, where no generated value is known", async () => {
            const preview = await record(build(), true);
            expect(preview.map(({ urn }) => urn)).to.have.members(defaults.map(({ urn }) => urn));
        });

        it("no object that is not namespaced, other than volumes and namespaces: no ClusterRole", async () => {
            const cluster = objects(withDatabase).filter((object) => metadata(object).namespace === undefined);
            expect(new Set(cluster.map(({ type }) => kindOf(type)))).to.deep.equal(
                new Set(["PersistentVolume", "Namespace"]),
            );
        });

        it("everything below itself, under names that begin with those of their parents", async () => {
            const byUrn = new Map(withDatabase.map((registration) => [registration.urn, registration]));
            const roots = withDatabase.filter(({ parent }) => !byUrn.has(parent));
            expect(roots.map(({ type }) => kindOf(type))).to.deep.equal(["AirflowKubernetes"]);
            for (const { name, parent } of withDatabase) {
                expect(name.startsWith(byUrn.get(parent)?.name ?? "airflow"), name).to.equal(true);
            }
        });

        it("each name once for each type, and all of them under another name as well", async () => {
            const registrations = await record(() => new AirflowKubernetes("other"));
            expect(new Set(registrations.map(({ urn }) => urn)).size).to.equal(registrations.length);
            expect(registrations.map(({ type, name }) => `${kindOf(type)} ${name}`)).to.have.members([
                ...always.map((entry) => entry.replace(" airflow", " other")),
                "RandomBytes other-fernet-key",
                "RandomId other-database-place-memory",
                "RandomPassword other-database-password",
                "PersistentVolumeClaim other-postgres-claim",
            ]);
            const instances = objects(registrations).map(
                (object) => metadata(object).labels?.["app.kubernetes.io/instance"],
            );
            expect(new Set(instances)).to.deep.equal(new Set(["airflow"]));
        });

        it("components by tokens of this package, each of which registers its outputs once", async () => {
            const { registrations, finished } = await attempt(build());
            const components = registrations.filter(({ custom }) => !custom);
            expect(finished).to.have.members(components.map(({ urn }) => urn));
            for (const { type } of components) {
                expect(type).to.match(/^airflow-kubernetes:index:[A-Z][A-Za-z]+$/);
            }
        });

        it("nothing that is protected, which would make a destroy fail", async () => {
            expect(withDatabase.filter(({ protect }) => protect)).to.deep.equal([]);
        });

        it("nothing that stays behind on a destroy: what is not deleted itself goes with its namespace", () => {
            for (const registrations of [defaults, withDatabase]) {
                const namespaces = objects(registrations, "Namespace").map(({ urn }) => urn);
                const kept = registrations.filter(({ retainOnDelete }) => retainOnDelete);
                expect(new Set(kept.map(({ type }) => kindOf(type)))).to.deep.equal(
                    new Set(["PersistentVolume", "PersistentVolumeClaim"]),
                );
                for (const { name, deletedWith } of kept) {
                    expect(namespaces, name).to.include(deletedWith);
                }
            }
        });
    });

    describe("orders", () => {
        const namesOf = (kind: string) => objects(withDatabase, kind).map(({ name }) => name);

        it("volumes and claims after their namespaces, and their deletion with them", () => {
            for (const kind of ["PersistentVolume", "PersistentVolumeClaim"]) {
                for (const object of objects(withDatabase, kind)) {
                    const noun = object.name.split("-")[2];
                    const namespace = named(withDatabase, `airflow-namespaces-${noun}`);
                    expect(object.deletedWith, object.name).to.equal(namespace.urn);
                    expect(object.dependencies).to.include(namespace.urn);
                }
            }
        });

        it("deletion with a namespace for nothing else", () => {
            const withOthers = withDatabase.filter(({ deletedWith }) => deletedWith !== "").map(({ name }) => name);
            expect(withOthers).to.have.members([...namesOf("PersistentVolume"), ...namesOf("PersistentVolumeClaim")]);
        });

        it("the permission Job after all claims, and what mounts volumes after the permission Job", () => {
            expect([...waitsFor(withDatabase, "airflow-permissions-job")]).to.include.members(
                namesOf("PersistentVolumeClaim"),
            );
            for (const name of [
                "airflow-dags-job",
                "airflow-postgres-stateful-set",
                "airflow-api-server-deployment",
                "airflow-dag-processor-deployment",
                "airflow-scheduler-deployment",
                "airflow-triggerer-stateful-set",
            ]) {
                expect([...waitsFor(withDatabase, name)], name).to.include("airflow-permissions-job");
            }
        });

        it("database, migration, permissions with the first user, then the processes", () => {
            expect([...waitsFor(withDatabase, "airflow-migration-job")]).to.include.members([
                "airflow-postgres-stateful-set",
                "airflow-postgres-service",
                "airflow-access-jobs",
            ]);
            for (const name of ["airflow-admin-user-job", "airflow-objects-job"]) {
                expect([...waitsFor(withDatabase, name)], name).to.include("airflow-migration-job");
            }
            for (const name of [
                "airflow-api-server-deployment",
                "airflow-dag-processor-deployment",
                "airflow-scheduler-deployment",
                "airflow-triggerer-stateful-set",
            ]) {
                expect([...waitsFor(withDatabase, name)], name).to.include.members([
                    "airflow-admin-user-job",
                    "airflow-objects-job",
                ]);
            }
        });

        it("the scheduler after all that a task pod needs, so that it is the first to go", () => {
            expect([...waitsFor(withDatabase, "airflow-scheduler-deployment")]).to.include.members([
                "airflow-claims-workers-dags",
                "airflow-claims-workers-logs",
                "airflow-access-worker",
                "airflow-access-scheduler",
                "airflow-access-scheduler-role-binding",
                "airflow-namespaces-workers",
                "airflow-dags-job",
                "airflow-migration-job",
            ]);
        });

        it("the processes side by side: none of them waits for another", () => {
            const processes = [
                "airflow-api-server-deployment",
                "airflow-dag-processor-deployment",
                "airflow-scheduler-deployment",
                "airflow-triggerer-stateful-set",
            ];
            for (const name of processes) {
                const before = waitsFor(withDatabase, name);
                expect(processes.filter((other) => before.has(other))).to.deep.equal([name]);
            }
        });

        it("what a program makes in its namespaces after these, and after nothing that may need it", async () => {
            const registrations = await record(() => {
                const airflow = new AirflowKubernetes("airflow");
                new k8s.core.v1.Secret("mine", { metadata: { namespace: airflow.namespaces.airflow } });
                const { name, namespace, port } = airflow.apiServerService;
                const path = { path: "/", pathType: "Prefix", backend: { service: { name, port: { number: port } } } };
                new k8s.networking.v1.Ingress("ui", {
                    metadata: { namespace },
                    spec: { rules: [{ http: { paths: [path] } }] },
                });
                return airflow;
            });
            const secret = named(registrations, "mine", "Secret");
            expect(metadata(secret).namespace).to.equal("airflow");
            const before = waitsFor(registrations, "mine", "Secret");
            expect(before).to.include("airflow-namespaces-airflow");
            expect([...before].filter((name) => /deployment|stateful-set|job/.test(name))).to.deep.equal([]);
            const service = named(registrations, "airflow-api-server-service");
            const backend = { name: metadata(service).name, port: { number: 8080 } };
            expect(JSON.stringify(named(registrations, "ui").inputs.spec)).to.contain(JSON.stringify(backend));
        });

        it("a database of its own disk without waiting for the shared volumes' Job", async () => {
            expect([...waitsFor(defaults, "airflow-postgres-stateful-set")]).to.not.include("airflow-permissions-job");
        });
    });

    describe("refuses", () => {
        it("broken arguments with an error that names them, before anything is registered", async () => {
            const { error, registrations, finished } = await attempt(
                build({ airflow: { version: "2.0.0" }, storage: { logsSize: "big" } }),
            );
            expect(error).to.be.instanceOf(ArgumentsError);
            expect(error?.message).to.match(
                /^2 problems in the arguments of AirflowKubernetes\. Nothing was created\.$/m,
            );
            expect(error?.message).to.contain("airflow.version").and.to.contain("storage.logsSize");
            expect(registrations).to.deep.equal([]);
            expect(finished).to.deep.equal([]);
        });

        it("to retain a database whose keys would go with the stack, and names them", async () => {
            const loose: [AirflowKubernetesArgs, string][] = [
                [{ database: { retain: true } }, "airflow.fernetKey and database.password"],
                [{ database: { retain: true, password: "pinned-password" } }, "airflow.fernetKey"],
                [{ database: { retain: true }, airflow: { fernetKey } }, "database.password"],
            ];
            for (const [args, missing] of loose) {
                const { error, registrations } = await attempt(build(args), { stack: "mine" });
                expect(error).to.be.instanceOf(ArgumentsError);
                expect(error?.message).to.contain(`true only together with ${missing}, or`);
                expect(error?.message).to.contain(`Set ${missing}.`);
                expect(registrations).to.deep.equal([]);
            }
        });

        it("nothing in a preview of a database without pinned keys, but warns of it", async () => {
            const args = { database: { retain: true } };
            const { error, registrations, warnings } = await attempt(build(args), { stack: "mine", preview: true });
            expect(error).to.equal(undefined);
            expect(registrations).to.have.lengthOf(always.length + 7);
            expect(warnings).to.have.lengthOf(1);
            expect(warnings[0]).to.contain("Set airflow.fernetKey and database.password.");
        });
    });
});
