import { expect } from "chai";
import { type AirflowKubernetesArgs, Hosting } from "../../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { StorageKind } from "../../../components/settings/storageArgs";
import { preparedDirectories } from "../../../components/storage/preparedDirectories";
import { type MadeStorage, sharedVolumes } from "../../../components/storage/sharedVolumes";
import { exportedPath } from "../../../components/storage/storageLocation";

const sizes = { dagsSize: "3Gi", logsSize: "4Gi" };

/** What the name of a claim on a shared volume ends with. */
const hash = /-[0-9a-f]{6}$/;

/** Claims, sizes and what each namespace sees. */
function views(args: AirflowKubernetesArgs, made?: MadeStorage): Record<string, unknown> {
    return Object.fromEntries(
        sharedVolumes(withDefaults(args), made).map(({ noun, claimName, size, views }) => [
            `${noun} ${String(claimName).replace(hash, "")} ${size}`,
            Object.fromEntries(
                Object.entries(views).map(([namespace, view]) => [namespace, [view?.accessMode, view?.source]]),
            ),
        ]),
    );
}

function hosted(storage: AirflowKubernetesArgs["storage"], rest: AirflowKubernetesArgs = {}): AirflowKubernetesArgs {
    return { ...rest, hosting: Hosting.ReadWriteMany, storage: { ...sizes, ...storage } };
}

/** What DAGs and logs look like when all namespaces see one source, and tasks ask for no more than to read DAGs. */
function shared(source: (noun: string) => object): Record<string, unknown> {
    const [dags, logs] = ["dags", "logs"].map(source);
    return {
        "dags airflow-dags 3Gi": {
            storage: ["ReadWriteMany", dags],
            airflow: ["ReadWriteMany", dags],
            workers: ["ReadOnlyMany", dags],
        },
        "logs airflow-logs 4Gi": {
            storage: ["ReadWriteMany", logs],
            airflow: ["ReadWriteMany", logs],
            workers: ["ReadWriteMany", logs],
        },
    };
}

describe("sharedVolumes", () => {
    it("are directories of the node, with hosting minikube, whatever kind is set", () => {
        const source = (noun: string) => ({ hostPath: { path: `/data/x/${noun}`, type: "DirectoryOrCreate" } });
        const storage = { ...sizes, hostPath: "/data/x", kind: StorageKind.Nfs };
        expect(views({ storage })).to.deep.equal(shared(source));
    });

    it("are directories of an export, whose root is seen only where they are made", () => {
        const source = (path: string, more = {}) => ({ nfs: { server: "10.0.0.5", path, ...more } });
        const nfs = { server: "10.0.0.5", path: "/srv/airflow" };
        expect(views(hosted({ kind: StorageKind.Nfs, nfs }))).to.deep.equal({
            "shares airflow-shares 7Gi": { storage: ["ReadWriteMany", source("/srv/airflow")] },
            "dags airflow-dags 3Gi": {
                airflow: ["ReadWriteMany", source("/srv/airflow/dags")],
                workers: ["ReadOnlyMany", source("/srv/airflow/dags", { readOnly: true })],
            },
            "logs airflow-logs 4Gi": {
                airflow: ["ReadWriteMany", source("/srv/airflow/logs")],
                workers: ["ReadWriteMany", source("/srv/airflow/logs")],
            },
        });
    });

    it("lie on the server in the cluster at the address that it was given", () => {
        const found = views(hosted({}), { nfsServer: "10.96.1.2" });
        expect(found["shares airflow-shares 7Gi"]).to.deep.equal({
            storage: ["ReadWriteMany", { nfs: { server: "10.96.1.2", path: "/export" } }],
        });
        expect(found["logs airflow-logs 4Gi"]).to.deep.include({
            workers: ["ReadWriteMany", { nfs: { server: "10.96.1.2", path: "/export/logs" } }],
        });
    });

    it("are volumes of a CSI driver, with the placeholders filled in for each namespace", () => {
        const csi = {
            driver: "file.csi.example.com",
            volumeHandle: "{volume}#{namespace}",
            volumeAttributes: { share: "team-{volume}" },
            nodeStageSecret: { namespace: "secrets", name: "key" },
        };
        const found = views(hosted({ kind: StorageKind.Csi, csi }, { namespaces: { workers: "w" } }));
        expect(found["dags airflow-dags 3Gi"]).to.deep.include({
            workers: [
                "ReadWriteMany",
                {
                    csi: {
                        driver: "file.csi.example.com",
                        volumeHandle: "dags#w",
                        readOnly: true,
                        volumeAttributes: { share: "team-dags" },
                        nodeStageSecretRef: { namespace: "secrets", name: "key" },
                    },
                },
            ],
        });
        expect(Object.keys(found)).to.deep.equal(["dags airflow-dags 3Gi", "logs airflow-logs 4Gi"]);
        expect(Object.keys(found["logs airflow-logs 4Gi"] as object)).to.deep.equal(["storage", "airflow", "workers"]);
    });

    it("repeat what a StorageClass has made, in the namespaces that have no claim of the class", () => {
        const dynamic = Object.fromEntries(
            ["dags", "logs"].map((noun) => [
                noun,
                { source: { nfs: { server: "s", path: `/made/${noun}` } }, mountOptions: ["hard"] },
            ]),
        );
        const storage = { kind: StorageKind.StorageClass, storageClass: "shared" };
        expect(views(hosted(storage), { dynamic })).to.deep.equal({
            "dags airflow-dags 3Gi": {
                airflow: ["ReadWriteMany", dynamic.dags.source],
                workers: ["ReadWriteMany", dynamic.dags.source],
            },
            "logs airflow-logs 4Gi": {
                airflow: ["ReadWriteMany", dynamic.logs.source],
                workers: ["ReadWriteMany", dynamic.logs.source],
            },
        });
        const options = (given: string[]) =>
            sharedVolumes(withDefaults(hosted({ ...storage, mountOptions: given })), { dynamic })[0].mountOptions;
        expect(options([])).to.deep.equal(["hard"]);
        expect(options(["soft"])).to.deep.equal(["soft"]);
    });

    it("have mount options that show changes soon, on NFS", () => {
        const options = (args: AirflowKubernetesArgs) =>
            new Set(sharedVolumes(withDefaults(args), { nfsServer: "s" }).map(({ mountOptions }) => mountOptions));
        expect([...options(hosted({}))]).to.deep.equal([["nfsvers=4.1", "hard", "noatime", "actimeo=5"]]);
        expect([...options({})].flat()).to.deep.equal([]);
    });

    it("hold a database that is retained on a cluster of one node, which no task sees", () => {
        const database = { retain: true, size: "7Gi" };
        const source = { hostPath: { path: "/data/airflow/database", type: "DirectoryOrCreate" } };
        const view = ["ReadWriteOnce", source];
        expect(views({ database })["database airflow-database 7Gi"]).to.deep.equal({ storage: view, airflow: view });
        const elsewhere = [
            hosted({}, { database }),
            { database: { ...database, external: { host: "h" } } },
            { database: { size: "7Gi" } },
        ];
        for (const args of elsewhere) {
            expect(Object.keys(views(args, { nfsServer: "s" })).join()).to.not.contain("database");
        }
    });
});

describe("the names of claims", () => {
    const claims = (args: AirflowKubernetesArgs) => withDefaults(args).storage.claims;
    const nfs = { server: "10.0.0.5", path: "/srv" };

    it("change with what the volumes are made of", () => {
        const all = [
            {},
            { storage: { hostPath: "/data/other" } },
            hosted({ kind: StorageKind.Nfs, nfs }),
            hosted({ kind: StorageKind.Nfs, nfs: { ...nfs, path: "/other" } }),
            hosted({}),
            hosted({ nfsServer: { storageClass: "fast" } }),
            hosted({ kind: StorageKind.StorageClass, storageClass: "shared" }),
        ].map((args) => claims(args).dags);
        expect(new Set(all).size).to.equal(all.length);
        for (const name of all) {
            expect(name).to.match(/^airflow-dags-[0-9a-f]{6}$/);
        }
    });

    it("stay with another size, and when data that were left are named", () => {
        expect(claims({ storage: { logsSize: "99Gi" } })).to.deep.equal(claims({}));
        const existingClaim = { namespace: "kept", name: "disk" };
        expect(claims(hosted({ nfsServer: { existingClaim } }))).to.deep.equal(claims(hosted({})));
    });

    it("are those of directories that follow Airflow's namespace", () => {
        expect(withDefaults({ namespaces: { airflow: "two" } }).storage.hostPath).to.equal("/data/two");
        expect(claims({ namespaces: { airflow: "two" } })).to.not.deep.equal(claims({}));
    });
});

describe("preparedDirectories", () => {
    const prepared = (args: AirflowKubernetesArgs) =>
        preparedDirectories(withDefaults(args)).map((directory) => ({
            ...directory,
            claimName: String(directory.claimName).replace(hash, ""),
        }));

    it("are the roots of volumes of their own", () => {
        const shared = { name: "", owner: { uid: 50000, gid: 0 }, mode: "2775" };
        expect(prepared({ database: { retain: true } })).to.deep.equal([
            { ...shared, claimName: "airflow-dags", place: "the directory /data/airflow/dags of the node" },
            { ...shared, claimName: "airflow-logs", place: "the directory /data/airflow/logs of the node" },
            {
                claimName: "airflow-database",
                name: "",
                place: "the directory /data/airflow/database of the node",
                owner: { uid: 999, gid: 999 },
                mode: "0700",
            },
        ]);
    });

    it("are made below the root of an export", () => {
        const nfs = { server: "files", path: "/srv/" };
        expect(
            prepared(hosted({ kind: StorageKind.Nfs, nfs })).map(({ claimName, name, place }) => [
                claimName,
                name,
                place,
            ]),
        ).to.deep.equal([
            ["airflow-shares", "dags", "the directory /srv/dags of files"],
            ["airflow-shares", "logs", "the directory /srv/logs of files"],
        ]);
    });
});

describe("exportedPath", () => {
    it("joins a root and a name with one slash", () => {
        expect(exportedPath("/", "dags")).to.equal("/dags");
        expect(exportedPath("/")).to.equal("/");
        expect(exportedPath("/srv/", "dags")).to.equal("/srv/dags");
        expect(exportedPath("/srv/")).to.equal("/srv");
    });
});
