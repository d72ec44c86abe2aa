import { expect } from "chai";
import { commonEnvironment, processEnvironment, workerEnvironment } from "../../../../components/airflow/environment";
import { dagsEnvironment } from "../../../../components/dags/dagsEnvironment";
import { dagsMounts, packagesMounts } from "../../../../components/dags/dagsMounts";
import { bundleConnection, mainGitBundle } from "../../../../components/dags/git/gitBundle";
import { withDefaults } from "../../../../components/settings/airflowKubernetesDefaults";
import { DagDelivery, type GitArgs } from "../../../../components/settings/dagsArgs";
import { dagsSettings } from "../../../../components/settings/dagsSettings";

const listName = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST";
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

function settings(delivery: DagDelivery, git: GitArgs = {}, refreshSeconds?: number) {
    return withDefaults({ dags: { delivery, git, refreshSeconds } });
}

describe("the bundle of a repository", () => {
    it("is Airflow's GitDagBundle at the ref and the folder, asked at the interval", () => {
        const git = { repository: "https://git.example.org/dags", ref: "stable", subPath: "team/dags" };
        const { dags } = settings(DagDelivery.GitBundle, git, 7);
        expect(JSON.parse(String(dagsEnvironment(dags)[listName]))).to.deep.equal([
            {
                // The name of Airflow's own bundle of the DAG folder: a change of delivery leaves no DAG behind.
                name: "dags-folder",
                classpath: "airflow.providers.git.bundles.git.GitDagBundle",
                kwargs: {
                    repo_url: "https://git.example.org/dags",
                    git_conn_id: "git_default",
                    tracking_ref: "stable",
                    subdir: "team/dags",
                    refresh_interval: 7,
                },
            },
        ]);
        expect(dagsEnvironment(dags)).to.not.have.any.keys("AIRFLOW__CORE__DAGS_FOLDER", "GIT_CONFIG_COUNT");
    });

    it("is the root of the repository where no folder is given", () => {
        const { dags } = settings(DagDelivery.GitBundle, { repository: "https://h/d" });
        expect(JSON.parse(String(dagsEnvironment(dags)[listName]))[0].kwargs).to.not.have.property("subdir");
    });

    it("is known to processes and tasks alike, and holds no credential", () => {
        const git = { repository: "https://h/d", token: "s3cret", sshKey: "k3y", caCertificate: certificate };
        const all = settings(DagDelivery.GitBundle, git);
        const expected = commonEnvironment(all)[listName];
        for (const environment of [processEnvironment(all), workerEnvironment(all)]) {
            expect(environment[listName]).to.equal(expected);
            expect(environment).to.deep.include({
                GIT_CONFIG_COUNT: "1",
                GIT_CONFIG_KEY_0: "http.https://h/d.sslCAInfo",
                GIT_CONFIG_VALUE_0: "/etc/git-files/ca.crt",
            });
            expect(environment).to.not.have.property("AIRFLOW_CONN_GIT_DEFAULT");
            expect(JSON.stringify(environment)).to.not.match(/s3cret|k3y/);
        }
    });

    it("mounts the host's keys where git runs, and no volume of DAGs", () => {
        const ssh = dagsMounts(settings(DagDelivery.GitBundle, { repository: "git@github.com:a/b", sshKey: "k" }));
        expect(ssh.map(({ mount }) => mount)).to.deep.equal([
            { name: "git-files", mountPath: "/etc/git-files", readOnly: true },
        ]);
        expect(dagsMounts(settings(DagDelivery.GitBundle, { repository: "https://github.com/a/b" }))).to.deep.equal([]);
    });
});

describe("bundleConnection", () => {
    const connection = (git: GitArgs, token?: string, key?: string) =>
        JSON.parse(String(bundleConnection(mainGitBundle(dagsSettings({ git: { ...git, sshKey: key } })), token, key)));

    it("carries a token for https", () => {
        const git = { repository: "https://h/d", username: "robot" };
        expect(connection(git, "s3cret")).to.deep.equal({
            conn_type: "git",
            host: "https://h/d",
            login: "robot",
            password: "s3cret",
        });
    });

    it("carries a key for ssh, and has the host checked", () => {
        expect(connection({ repository: "git@github.com:a/b" }, undefined, "k\n")).to.deep.equal({
            conn_type: "git",
            host: "git@github.com:a/b",
            extra: {
                private_key: "k\n",
                strict_host_key_checking: "yes",
                known_hosts_file: "/etc/git-files/known_hosts",
            },
        });
    });

    it("is there for a public repository, too", () => {
        expect(connection({ repository: "https://h/d" })).to.deep.equal({ conn_type: "git", host: "https://h/d" });
    });
});

describe("the folder of DAGs", () => {
    const folder = (delivery: DagDelivery, args: Parameters<typeof dagsSettings>[0] = {}) =>
        dagsEnvironment(dagsSettings({ ...args, delivery })).AIRFLOW__CORE__DAGS_FOLDER;

    it("goes through the link that the delivery switches", () => {
        expect(folder(DagDelivery.Volume)).to.equal("/opt/airflow/dags/current");
        expect(folder(DagDelivery.GitSync)).to.equal("/opt/airflow/dags/git/current");
        const git = { repository: "https://h/d", subPath: "./team/dags/" };
        expect(folder(DagDelivery.GitSync, { git })).to.equal("/opt/airflow/dags/git/current/team/dags");
        expect(folder(DagDelivery.Image, { image: { path: "/dags" } })).to.equal("/dags");
        expect(folder(DagDelivery.GitBundle, { git })).to.equal(undefined);
    });

    it("is on the shared volume, read-only and without a subPath, where a delivery fills that", () => {
        for (const delivery of [DagDelivery.Volume, DagDelivery.GitSync]) {
            const claimName = settings(delivery).storage.claims.dags;
            expect(dagsMounts(settings(delivery))).to.deep.equal([
                {
                    volume: { name: "dags", persistentVolumeClaim: { claimName } },
                    mount: { name: "dags", mountPath: "/opt/airflow/dags", readOnly: true },
                },
            ]);
        }
        expect(dagsMounts(settings(DagDelivery.Image))).to.deep.equal([]);
    });

    it("is mounted by the api-server for packages only", () => {
        expect(packagesMounts(withDefaults({}))).to.deep.equal([]);
        const [{ mount }] = packagesMounts(withDefaults({ pythonPackages: { requirements: "r.txt" } }));
        expect(mount).to.deep.equal({ name: "dags", mountPath: "/opt/airflow/dags", readOnly: true });
    });
});
