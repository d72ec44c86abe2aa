import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { type Cloud as Azure, airflowOn as onAzure } from "../../examples/aks/airflow";
import { type Cloud as Amazon, airflowOn as onAmazon } from "../../examples/eks/airflow";
import { type Cloud as Google, airflowOn as onGoogle } from "../../examples/gke/airflow";
import { attempt, type Registration } from "../support/mocks";
import { kindOf, metadata, objects, pods, waitsFor, workerPod } from "../support/objects";
import { root } from "../support/program";

/** What resources of a cloud hand over: known in an update, unknown in its first preview. */
interface Given {
    text(value: string): pulumi.Output<string>;
    number(value: number): pulumi.Output<number>;
}

const known: Given = { text: (value) => pulumi.output(value), number: (value) => pulumi.output(value) };
const unknown: Given = {
    text: () => pulumi.output(pulumi.unknown as unknown as string),
    number: () => pulumi.output(pulumi.unknown as unknown as number),
};

const fernetKey = `${"f".repeat(43)}=`;

function amazon({ text, number }: Given): Amazon {
    return {
        kubeconfig: text("{}"),
        image: text("111122223333.dkr.ecr.eu-west-1.amazonaws.com/airflow:1"),
        database: {
            host: text("db.eu-west-1.rds.amazonaws.com"),
            port: number(5432),
            password: pulumi.secret(text("a-database-password")),
        },
        fernetKey: pulumi.secret(text(fernetKey)),
        fileSystemId: text("fs-0123456789abcdef0"),
        logs: { bucket: text("airflow-logs"), region: text("eu-west-1") },
        roleArn: text("arn:aws:iam::111122223333:role/airflow"),
    };
}

function google({ text }: Given): Google {
    return {
        kubeconfig: text("{}"),
        image: text("europe-west1-docker.pkg.dev/project/airflow/airflow:1"),
        database: { host: text("10.1.2.3"), password: pulumi.secret(text("a-database-password")) },
        fernetKey: pulumi.secret(text(fernetKey)),
        network: text("default"),
        serviceAccountEmail: text("airflow-tasks@project.iam.gserviceaccount.com"),
    };
}

function azure({ text }: Given): Azure {
    return {
        kubeconfig: text("{}"),
        image: text("airflow.azurecr.io/airflow:1"),
        database: { host: text("airflow.postgres.database.azure.com"), password: pulumi.secret(text("a-password")) },
        fernetKey: pulumi.secret(text(fernetKey)),
        storageAccount: text("airflowfiles"),
        clientId: text("00000000-0000-0000-0000-000000000000"),
    };
}

interface Example {
    readonly make: (given: Given) => unknown;
    readonly identity: Readonly<Record<string, string>>;
    readonly image: RegExp;
}

const examples: Readonly<Record<string, Example>> = {
    eks: {
        make: (given) => onAmazon(amazon(given)),
        identity: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/airflow" },
        image: /^111122223333\.dkr\.ecr/,
    },
    gke: {
        make: (given) => onGoogle(google(given)),
        identity: { "iam.gke.io/gcp-service-account": "airflow-tasks@project.iam.gserviceaccount.com" },
        image: /^europe-west1-docker/,
    },
    aks: {
        make: (given) => onAzure(azure(given)),
        identity: { "azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000000" },
        image: /^airflow\.azurecr\.io/,
    },
};

function namesOf(registrations: readonly Registration[], kind: string): (string | undefined)[] {
    return objects(registrations, kind).map((each) => metadata(each).name);
}

describe("the examples", () => {
    for (const [name, { make, identity, image }] of Object.entries(examples)) {
        it(`can be previewed before anything of the cloud is known: ${name}`, async () => {
            const { error, registrations, warnings } = await attempt(() => make(unknown), { preview: true });
            expect(error).to.equal(undefined);
            expect(warnings).to.deep.equal([]);
            expect(namesOf(registrations, "Deployment")).to.have.members([
                ...["airflow-api-server", "airflow-dag-processor", "airflow-scheduler"],
            ]);
            // Postgres is the cloud's.
            expect(namesOf(registrations, "StatefulSet")).to.deep.equal(["airflow-triggerer"]);
        });

        it(`bring what the cloud gives to the pods: ${name}`, async () => {
            const { error, registrations } = await attempt(() => make(known));
            expect(error).to.equal(undefined);
            const airflow = [...pods(registrations), workerPod(registrations)];
            for (const { owner, spec } of airflow.filter((pod) => !pod.owner.includes("permissions"))) {
                expect(spec.containers[0].image, owner).to.match(image);
            }
            const account = objects(registrations, "ServiceAccount").find(
                (each) => metadata(each).name === "airflow-worker",
            );
            expect(account && metadata(account).annotations).to.deep.include(identity);
            const providers = registrations.filter(({ type }) => type === "pulumi:providers:kubernetes");
            expect(providers.map((provider) => provider.name)).to.deep.equal([name]);
        });

        it(`name what they need, at the versions that are tested here: ${name}`, () => {
            const read = (file: string) => readFileSync(join(root, file), "utf8");
            const { dependencies } = JSON.parse(read(`examples/${name}/package.json`));
            const repository = JSON.parse(read("package.json"));
            for (const own of ["@pulumi/kubernetes", "@pulumi/pulumi", "@pulumi/random", "ts-node", "typescript"]) {
                expect(dependencies[own], own).to.equal(repository.dependencies[own]);
            }
            expect(dependencies["airflow-kubernetes"]).to.match(
                new RegExp(`/airflow-kubernetes-${repository.version}.tgz$`),
            );
            const { config } = parse(read(`examples/${name}/Pulumi.yaml`)) as { config: Record<string, unknown> };
            const asked = [...read(`examples/${name}/cloud.ts`).matchAll(/onfig(?:\("\w+"\))?\.require\("(\w+)"\)/g)];
            expect(Object.keys(config).map((key) => key.split(":").at(-1))).to.have.members([
                ...new Set(asked.map(([, key]) => key)),
            ]);
        });
    }

    it("let the claims wait for the class that they are of", async () => {
        for (const [make, name] of [
            [examples.eks.make, "airflow-efs"],
            [examples.gke.make, "airflow-filestore"],
        ] as const) {
            const { registrations } = await attempt(() => make(known));
            expect([...waitsFor(registrations, "airflow-storage-class-claims-dags")]).to.include(name);
        }
    });

    it("put the component into another program, beside resources that use its outputs", async () => {
        pulumi.runtime.setAllConfig({
            "airflow-kubernetes:host": "airflow.example.org",
            "airflow-kubernetes:context": "c",
        });
        const cwd = process.cwd();
        process.chdir(join(root, "examples/program"));
        try {
            const { error, registrations } = await attempt(() => require("../../examples/program/index"));
            expect(error).to.equal(undefined);
            const [ingress] = objects(registrations, "Ingress");
            expect(metadata(ingress).namespace).to.equal("airflow");
            expect(JSON.stringify(ingress.inputs.spec)).to.contain(
                '{"name":"airflow-api-server","port":{"number":8080}}',
            );
            const kinds = registrations.filter(({ parent }) => parent === "").map(({ type }) => kindOf(type));
            expect(kinds).to.include.members(["AirflowKubernetes", "Ingress", "RoleBinding"]);
        } finally {
            process.chdir(cwd);
            pulumi.runtime.setAllConfig({});
        }
    });
});
