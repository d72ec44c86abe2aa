import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { AirflowKubernetes, type AirflowKubernetesArgs } from "../../components";
import { type Registration, record } from "../support/mocks";
import { metadata, named, objects, pods, workerPod } from "../support/objects";

/** What other resources of a program on a cloud hand over: a database, a bucket, a registry, identities, Secrets. */
function ofACloud<T>(known: (value: T) => pulumi.Input<T>) {
    const text = known as unknown as (value: string) => pulumi.Input<string>;
    const number = known as unknown as (value: number) => pulumi.Input<number>;
    const args: AirflowKubernetesArgs = {
        airflow: {
            image: text("111122223333.dkr.ecr.eu-west-1.amazonaws.com/airflow:3.3.2"),
            fernetKeySecret: { name: text("airflow-keys"), key: "fernet" },
            env: [{ name: "AWS_REGION", value: text("eu-west-1") }],
            envFrom: [{ configMapRef: { name: text("proxy") } }],
        },
        namespaces: { labels: { "example.org/team": text("data") } },
        pythonPackages: { requirements: "examples/image/requirements.txt" },
        database: {
            external: { host: text("db.eu-west-1.rds.amazonaws.com"), port: number(5433), user: text("airflow") },
            passwordSecret: { name: text("rds"), key: text("password") },
        },
        logs: {
            remote: {
                url: text("s3://airflow-logs/team"),
                region: text("eu-west-1"),
                accessKeyId: text("AKIAEXAMPLE"),
                secretAccessKeySecret: { name: text("bucket"), key: "secret" },
            },
        },
        serviceAccounts: {
            worker: { annotations: { "eks.amazonaws.com/role-arn": text("arn:aws:iam::1:role/tasks") } },
        },
        scheduler: { resources: { limits: { memory: text("3Gi") } } },
        workers: {
            podTemplate: { spec: { nodeSelector: { pool: text("tasks") } } },
            templates: { gpu: { spec: { containers: [{ name: "base", image: text("gpu:1") }] } } },
            rules: [{ apiGroups: [text("ray.io")], resources: ["rayjobs"], verbs: ["create"] }],
        },
    };
    return args;
}

function build(args: AirflowKubernetesArgs, preview = false): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args), preview);
}

describe("arguments that are Outputs of other resources", () => {
    it("make the same installation as their values do, down to the names of Jobs", async () => {
        const essence = async (args: AirflowKubernetesArgs) =>
            (await build(args))
                .filter(({ type }) => type.startsWith("kubernetes:"))
                .map(({ urn, inputs }) => ({ urn, inputs }))
                .sort((a, b) => (a.urn < b.urn ? -1 : 1));
        expect(await essence(ofACloud((value) => pulumi.output(value) as pulumi.Output<never>))).to.deep.equal(
            await essence(ofACloud((value) => value)),
        );
    });

    it("arrive where pods read them", async () => {
        const registrations = await build(ofACloud((value) => pulumi.output(value) as pulumi.Output<never>));
        for (const { owner, spec } of [...pods(registrations), workerPod(registrations)]) {
            expect(spec.containers[0].image, owner).to.match(/^111122223333\.dkr\.ecr/);
        }
        const { env } = workerPod(registrations).spec.containers[0];
        const value = (name: string) => env.find((variable) => variable.name === name)?.value;
        expect(value("AWS_REGION")).to.equal("eu-west-1");
        expect(value("AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER")).to.equal("s3://airflow-logs/team");
        expect(value("PYTHONPATH")).to.match(/^\/opt\/airflow\/dags\/\.packages\/[0-9a-f]{10}\/site-packages$/);
        const { connection } = named(registrations, "airflow-database").inputs.stringData as Record<string, string>;
        expect(connection).to.match(/@db\.eu-west-1\.rds\.amazonaws\.com:5433\/airflow/);
        const apiServer = pods(registrations).find(({ owner }) => owner === "airflow-api-server-deployment");
        const logs = apiServer?.spec.containers[0].env.find(({ name }) => name === "AIRFLOW_CONN_AIRFLOW_LOGS");
        expect(JSON.parse(logs?.value ?? "{}")).to.deep.include({
            login: "AKIAEXAMPLE",
            password: "$(AIRFLOW_LOGS_SECRET_ACCESS_KEY)",
        });
    });

    it("let a preview go on before any of them is known", async () => {
        const unknown = () => pulumi.output(pulumi.unknown);
        const registrations = await build(ofACloud(unknown as never), true);
        expect(objects(registrations, "Deployment").map((each) => metadata(each).name)).to.have.members([
            "airflow-api-server",
            "airflow-scheduler",
            "airflow-dag-processor",
        ]);
        expect(objects(registrations, "Job")).to.have.lengthOf(5);
    });
});
