import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, Hosting, PodUser, StorageKind } from "../../../components";
import { dockerConfig } from "../../../components/access/dockerConfig";
import { readArgs } from "../../../config";
import { validate } from "../../support/exampleDags";

const claims = { airflow: { dags: "dags", logs: "logs" }, workers: { dags: "dags", logs: "logs" } };
const onClaims: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    namespaces: { create: false },
    storage: { kind: StorageKind.Claims, claims },
};
const nfs: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    storage: { kind: StorageKind.Nfs, nfs: { server: "192.0.2.10", path: "/exports" } },
};
const nfsServer: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    storage: { nfsServer: { image: "registry.example.org/nfs-ganesha:4.3" } },
};
const platform = { podSecurity: { user: PodUser.Platform } };
const registry = { server: "registry.example.org", username: "robot", password: "a-password" };
const withRegistries = (...registries: object[]) =>
    ({ airflow: { registries: registries.map((each) => ({ ...registry, ...each })) } }) as AirflowKubernetesArgs;
const retain = { retain: true, password: "pinned-password" };

/** Right settings, and wrong ones with the paths of their faults. */
const cases: Record<string, [args: AirflowKubernetesArgs, ...paths: string[]]> = {
    "claims that exist": [onClaims],
    "claims in namespaces that do not exist": [{ ...onClaims, namespaces: {} }, "storage.kind"],
    "claims without their names": [{ ...onClaims, storage: { kind: StorageKind.Claims } }, "storage.claims"],
    "names of claims with another kind": [{ ...nfs, storage: { ...nfs.storage, claims } }, "storage.claims"],
    "names of claims on one node": [{ storage: { claims } }, "storage.claims"],
    "claims that are to be prepared": [
        { ...onClaims, storage: { ...onClaims.storage, fixPermissions: true } },
        "storage.fixPermissions",
    ],
    "names of claims that are none": [
        { ...onClaims, storage: { kind: StorageKind.Claims, claims: { ...claims, workers: { dags: "A", logs: "" } } } },
        "storage.claims.workers.dags",
        "storage.claims.workers.logs",
    ],
    "one claim for both": [
        {
            ...onClaims,
            storage: { kind: StorageKind.Claims, claims: { ...claims, airflow: { dags: "one", logs: "one" } } },
        },
        "storage.claims.airflow.logs",
    ],
    "an NFS server outside in namespaces that exist": [{ ...nfs, namespaces: { create: false } }],
    "labels of namespaces that exist": [
        { ...onClaims, namespaces: { create: false, labels: { a: "b" }, annotations: { a: "b" } } },
        "namespaces.labels",
        "namespaces.annotations",
    ],
    "an NFS server in the cluster, in namespaces that exist": [
        { ...nfsServer, namespaces: { create: false } },
        "storage.kind",
    ],
    "an NFS server that is left, in namespaces that exist": [
        {
            ...nfsServer,
            namespaces: { create: false },
            storage: {
                nfsServer: { ...nfsServer.storage?.nfsServer, existingClaim: { namespace: "kept", name: "disk" } },
            },
        },
    ],
    "a StorageClass in namespaces that exist": [
        {
            hosting: Hosting.ReadWriteMany,
            namespaces: { create: false },
            storage: { kind: StorageKind.StorageClass, storageClass: "shared" },
        },
        "storage.kind",
    ],
    "a retained database in namespaces that exist": [{ ...onClaims, database: retain }, "database.retain"],
    "a retained database in Airflow's namespace that exists": [
        { ...onClaims, database: { ...retain, existingClaim: { namespace: "airflow", name: "airflow-database" } } },
    ],
    "a retained database in Airflow's own namespace": [
        { ...nfs, database: { ...retain, existingClaim: { namespace: "airflow", name: "airflow-database" } } },
        "database.existingClaim.namespace",
    ],
    "a retained database among tasks": [
        { ...onClaims, database: { ...retain, existingClaim: { namespace: "airflow-workers", name: "database" } } },
        "database.existingClaim.namespace",
    ],
    "users of the platform": [{ ...onClaims, ...platform }],
    "users of the platform on an NFS server outside": [{ ...nfs, ...platform }],
    "users that nobody knows": [{ podSecurity: { user: "root" as PodUser } }, "podSecurity.user"],
    "users of the platform on one node": [platform, "hosting"],
    "users of the platform on an NFS server in the cluster": [{ ...nfsServer, ...platform }, "storage.kind"],
    "users of the platform, and root": [
        { ...nfs, ...platform, storage: { ...nfs.storage, fixPermissions: true } },
        "storage.fixPermissions",
    ],
    "users of the platform with ssh": [
        {
            ...onClaims,
            ...platform,
            dags: {
                delivery: "gitSync" as never,
                git: { repository: "git@github.com:team/dags.git", sshKey: pulumi.output("a key") },
            },
        },
        "dags.git.repository",
    ],
    "users of the platform with a bundle over ssh": [
        {
            ...onClaims,
            ...platform,
            dags: {
                bundles: [
                    {
                        name: "team",
                        kind: "git" as never,
                        git: { repository: "git@github.com:team/dags.git", sshKey: pulumi.output("a key") },
                    },
                ],
            },
        },
        "dags.bundles[0].git.repository",
    ],
    "accounts that exist": [
        { serviceAccounts: { jobs: { existing: "team.jobs" }, worker: { existing: pulumi.output("any") } } },
    ],
    "accounts that exist, with labels": [
        { serviceAccounts: { jobs: { existing: "team", labels: { a: "b" }, annotations: { a: "b" } } } },
        "serviceAccounts.jobs.annotations",
        "serviceAccounts.jobs.labels",
    ],
    "accounts without a name": [{ serviceAccounts: { jobs: { existing: "" } } }, "serviceAccounts.jobs.existing"],
    "registries of all kinds": [
        withRegistries({}, { server: "docker.io" }, { server: "127.0.0.1:5000" }, { server: "host/team/a" }),
    ],
    "registries that only an update knows": [
        withRegistries({ server: pulumi.output("a"), username: pulumi.output("b"), password: pulumi.output("c") }),
    ],
    "registries with a protocol": [
        withRegistries({ server: "https://registry.example.org" }),
        "airflow.registries[0].server",
    ],
    "registries twice": [withRegistries({}, {}), "airflow.registries[1].server"],
    "logins that are none": [
        withRegistries({ username: "a:b", password: "" }),
        "airflow.registries[0].username",
        "airflow.registries[0].password",
    ],
    "a pull Secret of the component's name": [
        { airflow: { registries: [registry], imagePullSecrets: ["airflow-registries"] } },
        "airflow.imagePullSecrets[0]",
    ],
    "a pull Secret of that name where the component makes none": [
        { airflow: { imagePullSecrets: ["airflow-registries"] } },
    ],
};

describe("clusters of other people", () => {
    for (const [noun, [args, ...paths]] of Object.entries(cases)) {
        it(`${paths.length > 0 ? "refuse" : "take"} ${noun}`, () => {
            const problems = validate(args);
            expect(
                problems.map(({ path }) => path),
                JSON.stringify(problems),
            ).to.deep.equal(paths);
            expect(JSON.stringify(problems)).to.not.contain(registry.password);
        });
    }

    it("hide a password of a stack's list that has the wrong shape", () => {
        for (const value of [
            { registries: [{ ...registry, password: { a: "hidden-1" } }] },
            { registries: "hidden-1" },
        ]) {
            const { problems } = readArgs({ airflow: JSON.stringify(value) });
            expect(problems.map(({ path }) => path)[0]).to.match(/^airflow\.registries/);
            expect(JSON.stringify(problems)).to.not.contain("hidden");
        }
    });

    it("hand a list of registries over as the stack has it", () => {
        const { args, problems } = readArgs({ airflow: JSON.stringify({ registries: [registry] }) });
        expect(problems).to.deep.equal([]);
        expect(args.airflow?.registries).to.deep.equal([registry]);
    });
});

describe("dockerConfig", () => {
    it("names Docker Hub as kubelets know it", () => {
        const { auths } = dockerConfig([{ server: "docker.io", username: "user", password: "pass:word" }]);
        expect(auths).to.deep.equal({
            "https://index.docker.io/v1/": { username: "user", password: "pass:word", auth: "dXNlcjpwYXNzOndvcmQ=" },
        });
    });
});
