import { expect } from "chai";
import { AirflowKubernetes as Component } from "../../components";
import { readArgs } from "../../config";
import { choices } from "../support/combinations";
import { AirflowKubernetes } from "../support/exampleDags";
import { record } from "../support/mocks";
import { metadata, named, objects, pods, workerPod } from "../support/objects";
import { asConfig } from "../support/randomConfigurations";

describe("what a change makes anew", () => {
    it("is every Secret and ConfigMap that the provider names, whatever options it has", async () => {
        const seen = new Set<string>();
        for (const values of Object.values(choices)) {
            const { args } = readArgs(asConfig(values));
            const registrations = await record(() => new Component("airflow", args));
            const kept = [...objects(registrations, "Secret"), ...objects(registrations, "ConfigMap")];
            for (const object of kept.filter((candidate) => metadata(candidate).name === undefined)) {
                seen.add(object.name);
                expect(object.replaceOnChanges, object.name).to.have.members(["binaryData", "data", "stringData"]);
            }
        }
        expect([...seen]).to.include.members([
            "airflow-database",
            "airflow-encryption",
            "airflow-api",
            "airflow-admin",
            "airflow-logs",
            "airflow-objects-secret",
            "airflow-worker-templates-file",
        ]);
    }).timeout(60_000);

    it("is not the volume of Postgres: another class would need the one in use to go first", async () => {
        const registrations = await record(
            () => new AirflowKubernetes("airflow", { database: { storageClass: "fast" } }),
        );
        const claim = named(registrations, "airflow-postgres-claim");
        expect(claim.inputs.spec).to.include({ storageClassName: "fast" });
        expect(claim.ignoreChanges).to.deep.equal(["spec.storageClassName"]);
    });
});

describe("processes and tasks", () => {
    it("ask for the names of Services as they are, without the cluster's search list", async () => {
        const registrations = await record(() => new AirflowKubernetes("airflow"));
        const processes = pods(registrations).filter(({ owner }) =>
            /^airflow-(api-server|scheduler|dag-processor|triggerer)-/.test(owner),
        );
        expect(processes).to.have.lengthOf(4);
        for (const { owner, spec } of [...processes, workerPod(registrations)]) {
            expect(spec.dnsConfig, owner).to.deep.equal({ options: [{ name: "ndots", value: "2" }] });
        }
    });

    it("leave the cluster's names to a user", async () => {
        const dnsConfig = { options: [{ name: "ndots", value: "1" }] };
        const registrations = await record(
            () => new AirflowKubernetes("airflow", { workers: { podTemplate: { spec: { dnsConfig } } } }),
        );
        expect(workerPod(registrations).spec.dnsConfig).to.deep.equal(dnsConfig);
    });

    it("believe what a proxy says of the protocol where people come by https: the api-server", async () => {
        const start = async (url: string) => {
            const registrations = await record(() => new AirflowKubernetes("airflow", { airflow: { url } }));
            const pod = pods(registrations).find(({ owner }) => owner === "airflow-api-server-deployment");
            const { args, env } = pod?.spec.containers[0] ?? { args: [], env: [] };
            const believed = env.find(({ name }) => name === "FORWARDED_ALLOW_IPS")?.value;
            return [...args, believed];
        };
        const args = ["python", "-m", "airflow_kubernetes.keys", "api-server", "--proxy-headers"];
        expect(await start("https://airflow.example.org")).to.deep.equal([...args, "*"]);
        expect(await start("http://localhost:8080")).to.deep.equal([...args, "127.0.0.1"]);
    });

    it("are asked to end after requests have stopped to arrive, and have their time after that: the api-server", async () => {
        const registrations = await record(() => new AirflowKubernetes("airflow"));
        const { spec } = pods(registrations).find(({ owner }) => owner === "airflow-api-server-deployment") ?? {};
        expect(spec?.containers[0].lifecycle).to.deep.equal({ preStop: { exec: { command: ["sleep", "5"] } } });
        expect(spec?.terminationGracePeriodSeconds).to.equal(35);
    });
});
