import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { AirflowKubernetesArgs } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, openTexts, type Registration, record } from "../support/mocks";
import { metadata, named, objects, pods, spec } from "../support/objects";
import { runProgram, stackValues } from "../support/program";

type JobSpec = k8s.types.output.batch.v1.JobSpec;

const secrets = { connection: "postgres://ada:pw-of-ada@db/sales", variable: "value-of-v" };
const words = ["pw-of-ada", "value-of-v"];

function given(wrap: (value: string) => pulumi.Input<string>, slots: pulumi.Input<number>): AirflowKubernetesArgs {
    return {
        airflow: {
            connections: { warehouse: wrap(secrets.connection) },
            variables: { v: wrap(secrets.variable) },
            pools: { slow: { slots, description: wrap("Slow ones") } },
        },
    };
}

const written = {
    connection: { warehouse: secrets.connection },
    variable: { v: secrets.variable },
    pool: { slow: { slots: 3, description: "Slow ones" } },
};

function leaks(registrations: readonly Registration[]): string[] {
    return registrations
        .flatMap(({ sentInputs }) => openTexts(sentInputs))
        .filter((text) => words.some((word) => text.includes(word)));
}

function file(registrations: readonly Registration[]): unknown {
    const { stringData } = named(registrations, "airflow-objects-secret", "Secret").inputs;
    return JSON.parse((stringData as Record<string, string>)["objects.json"]);
}

describe("connections, variables and pools", () => {
    const runs: Record<string, AirflowKubernetesArgs> = {
        "plain values": given((value) => value, 3),
        "plain Outputs": given((value) => pulumi.output(value), pulumi.output(3)),
        "secret Outputs": given((value) => pulumi.secret(value), pulumi.secret(3)),
    };

    for (const [what, args] of Object.entries(runs)) {
        for (const preview of [false, true]) {
            it(`lie in one Secret, and open nowhere: ${what}${preview ? ", in a preview" : ""}`, async () => {
                const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args), {
                    preview,
                });
                expect(error).to.equal(undefined);
                expect(file(registrations)).to.deep.equal(written);
                expect(named(registrations, "airflow-objects-secret").secretInputs).to.deep.equal(["stringData"]);
                expect(leaks(registrations)).to.deep.equal([]);
            });
        }
    }

    it("are found by this test where they lie open", () => {
        expect(leaks([{ sentInputs: { a: [`x${words[0]}`] } } as unknown as Registration])).to.have.lengthOf(1);
    });

    it("reach one Job of Airflow's namespace, and no other pod: least of all that of a task", async () => {
        const registrations = await record(() => new AirflowKubernetes("airflow", runs["plain values"]));
        const secret = "airflow-objects-secret-1a2b3c4d";
        const users = pods(registrations).filter((pod) => JSON.stringify(pod).includes(secret));
        expect(users.map(({ owner, namespace }) => [owner, namespace])).to.deep.equal([
            ["airflow-objects-job", "airflow"],
        ]);
        const [container] = spec<JobSpec>(named(registrations, "airflow-objects-job")).template.spec?.containers ?? [];
        expect(container.args?.at(-1)).to.equal("/etc/objects/objects.json");
        expect(container.volumeMounts?.find(({ name }) => name === "objects")).to.include({
            mountPath: "/etc/objects",
            readOnly: true,
        });
        expect(JSON.stringify(registrations.filter(({ type }) => /PodTemplate|ConfigMap/.test(type)))).to.not.contain(
            "warehouse",
        );
    });

    it("make no Secret when none is given; the Job is there to remove what was given before", async () => {
        for (const args of [{}, { airflow: { connections: {}, variables: {}, pools: {} } }]) {
            const registrations = await record(() => new AirflowKubernetes("airflow", args));
            expect(objects(registrations, "Secret").map(({ name }) => name)).to.not.include("airflow-objects-secret");
            const [container] =
                spec<JobSpec>(named(registrations, "airflow-objects-job")).template.spec?.containers ?? [];
            // Python, the script that tries again, and the script.
            expect(container.args).to.have.lengthOf(3);
        }
    });

    it("run their Job again with another Secret, by a name that tells nothing of the values", async () => {
        const jobName = async (args: AirflowKubernetesArgs) =>
            metadata(named(await record(() => new AirflowKubernetes("airflow", args)), "airflow-objects-job")).name;
        const first = await jobName({ airflow: { variables: { a: "1" } } });
        // These mocks give every Secret of this name the same one; a provider gives another to another value.
        expect(await jobName({ airflow: { variables: { a: "2" } } })).to.equal(first);
        expect(await jobName({})).to.not.equal(first);
    });

    it("that are wrong when they arrive stop there: neither Secret nor Job nor process is made", async () => {
        for (const airflow of [
            { connections: { c: pulumi.secret("no-uri") } },
            { pools: { p: { slots: pulumi.output(-2) } } },
            { variables: { v: pulumi.output("a\0b") } },
        ]) {
            const { registrations } = await attempt(() => new AirflowKubernetes("airflow", { airflow }));
            const made = registrations.map(({ name }) => name);
            expect(made).to.include("airflow-migration-job");
            for (const name of ["airflow-objects-secret", "airflow-objects-job", "airflow-scheduler-deployment"]) {
                expect(made).to.not.include(name);
            }
        }
    });

    it("of a stack have keys of their own, whose values are secret however they are written", async () => {
        const values = {
            ...stackValues("minikube"),
            connections: {
                uri: secrets.connection,
                json: { conn_type: "http", host: "api", password: "pw-of-ada", extra: { a: 1 } },
            },
            variables: { v: secrets.variable, list: ["value-of-v", 2] },
            pools: { slow: { slots: 3, includeDeferred: true }, default_pool: { slots: 5 } },
        };
        const { error, registrations } = await runProgram(values, { secretKeys: [] });
        expect(error).to.equal(undefined);
        expect(leaks(registrations)).to.deep.equal([]);
        expect(file(registrations)).to.deep.equal({
            connection: { uri: secrets.connection, json: JSON.stringify(values.connections.json) },
            variable: { v: secrets.variable, list: '["value-of-v",2]' },
            pool: values.pools,
        });
    });
});
