import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { Session } from "../../../local/session/session";
import { airflowOptionsCases } from "../../support/airflowOptions";
import { type KnownSecret, secretForms, secretsIn } from "../../support/secretForms";
import { explainFailures, installation, namespaces } from "../support/installation";
import { type AnyObject, kube, objects } from "../support/kubernetes";

/** Secrets that the tests give, of no other's form. */
const given = {
    connection: `connection-${randomBytes(9).toString("base64url")}/+=&`,
    variable: `variable-${randomBytes(9).toString("base64url")}:@ "'`,
    registry: `registry-${randomBytes(9).toString("base64url")}%`,
};

/** What a careless user writes where everybody reads it, so that the search has something to find. */
const planted = { name: "planted", value: `planted-${randomBytes(9).toString("base64url")}/+=` };

/** Prints, of standard input's texts, the places of those that any file below a folder holds, and the file. */
const searchFiles = `
import json, os, sys
forms = {name: [form.encode() for form in forms] for name, forms in json.load(sys.stdin).items()}
files, found = 0, []
for folder, _, names in os.walk(sys.argv[1]):
    for path in (os.path.join(folder, name) for name in names):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                content = file.read()
            files += 1
            found += [f"{path}: {name}" for name, all in forms.items() if any(form in content for form in all)]
print(json.dumps({"files": files, "found": found}))
`;

/** Every secret of the installation, by where it was learned, and that nothing which others may read holds one. */
export function secretsSearch(): void {
    describe("every secret of the installation", () => {
        explainFailures();

        let stackFile: string;
        let printed: string;
        let known: KnownSecret[];

        before(async () => {
            await installation.isUp();
            stackFile = readFileSync(installation.stackFile, "utf8");
            installation.configure({
                connections: {
                    warehouse: `postgres://ada:${encodeURIComponent(given.connection)}@db.example.org/sales`,
                },
                variables: { region: given.variable },
                airflow: {
                    registries: [{ server: "registry.example.org", username: "robot", password: given.registry }],
                    env: [{ name: "CARELESS", value: planted.value }],
                },
            });
            printed = (await installation.up()).all;
            // A task that has what tasks have, and its log.
            const dagId = "example_environment";
            expect(await installation.runEnds(dagId, await installation.trigger(dagId))).to.equal("success");
            known = await knownSecrets();
        });

        after(async () => {
            writeFileSync(installation.stackFile, stackFile);
            await installation.wasChanged();
        });

        it("is known to this search: what was generated, what was given, and what lies in Secrets", () => {
            const names = known.map(({ name }) => name);
            for (const part of ["database-password", "admin-password", "jwt-secret", "api-secret-key", "fernet-key"]) {
                expect(
                    names.some((name) => name.includes(part)),
                    part,
                ).to.equal(true);
            }
            expect(names).to.include.members(Object.keys(given));
        });

        it("is in no open text of the state, as `pulumi stack export` prints it", async () => {
            const state = await stateText();
            expect(state).to.contain("airflow-objects-secret").and.to.contain("ciphertext");
            expect(secretsIn(state, [planted])).to.deep.equal(["planted"]);
            expect(secretsIn(state, known)).to.deep.equal([]);
        });

        it("is in no object of its namespaces that the API server lists, but in the data of Secrets", async () => {
            const all = await everyObject();
            expect(all.length).to.be.greaterThan(60);
            const where = (secrets: readonly KnownSecret[]) =>
                all.flatMap((object) =>
                    secretsIn(JSON.stringify(withoutSecretData(object)), secrets).map(
                        (name) => `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}: ${name}`,
                    ),
                );
            const found = where([planted]).join("\n");
            for (const kind of ["Deployment", "ReplicaSet", "StatefulSet", "Pod", "Job", "ConfigMap"]) {
                expect(found, kind).to.match(new RegExp(`^${kind} `, "m"));
            }
            expect(where(known)).to.deep.equal([]);
        });

        it("is in no log of a pod or a Job, in no log of a task, and in nothing that make up printed", async () => {
            // The login is what who has made an installation on this machine asks for next: one line, and nothing else.
            const login = /^ {2}Password {2}\S+$/m;
            expect(secretsIn(login.exec(printed)?.[0] ?? "", known)).to.not.deep.equal([]);
            expect(secretsIn(printed.replace(login, ""), known)).to.deep.equal([]);
            const logs = await podLogs();
            expect(logs.length).to.be.greaterThan(8);
            expect(logs.map(({ text }) => text.length).reduce((sum, length) => sum + length)).to.be.greaterThan(5_000);
            const where = logs.flatMap(({ pod, text }) => secretsIn(text, known).map((name) => `${pod}: ${name}`));
            expect(where).to.deep.equal([]);

            const { files, found } = await inFiles("/opt/airflow/logs", known);
            expect(files).to.be.greaterThan(0);
            expect(found).to.deep.equal([]);
        });

        it("is found where it is planted: in base64 in a ConfigMap, in the log of a pod, in that of a task", async () => {
            const inside = ["--namespace", namespaces.airflow];
            const server = ["exec", "--stdin", "deployment/airflow-api-server", ...inside, "--"];
            const base64 = Buffer.from(`x{"a": "${planted.value}"}`).toString("base64");
            const line = `${encodeURIComponent(planted.value)}\n`;
            const file = "/opt/airflow/logs/planted.log";
            await kube(["create", "configmap", "planted", `--from-literal=a=${base64}`, ...inside]);
            try {
                await kube([...server, "sh", "-c", "cat >/proc/1/fd/1"], line);
                await kube([...server, "sh", "-c", `cat >${file}`], line);
                const map = (await everyObject()).find(({ metadata }) => metadata.name === "planted");
                expect(secretsIn(JSON.stringify(map), [planted])).to.deep.equal(["planted"]);
                const logs = (await podLogs()).filter(({ text }) => secretsIn(text, [planted]).length > 0);
                expect(logs.map(({ pod }) => pod).join()).to.match(/airflow-api-server/);
                expect((await inFiles("/opt/airflow/logs", [planted])).found).to.include(`${file}: planted`);
            } finally {
                await kube(["delete", "configmap", "planted", ...inside]);
                await kube([...server, "rm", "-f", file]);
            }
        });

        describe("and the options that the component refuses, by the image's Airflow", () => {
            airflowOptionsCases((args) =>
                kube([
                    ...["exec", "deployment/airflow-api-server", "--namespace", namespaces.airflow],
                    ...["--", "python", ...args],
                ]),
            );
        });
    });
}

/** The state as the CLI exports it. */
async function stateText(): Promise<string> {
    const session = await Session.open({ quiet: true, env: installation.environment });
    return await session.read(["stack", "export"]);
}

/** Values that nobody but their users may know: generated ones, those that were given, and all that Secrets hold. */
async function knownSecrets(): Promise<KnownSecret[]> {
    const generated = (await installation.state())
        .filter(({ type }) => /^random:.*:Random(Password|Bytes)$/.test(type))
        .flatMap(({ urn, outputs }) => {
            const { result, base64 } = (outputs ?? {}) as { result?: unknown; base64?: unknown };
            const value = textOf(result ?? base64);
            const name = urn.split("::").at(-1) ?? urn;
            return [value, value.replaceAll("+", "-").replaceAll("/", "_")].map((text) => ({ name, value: text }));
        });
    const stored = (await Promise.all(Object.values(namespaces).map((name) => objects("secrets", "--namespace", name))))
        .flat()
        .flatMap(({ metadata, data }) =>
            Object.entries(data ?? {}).map(([key, value]) => ({
                name: `Secret ${metadata.name} ${key}`,
                value: secretPart(key, Buffer.from(value, "base64").toString()),
            })),
        )
        // Others are names, and what everybody may know of a key.
        .filter(({ value }) => value.length >= 8 && !/^([a-z][a-z-]*$|\s*-----BEGIN CERTIFICATE-----)/.test(value));
    const mine = Object.entries(given).map(([name, value]) => ({ name, value }));
    expect(generated.length).to.be.greaterThan(5);
    expect(stored.length).to.be.greaterThan(6);
    return [...generated, ...stored, ...mine];
}

/** What of a value in a Secret nobody may know: of Postgres's logins, the line below each name, which Airflow itself logs. */
function secretPart(key: string, value: string): string {
    const lines = value.split("\n");
    return key === "logins" ? lines.filter((_, index) => index % 2 === 1).join("\n") : value;
}

/** A value of a state that was asked for with its secrets, which are JSON in a wrapper there. */
function textOf(value: unknown): string {
    const { plaintext } = (typeof value === "object" && value !== null ? value : {}) as { plaintext?: string };
    return plaintext === undefined ? String(value) : String(JSON.parse(plaintext));
}

/** Every object of the installation's namespaces and what belongs to it outside of them, whatever its kind. */
async function everyObject(): Promise<AnyObject[]> {
    const listed = async (isNamespaced: boolean) =>
        (await kube(["api-resources", "--verbs=list", `--namespaced=${isNamespaced}`, "--output=name"]))
            .split("\n")
            .filter(Boolean)
            .join();
    const kinds = await listed(true);
    expect(kinds).to.contain("configmaps").and.to.contain("events").and.to.contain("controllerrevisions.apps");
    const inside = await Promise.all(
        Object.values(namespaces).map((name) => objects(kinds, "--namespace", name, "--show-managed-fields")),
    );
    const names = Object.values(namespaces);
    const outside = (await objects(await listed(false), "--show-managed-fields")).filter(
        ({ metadata, spec }) =>
            names.includes(metadata.name) ||
            names.includes(spec?.claimRef?.namespace ?? "") ||
            Object.values(metadata.labels ?? {}).some((label) => names.includes(label)),
    );
    expect(outside.map(({ kind }) => kind)).to.include.members(["Namespace", "PersistentVolume"]);
    return [...inside.flat(), ...outside];
}

function withoutSecretData(object: AnyObject): unknown {
    return object.kind === "Secret" ? { ...object, data: undefined } : object;
}

/** Logs of all containers of all pods, those of Jobs among them, and of containers that were restarted. */
async function podLogs(): Promise<{ pod: string; text: string }[]> {
    const pods = (
        await Promise.all(Object.values(namespaces).map((name) => objects("pods", "--namespace", name)))
    ).flat();
    return await Promise.all(
        pods.flatMap(({ metadata: { name, namespace = "" } }) =>
            [[], ["--previous"]].map(async (more) => {
                const logs = kube(["logs", name, "--all-containers", "--prefix", "--namespace", namespace, ...more]);
                // Few containers were restarted, and some have not begun.
                const text = await logs.catch((error: Error) => error.message);
                return { pod: `${namespace}/${name}`, text };
            }),
        ),
    );
}

/** What files below a folder of the api-server hold. */
async function inFiles(
    folder: string,
    secrets: readonly KnownSecret[],
): Promise<{ readonly files: number; readonly found: readonly string[] }> {
    const forms = Object.fromEntries(secrets.map(({ name, value }) => [name, secretForms(value)]));
    const answer = await kube(
        [
            ...["exec", "--stdin", "deployment/airflow-api-server", "--namespace", namespaces.airflow],
            ...["--", "python", "-c", searchFiles, folder],
        ],
        JSON.stringify(forms),
    );
    return JSON.parse(answer) as { files: number; found: string[] };
}
