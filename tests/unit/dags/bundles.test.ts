import { expect } from "chai";
import { type AirflowKubernetesArgs, type DagBundleArgs, DagBundleKind, DagDelivery } from "../../../components";
import { dagsEnvironment } from "../../../components/dags/dagsEnvironment";
import { dagsMounts } from "../../../components/dags/dagsMounts";
import { pluginsHash } from "../../../components/dags/plugins";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { withSecretsMarked } from "../../../components/settings/secretArguments";
import { problemsMessage } from "../../../components/validation/problems";
import { readArgs } from "../../../config";
import { validate } from "../../support/exampleDags";
import { folder, removeFolders } from "../../support/folders";
import { asConfig } from "../../support/randomConfigurations";

const { Git, S3, Gcs, Local } = DagBundleKind;
const repository = "https://git.example.org/team.git";
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const sshKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";

function list(bundles: DagBundleArgs[], delivery = DagDelivery.Volume) {
    const environment = dagsEnvironment(withDefaults({ dags: { delivery, bundles } }).dags);
    return JSON.parse(String(environment.AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST));
}

describe("further bundles of DAGs", () => {
    afterEach(removeFolders);

    it("come after that of the delivery, each of its class, with a connection of its own", () => {
        const bundles: DagBundleArgs[] = [
            { name: "team-a", kind: Git, git: { repository, ref: "v1", subPath: "dags" }, refreshSeconds: 60 },
            { name: "b", kind: S3, s3: { url: "s3://bucket/some/dags/" } },
            { name: "c", kind: Gcs, gcs: { url: "gs://bucket" } },
            { name: "d", kind: Local, local: { path: "/opt/d" } },
        ];
        expect(list(bundles)).to.deep.equal([
            { name: "dags-folder", classpath: "airflow.dag_processing.bundles.local.LocalDagBundle", kwargs: {} },
            {
                name: "team-a",
                classpath: "airflow.providers.git.bundles.git.GitDagBundle",
                kwargs: {
                    repo_url: repository,
                    git_conn_id: "dag_bundle_team_a",
                    tracking_ref: "v1",
                    subdir: "dags",
                    refresh_interval: 60,
                },
            },
            {
                name: "b",
                classpath: "airflow.providers.amazon.aws.bundles.s3.S3DagBundle",
                kwargs: {
                    aws_conn_id: "dag_bundle_b",
                    bucket_name: "bucket",
                    prefix: "some/dags/",
                    refresh_interval: 20,
                },
            },
            {
                name: "c",
                classpath: "airflow.providers.google.cloud.bundles.gcs.GCSDagBundle",
                kwargs: { gcp_conn_id: "dag_bundle_c", bucket_name: "bucket", prefix: "", refresh_interval: 20 },
            },
            {
                name: "d",
                classpath: "airflow.dag_processing.bundles.local.LocalDagBundle",
                kwargs: { path: "/opt/d", refresh_interval: 20 },
            },
        ]);
    });

    it("are all there is with the delivery bundles, and none is told of without any", () => {
        const bundles = [{ name: "team", kind: Git, git: { repository } }];
        expect(list(bundles, DagDelivery.Bundles).map(({ name }: { name: string }) => name)).to.deep.equal(["team"]);
        expect(list(bundles, DagDelivery.GitBundle).map(({ name }: { name: string }) => name)).to.deep.equal([
            "dags-folder",
            "team",
        ]);
        const { dags } = withDefaults({ dags: { delivery: DagDelivery.Bundles, bundles } });
        expect(dagsEnvironment(dags)).to.not.have.any.keys(
            "AIRFLOW__CORE__DAGS_FOLDER",
            "AIRFLOW__CORE__PLUGINS_FOLDER",
        );
        expect(dagsEnvironment(withDefaults({}).dags)).to.not.have.property(
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST",
        );
    });

    it("have host keys and authorities each in a folder of its own, and trust an authority for its repository only", () => {
        const settings = withDefaults({
            dags: {
                bundles: [
                    { name: "a", kind: Git, git: { repository: "git@github.com:team/a", sshKey } },
                    { name: "b", kind: Git, git: { repository, caCertificate: certificate } },
                    { name: "c", kind: Git, git: { repository: "https://github.com/team/c" } },
                ],
            },
        });
        const [volume, files] = dagsMounts(settings);
        expect(volume.mount.name).to.equal("dags");
        expect(files.mount).to.deep.equal({ name: "git-files", mountPath: "/etc/git-files", readOnly: true });
        const { sources } = files.volume.projected as unknown as {
            sources: { configMap: { name: string; items: object[] } }[];
        };
        expect(sources.map(({ configMap }) => configMap.items)).to.deep.equal([
            [{ key: "known_hosts", path: "a/known_hosts" }],
            [{ key: "ca.crt", path: "b/ca.crt" }],
        ]);
        expect(sources[0].configMap.name).to.not.equal(sources[1].configMap.name);
        expect(dagsEnvironment(settings.dags)).to.include({
            GIT_CONFIG_COUNT: "1",
            GIT_CONFIG_KEY_0: `http.${repository}.sslCAInfo`,
            GIT_CONFIG_VALUE_0: "/etc/git-files/b/ca.crt",
        });
    });

    it("are refused with all faults at once, each by its path", () => {
        const wrong = [
            { name: "Team A", kind: Git, git: { repository: "/srv/dags", ref: "a..b" }, refreshSeconds: 1 },
            { name: "dags-folder", kind: S3 },
            { name: "b", kind: S3, s3: { url: "b", accessKeyId: "A", region: "x y" }, gcs: { url: "gs://bucket" } },
            { name: "b", kind: Local, local: { path: "/opt/airflow/dags/more" } },
            { name: "c", kind: "ftp" as DagBundleKind },
            { name: "d", kind: Git, git: { repository: "git@github.com:t/d", sshKeySecret: { name: "s", key: "k" } } },
            { name: "e", kind: Git, git: { repository: "https://me:hunter2@github.com/team/dags" } },
        ];
        const problems = validate({ dags: { bundles: wrong } });
        expect(problems.map(({ path }) => path.replace("dags.bundles", ""))).to.deep.equal([
            "[0].name",
            "[0].refreshSeconds",
            "[0].git.repository",
            "[0].git.ref",
            "[1].name",
            "[1].s3",
            "[2].gcs",
            "[2].s3.url",
            "[2].s3.region",
            "[2].s3.secretAccessKey",
            "[3].name",
            "[3].local.path",
            "[4].kind",
            "[5].git.sshKeySecret",
            "[6].git.repository",
        ]);
        const message = problemsMessage(problems, "the test");
        expect(message).to.contain(
            "nothing with a bundle of the kind git: tasks get the key as a part of a connection",
        );
        expect(message).to.not.contain("hunter2");
    });

    it("have to be there with the delivery bundles", () => {
        expect(validate({ dags: { delivery: DagDelivery.Bundles } }).map(({ path }) => path)).to.deep.equal([
            "dags.bundles",
        ]);
    });

    it("have secrets that are marked in what the stack keeps, and shown in no message of a stack file", async () => {
        const token = "hidden-in-vain";
        const args: AirflowKubernetesArgs = {
            dags: { bundles: [{ name: "a", kind: Git, git: { repository, token } }] },
        };
        const marked = withSecretsMarked(args).dags?.bundles?.[0].git?.token as unknown as {
            isSecret: Promise<boolean>;
        };
        expect(await marked.isSecret).to.equal(true);
        expect(args.dags?.bundles?.[0].git?.token).to.equal(token);

        const shown = (bundles: unknown) =>
            problemsMessage(readArgs(asConfig({ dags: { bundles } })).problems, "a test");
        const bundle = { name: "a", kind: "git" };
        for (const wrong of [
            [{ ...bundle, git: { repository, token: [token] } }],
            [{ ...bundle, git: { repository, token: `${token} with a space` } }],
            [{ ...bundle, git: [token] }],
            [{ ...bundle, git: token }],
            { a: { ...bundle, git: { repository, token } } },
            [{ ...bundle, git: { repository, tokn: token } }],
            token,
        ]) {
            expect(shown(wrong), JSON.stringify(wrong)).to.match(/dags\.bundles/);
            expect(shown(wrong), JSON.stringify(wrong)).to.not.contain(token);
        }
        expect(shown([{ ...bundle, kind: "svn", git: { repository, token } }])).to.contain('"svn"');
        expect(
            readArgs(asConfig({ dags: { bundles: [{ ...bundle, git: { repository, token } }] } })).problems,
        ).to.deep.equal([]);
    });
});

describe("the folder of plugins", () => {
    afterEach(removeFolders);

    it("is refused where there are no DAGs for it to be beside", () => {
        const bundles = [{ name: "a", kind: Git, git: { repository } }];
        const problems = (delivery: DagDelivery, pluginsFolder: string) =>
            validate({
                dags: { delivery, pluginsFolder, bundles, git: { repository } },
                airflow: { image: "me/a:1" },
            }).map(({ path }) => path);
        const refused = ["dags.pluginsFolder"];
        expect(problems(DagDelivery.GitBundle, "plugins")).to.deep.equal(refused);
        expect(problems(DagDelivery.Bundles, "plugins")).to.deep.equal(refused);
        expect(problems(DagDelivery.Bundles, "/opt/plugins")).to.deep.equal([]);
        expect(problems(DagDelivery.GitSync, "plugins")).to.deep.equal([]);
        expect(problems(DagDelivery.Image, "team/plugins")).to.deep.equal([]);
        for (const wrong of ["../plugins", ".plugins", "a//b", "a b", "", "/", "/opt/../etc"]) {
            expect(problems(DagDelivery.GitSync, wrong), wrong).to.deep.equal(refused);
        }
    });

    it("has a hash that changes with its files and nothing else, where up loads them", () => {
        const hash = (files: Record<string, string>, pluginsFolder?: string, delivery = DagDelivery.Volume) =>
            pluginsHash(withDefaults({ dags: { delivery, volume: { folder: folder(files) }, pluginsFolder } }).dags);
        const before = hash({ "a.py": "1", "plugins/p.py": "1" });
        expect(before).to.match(/^[0-9a-f]{10}$/);
        expect(hash({ "a.py": "2", "plugins/p.py": "1" })).to.equal(before);
        expect(hash({ "a.py": "1", "plugins/p.py": "2" })).to.not.equal(before);
        expect(hash({ "a.py": "1", "plugins/q.py": "1" })).to.not.equal(before);
        expect(hash({ "a.py": "1" })).to.equal(undefined);
        expect(hash({ "a.py": "1", "plugins/p.py": "1" }, "others")).to.equal(undefined);
        expect(hash({ "plugins/p.py": "1" }, "/opt/plugins")).to.equal(undefined);
        expect(hash({ "plugins/p.py": "1" }, undefined, DagDelivery.GitSync)).to.equal(undefined);
    });
});

describe("apiServer.webserverConfig", () => {
    it("is refused beside the option that names another file", () => {
        const variable = "AIRFLOW__FAB__CONFIG_FILE";
        const named: AirflowKubernetesArgs[] = [
            { airflow: { options: { fab: { config_file: "/a.py" } } } },
            { airflow: { env: [{ name: variable, value: "/a.py" }] } },
            { apiServer: { env: [{ name: variable, value: "/a.py" }] } },
        ];
        for (const args of named) {
            expect(validate(args)).to.deep.equal([]);
            const both = { ...args, apiServer: { ...args.apiServer, webserverConfig: "A = 1" } };
            expect(validate(both).map(({ path }) => path)).to.deep.equal(["apiServer.webserverConfig"]);
        }
    });
});
