import { expect } from "chai";
import { installation, namespaces } from "../support/installation";
import { identity, objects } from "../support/kubernetes";
import { installedObjects } from "../support/leftovers";
import type { Made } from "../support/make";

/**
 * Settings that are wrong, each with the key that the error has to name. Those of one group are given together, to one
 * `make up`, which has to name them all.
 */
const groups: Readonly<Record<string, readonly (readonly [setting: string, named: string])[]>> = {
    "values that are not allowed": [
        ["hosting=cloud", "hosting"],
        ["dags.delivery=ftp", "dags.delivery"],
        ["colour=blue", "colour"],
        ["database.retain=maybe", "database.retain"],
        ["apiServer.replicas=many", "apiServer.replicas"],
        ["storage.colour=blue", "storage.colour"],
        ["workers.podsCreationBatchSize=1.5", "workers.podsCreationBatchSize"],
        ["admin.colour=blue", "admin.colour"],
        ["airflow.version=2.10.5", "airflow.version"],
        ["airflow.image=apache/airflow:latest", "airflow.image"],
        ["airflow.url=ftp://somewhere", "airflow.url"],
        ["airflow.clusterDomain=Cluster_Local", "airflow.clusterDomain"],
    ],
    "values that make no sense": [
        ["hosting=aws", "hosting"],
        ["dags.delivery=gitSync", "dags.git.repository"],
        ["dags.refreshSeconds=3601", "dags.refreshSeconds"],
        ["storage.dagsSize=lots", "storage.dagsSize"],
        ["storage.logsSize='0'", "storage.logsSize"],
        ["database.image=postgres", "database.image"],
        ["database.size=-1Gi", "database.size"],
        ["databasePassword=short", "databasePassword"],
        ["fernetKey=abc", "fernetKey"],
        ["adminPassword=admin", "adminPassword"],
        ["admin.user='two words'", "admin.user"],
        ["admin.email=nobody", "admin.email"],
        ["apiServer.replicas=0", "apiServer.replicas"],
        ["scheduler.replicas=21", "scheduler.replicas"],
        [
            "workers.podTemplate.spec.terminationGracePeriodSeconds=0",
            "workers.podTemplate.spec.terminationGracePeriodSeconds",
        ],
        ["workers.resources.requests.memory=640Gi", "workers.resources.requests.memory"],
        ["airflow.options.core.fernet_key=mine", "airflow.options.core.fernet_key"],
        ["airflow.options.core.executor=LocalExecutor", "airflow.options.core.executor"],
        ["workers.podTemplate.metadata.labels.a=b/c", "workers.podTemplate.metadata.labels.a"],
    ],
    "places that are not there": [
        ["dags.volume.folder=no/such/folder", "dags.volume.folder"],
        ["namespaces.workersPodSecurity=none", "namespaces.workersPodSecurity"],
    ],
};

/** What happens to settings that are wrong. */
export function brokenConfiguration(): void {
    describe("a broken configuration", () => {
        let atFirst: string[];

        const everything = async () => [
            ...(await installedObjects()).map(identity),
            ...(await objects("namespaces,persistentvolumes")).map(identity),
        ];

        before(async () => {
            atFirst = await everything();
        });

        for (const [title, faults] of Object.entries(groups)) {
            describe(title, () => {
                let made: Made;

                before(async () => {
                    made = await installation.make("up", { CONFIG: faults.map(([setting]) => setting).join(" ") });
                });

                it("ends make up with an error", () => {
                    expect(made.code).to.not.equal(0);
                    expect(made.all).to.not.contain("Airflow is up");
                });

                for (const [setting, named] of faults) {
                    it(`names ${setting}`, () => {
                        expect(made.all).to.match(
                            new RegExp(`\\d+\\. airflow-kubernetes:${named.replaceAll(".", "\\.")}\\b.*allowed:`),
                        );
                    });
                }

                it("names nothing else", () => {
                    expect(made.all.match(/^\s*\d+\. airflow-kubernetes:.*$/gm) ?? []).to.have.length(faults.length);
                });
            });
        }

        it("never shows a secret that is wrong", async () => {
            const made = await installation.make("up", { CONFIG: "adminPassword=2short fernetKey=notAKeyAtAll" });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.not.contain("2short").and.not.contain("notAKeyAtAll");
        });

        it("is found in CONFIG before anything is looked at", async () => {
            const made = await installation.make("up", { CONFIG: "hosting x..y=1" });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.contain('"hosting" has no "="').and.contain('"x..y" is no key');
        });

        it("is found where a key is of another kind than Pulumi.yaml declares", async () => {
            const made = await installation.make("up", { CONFIG: "admin=root" });
            expect(made.code).to.not.equal(0);
            expect(made.all).to.match(/configuration key 'admin' must be of type 'object'/);
        });

        it("creates nothing", async () => {
            expect(await everything()).to.deep.equal(atFirst);
            expect(atFirst.some((name) => name.includes(namespaces.airflow))).to.equal(false);
        });
    });
}
