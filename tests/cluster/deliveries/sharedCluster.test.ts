import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { recipes } from "../../../local/images";
import { ensureArchive } from "../../../local/images/archives";
import { Installation, testPrefix } from "../support/installation";
import { cluster, kube, objects } from "../support/kubernetes";
import { nodePath } from "../support/leftovers";
import { TestRegistry } from "../support/testRegistry";
import { TestServers } from "../support/testServers";
import { byGitSync } from "./deliveries";
import { once } from "./once";

/** A user that no image knows, as OpenShift gives one to a namespace. */
const uid = 1_000_650_000;
const dagId = "tenant";
const claims = {
    airflow: { dags: "team-dags", logs: "team-logs" },
    workers: { dags: "tasks-dags", logs: "tasks-logs" },
};
const accounts = { scheduler: "team-scheduler", worker: "team-tasks" };

const dag = `import os

from airflow.sdk import dag, task


@dag(dag_id="${dagId}", schedule=None, catchup=False)
def tenant():
    @task
    def tell():
        print(f"user {os.getuid()} of group {os.getgid()}")

    tell()


tenant()
`;

/**
 * What a platform team has made before: two namespaces that enforce the strictest standard, claims on two directories,
 * ServiceAccounts, and a deployer that may do in these namespaces what Kubernetes's role `admin` says, and nothing elsewhere.
 */
function platform({ hostPath, namespaces }: Installation): object[] {
    const places = ["airflow", "workers"] as const;
    const object = (kind: string, name: string, namespace: string, rest: object = {}, apiVersion = "v1") => ({
        apiVersion,
        kind,
        metadata: { name, namespace },
        ...rest,
    });
    const modes = { accessModes: ["ReadWriteMany"], storageClassName: "" };
    return [
        ...places.map((noun) => ({
            apiVersion: "v1",
            kind: "Namespace",
            metadata: {
                name: namespaces[noun],
                labels: { "pod-security.kubernetes.io/enforce": "restricted", "example.org/team": "data" },
            },
        })),
        object("ServiceAccount", "deployer", namespaces.airflow),
        object("ServiceAccount", accounts.scheduler, namespaces.airflow),
        object("ServiceAccount", accounts.worker, namespaces.workers),
        ...places.map((noun) =>
            object(
                "RoleBinding",
                "deployer",
                namespaces[noun],
                {
                    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
                    subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: namespaces.airflow }],
                },
                "rbac.authorization.k8s.io/v1",
            ),
        ),
        ...places.flatMap((noun) =>
            (["dags", "logs"] as const).flatMap((volume) => {
                const name = claims[noun][volume];
                const namespace = namespaces[noun];
                return [
                    {
                        apiVersion: "v1",
                        kind: "PersistentVolume",
                        metadata: { name: `${namespace}-${volume}` },
                        spec: {
                            ...modes,
                            capacity: { storage: "1Gi" },
                            persistentVolumeReclaimPolicy: "Retain",
                            hostPath: { path: `${hostPath}/${volume}` },
                            claimRef: { namespace, name },
                        },
                    },
                    object("PersistentVolumeClaim", name, namespace, {
                        spec: {
                            ...modes,
                            volumeName: `${namespace}-${volume}`,
                            resources: { requests: { storage: "1Gi" } },
                        },
                    }),
                ];
            }),
        ),
    ];
}

/** A kubeconfig file of the deployer. */
async function kubeconfigOf(on: Installation): Promise<{ kubeconfig: string; context: string }> {
    const context = "deployer";
    const token = await kube(["create", "token", context, "--namespace", on.namespaces.airflow, "--duration=2h"]);
    const admin = parse(readFileSync(cluster.kubeconfig ?? "", "utf8")) as { clusters: { cluster: object }[] };
    const kubeconfig = join(on.folder("access"), "kubeconfig");
    writeFileSync(
        kubeconfig,
        stringify({
            apiVersion: "v1",
            kind: "Config",
            "current-context": context,
            clusters: [{ name: context, cluster: admin.clusters[0].cluster }],
            users: [{ name: context, user: { token: token.trim() } }],
            contexts: [{ name: context, context: { cluster: context, user: context } }],
        }),
        { mode: 0o600 },
    );
    return { kubeconfig, context };
}

/** What the platform team has made, with its identities. */
async function platformObjects(on: Installation): Promise<string[]> {
    const named = [
        ...(await objects("namespaces", on.namespaces.airflow, on.namespaces.workers)),
        ...(await objects("persistentvolumeclaims", "--namespace", on.namespaces.airflow)),
        ...(await objects("persistentvolumeclaims", "--namespace", on.namespaces.workers)),
        ...(await objects("serviceaccounts", "--namespace", on.namespaces.airflow)),
        ...(await objects("serviceaccounts", "--namespace", on.namespaces.workers)),
    ];
    return named
        .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/part-of"] !== "airflow-kubernetes")
        .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid}`)
        .sort();
}

describe("An installation on a cluster of other people", () => {
    const on = Installation.modest(`${testPrefix}-tenant`);
    let registry: TestRegistry | undefined;
    let found: string[];

    const installed = once("an installation on a cluster of other people", async () => {
        for (const volume of ["dags", "logs"]) {
            const folder = nodePath(`${on.hostPath}/${volume}`);
            mkdirSync(folder, { recursive: true });
            // mkdir leaves the bit for the group out.
            chmodSync(folder, 0o2775);
        }
        await kube(
            ["apply", "--filename", "-"],
            platform(on)
                .map((object) => stringify(object))
                .join("---\n"),
        );
        found = await platformObjects(on);
        on.actor = await kubeconfigOf(on);
        registry = await TestRegistry.start();
        const image = await registry.take(await ensureArchive("airflow", recipes.airflow), "team/airflow", "3.3.2");

        const delivery = byGitSync(await (await TestServers.shared()).repository("tenant", "https"));
        await delivery.publish({ "tenant.py": dag });
        on.configure({
            ...delivery.settings(),
            hosting: "readWriteMany",
            namespaces: { create: false, workersPodSecurity: "restricted" },
            storage: { kind: "claims", claims },
            serviceAccounts: {
                scheduler: { existing: accounts.scheduler },
                worker: { existing: accounts.worker },
            },
            podSecurity: { user: "platform" },
            workers: {
                resources: { requests: { cpu: "10m" } },
                // The image is on the node by then, and no login would be asked for.
                podTemplate: { spec: { containers: [{ name: "base", imagePullPolicy: "Always" }] } },
            },
            airflow: {
                image,
                registries: [{ server: registry.server, ...TestRegistry.login }],
                // In place of the platform.
                podTemplate: { spec: { securityContext: { runAsUser: uid, runAsGroup: 0, fsGroup: uid } } },
            },
        });
        return await on.up();
    });
    const ran = once("a run on a cluster of other people", async () => {
        await installed();
        const runId = await on.trigger(dagId);
        return { runId, state: await on.runEnds(dagId, runId) };
    });

    after(async () => {
        await on.end();
        await registry?.stop();
    });

    it("is made with rights in its two namespaces alone, and makes nothing outside of them", async () => {
        await installed();
        const refusal = await kube([
            "create",
            "namespace",
            `${testPrefix}-more`,
            "--dry-run=server",
            "--as",
            deployer(),
        ])
            .then(() => "")
            .catch((error: Error) => error.message);
        expect(refusal).to.contain("forbidden");
        const made = (await on.state()).filter(({ type }) => type.startsWith("kubernetes:"));
        expect(made.length).to.be.greaterThan(20);
        const types = made.map(({ type }) => type);
        expect(types).to.not.include("kubernetes:core/v1:Namespace");
        expect(types).to.not.include("kubernetes:core/v1:PersistentVolume");
        expect(await platformObjects(on)).to.include.members(found);
    });

    it("pulls its image from a registry that asks for a login, in both namespaces", async () => {
        await ran();
        const path = "/v2/team/airflow/manifests/3.3.2";
        expect([await registry?.status(path, false), await registry?.status(path, true)]).to.deep.equal([401, 200]);
        for (const namespace of [on.namespaces.airflow, on.namespaces.workers]) {
            const [{ data = {} }] = await objects("secret", "airflow-registries", "--namespace", namespace);
            const config = Buffer.from(data[".dockerconfigjson"], "base64").toString();
            expect(Object.keys(JSON.parse(config).auths)).to.deep.equal([registry?.server]);
        }
    });

    it("runs as a user that no image knows, tasks and their logs too", async () => {
        const { runId, state } = await ran();
        expect(state).to.equal("success");
        const api = await on.api();
        const [task] = await api.tasks(dagId, runId);
        expect(await api.log(dagId, runId, task)).to.contain(`user ${uid} of group 0`);
    });

    it("is removed with what it made, and nothing else", async () => {
        await ran();
        await on.down();
        expect(await platformObjects(on)).to.deep.equal(found);
        for (const namespace of [on.namespaces.airflow, on.namespaces.workers]) {
            const label = ["--selector", "app.kubernetes.io/part-of=airflow-kubernetes", "--namespace", namespace];
            const kinds =
                "all,secrets,configmaps,serviceaccounts,roles,rolebindings,persistentvolumeclaims,poddisruptionbudgets,networkpolicies";
            expect(await objects(kinds, ...label)).to.deep.equal([]);
        }
    });

    function deployer(): string {
        return `system:serviceaccount:${on.namespaces.airflow}:deployer`;
    }
});
