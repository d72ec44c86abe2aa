import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { AirflowKubernetes, type AirflowKubernetesArgs, validate } from "../../components";
import { listedSecretArguments, secretArguments, secretRecords } from "../../components/settings/secretArguments";
import { valueAt } from "../../components/validation/argumentPaths";
import { readArgs } from "../../config";
import { choices, combinations } from "../support/combinations";
import { attempt, generatedBytes, generatedValue, openTexts, type Recording } from "../support/mocks";
import { kindOf } from "../support/objects";
import { outputValue } from "../support/program";
import { asConfig } from "../support/randomConfigurations";
import { type KnownSecret, secretForms, secretsIn } from "../support/secretForms";

/** What the stack makes itself. */
const generated: readonly KnownSecret[] = [
    ...["database-password", "admin-password", "jwt-secret", "api-secret-key"].map((noun) => ({
        name: noun,
        value: generatedValue(`airflow-${noun}`),
    })),
    { name: "fernet-key", value: generatedBytes },
    { name: "fernet-key for URLs", value: generatedBytes.replaceAll("+", "-").replaceAll("/", "_") },
];

/** A right value of each secret argument that no other has, with characters that URLs, JSON and YAML write otherwise. */
function secretValue(path: string): string {
    const noun = path.replace(/\W+/g, "-");
    const bytes = Buffer.from(noun.repeat(8)).toString("base64");
    if (/sshKey$/i.test(path)) {
        return `-----BEGIN PRIVATE KEY-----\n${bytes.slice(0, 64)}\n-----END PRIVATE KEY-----\n`;
    }
    if (path.endsWith("gcs.key")) {
        return JSON.stringify({ client_email: "a@example.org", private_key: `${noun}: "=/+é`, token_uri: "https://a" });
    }
    if (path.endsWith("azureBlob.accountKey")) {
        return `${bytes.slice(0, 86)}==`;
    }
    if (path.endsWith("fernetKey")) {
        return `${noun.repeat(8).slice(0, 43)}=`;
    }
    if (path.startsWith("airflow.connections")) {
        return `postgres://ada:${noun}%2F%3D@db.example.org/sales`;
    }
    if (/\.(jwtKey|apiSecretKey)$/.test(path)) {
        return `${noun.repeat(4)}:@/+&%="'x`;
    }
    return /token$/.test(path) ? `${noun}:@/+&%="'x` : `${noun}:@/+&% é="'x`;
}

/** A copy with a value at a path, which is made where it is missing. */
function withValue(holder: unknown, [key = "", ...rest]: readonly string[], value: unknown): unknown {
    const next = rest.length === 0 ? value : withValue(valueAt(holder, [key]) ?? {}, rest, value);
    return Array.isArray(holder)
        ? holder.map((element, index) => (String(index) === key ? next : element))
        : { ...(holder as object), [key]: next };
}

/** Paths of all secrets that arguments might have. */
function secretPaths(args: AirflowKubernetesArgs): string[] {
    const listed = listedSecretArguments.flatMap((path) => {
        const [list = "", field = ""] = path.split(".*.");
        const elements = valueAt(args, list.split("."));
        return Array.isArray(elements) ? elements.map((_, index) => `${list}.${index}.${field}`) : [];
    });
    // What belongs to a repository or a place of logs is used only where there is one.
    const single = secretArguments.filter((path) => {
        const holder = path.split(".").slice(0, -1);
        return holder.length === 1 || valueAt(args, holder) !== undefined;
    });
    return [...single, ...listed, ...secretRecords.map((record) => `${record}.sought`)];
}

/** The path as the lists of secret arguments have it. */
function declared(path: string): string {
    return path.replace(/\.\d+\./, ".*.").replace(/\.sought$/, "");
}

/** The arguments with a value of its own for every secret that they may have, and these secrets. */
function withEverySecret(
    given: AirflowKubernetesArgs,
    wrap: (value: string) => pulumi.Input<string>,
): { args: AirflowKubernetesArgs; secrets: KnownSecret[] } {
    let args = given;
    const secrets: KnownSecret[] = [];
    for (const path of secretPaths(given)) {
        const value = secretValue(path);
        if (validate(withValue(args, path.split("."), value) as AirflowKubernetesArgs).length === 0) {
            args = withValue(args, path.split("."), wrap(value)) as AirflowKubernetesArgs;
            secrets.push({ name: path, value: inner(value) });
        }
    }
    return { args, secrets };
}

/** What of a value is secret: of a URI the password, of a key file the key. */
function inner(value: string): string {
    return /"private_key":("(?:[^"\\]|\\.)*")/.exec(value)?.[1] ?? /^\w+:\/\/\w+:([^@]+)@/.exec(value)?.[1] ?? value;
}

/** Where secrets lie open: in inputs, in arguments of components and in outputs, in what was printed and said. */
function leaks({ registrations, sentOutputs, warnings, error }: Recording, secrets: readonly KnownSecret[]): string[] {
    const places = [
        ...registrations.map(({ type, name, sentInputs }) => ({ where: `${kindOf(type)} ${name}`, open: sentInputs })),
        ...sentOutputs.map(({ urn, sent }) => ({
            where: `outputs of ${urn.split("::").slice(-2).join(" ")}`,
            open: sent,
        })),
        { where: "warnings", open: warnings },
        { where: "error", open: error?.message ?? "" },
    ];
    return places.flatMap(({ where, open }) =>
        secretsIn(openTexts(open).join("\n"), secrets).map((name) => `${where}: ${name}`),
    );
}

describe("a search for every secret", function () {
    this.timeout(120_000);

    // What is made does not depend on how a secret is given but for the choices, which have the rarer ones.
    const runs = {
        "plain texts": { wrap: (value: string) => value, given: combinations },
        Outputs: { wrap: (value: string) => pulumi.output(value), given: choices },
    };

    for (const [what, { wrap, given }] of Object.entries(runs)) {
        describe(`given as ${what}`, () => {
            for (const [combination, values] of Object.entries(given)) {
                it(`finds none in the open: ${combination}`, async () => {
                    const { args, secrets } = withEverySecret(readArgs(asConfig(values)).args, wrap);
                    let made: AirflowKubernetes | undefined;
                    const recording = await attempt(() => {
                        made = new AirflowKubernetes("airflow", args);
                    });
                    expect(recording.error).to.equal(undefined);
                    expect(recording.registrations.length).to.be.greaterThan(30);
                    expect(leaks(recording, [...generated, ...secrets])).to.deep.equal([]);
                    for (const [name, output] of Object.entries(made ?? {})) {
                        if (pulumi.Output.isInstance(output)) {
                            const { value, secret } = await outputValue(output);
                            const text = secret ? "" : (JSON.stringify(value) ?? "");
                            expect(secretsIn(text, [...generated, ...secrets]), `output ${name}`).to.deep.equal([]);
                        }
                    }
                });
            }
        });
    }

    it("looks for every secret argument that there is", () => {
        for (const { given } of Object.values(runs)) {
            const searched = Object.values(given).flatMap((values) =>
                withEverySecret(readArgs(asConfig(values)).args, String).secrets.map(({ name }) => declared(name)),
            );
            expect([...new Set(searched)]).to.have.members([
                ...secretArguments,
                ...listedSecretArguments,
                ...secretRecords,
            ]);
        }
    });

    it("finds a secret in every form", () => {
        const value = `planted:@/+&% é="'x`;
        const forms = [...secretForms(value), Buffer.from(`xyz{"a": "${value}"}`).toString("base64")];
        expect(forms.length).to.be.greaterThan(8);
        for (const form of forms) {
            expect(secretsIn(`a${form}b`, [{ name: "planted", value }]), form).to.deep.equal(["planted"]);
        }
        expect(secretsIn("planted", [{ name: "planted", value }])).to.deep.equal([]);
        const key = "-----BEGIN KEY-----\nplanted-first-line\nplanted-second-line\n-----END KEY-----\n";
        expect(secretsIn("x planted-second-line", [{ name: "planted", value: key }])).to.deep.equal(["planted"]);
        expect(() => secretForms("short")).to.throw("too short");
    });

    it("finds one where it is planted, as a user might", async () => {
        const env = [{ name: "A", value: "planted-secret" }];
        const where = leaks(
            await attempt(() => new AirflowKubernetes("airflow", { ...readArgs(asConfig({})).args, airflow: { env } })),
            [{ name: "planted", value: "planted-secret" }],
        );
        expect(where).to.include.members([
            "AirflowKubernetes airflow: planted",
            "Deployment airflow-scheduler-deployment: planted",
            "ConfigMap airflow-worker-templates-file: planted",
        ]);
    });

    it("finds one in outputs and messages", () => {
        const secrets = [{ name: "planted", value: "planted-secret" }];
        const recording = { registrations: [], finished: [], lookups: [], warnings: [], sentOutputs: [] };
        expect(
            leaks({ ...recording, sentOutputs: [{ urn: "a::b::c", sent: { x: ["planted-secret"] } }] }, secrets),
        ).to.deep.equal(["outputs of b c: planted"]);
        expect(leaks({ ...recording, warnings: ["a planted-secret"] }, secrets)).to.deep.equal(["warnings: planted"]);
        expect(leaks({ ...recording, error: new Error("planted-secret") }, secrets)).to.deep.equal(["error: planted"]);
    });
});
