import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { readArgs } from "../../config";
import { generatedValue, type Registration } from "../support/mocks";
import { kindOf, metadata, named, objects } from "../support/objects";
import {
    declaredKeys,
    hostedValues,
    outputValue,
    type ProgramRun,
    project,
    root,
    runProgram,
    type StackValues,
    stackFile,
    stackValues,
    withDeclaredDefaults,
} from "../support/program";
import { asConfig } from "../support/randomConfigurations";
import { skip } from "../support/skip";

const secretKeys = [
    ...["fernetKey", "jwtKey", "apiSecretKey", "databasePassword", "adminPassword", "gitToken", "gitSshKey"],
    ...["logsSecretAccessKey", "logsGcsKey", "logsAzureAccountKey", "connections", "variables"],
    ...["oidcClientSecret", "ldapBindPassword", "keycloakClientSecret"],
    ...["backupSecretAccessKey", "backupGcsKey", "backupAzureAccountKey"],
];

/** What two runs must have in common, in an order that does not depend on their timing. */
function essence(registrations: readonly Registration[]): unknown[] {
    return registrations
        .map(({ urn, sentInputs, dependencies, deletedWith }) => ({
            urn,
            sentInputs,
            dependencies: [...dependencies].sort(),
            deletedWith,
        }))
        .sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** Kind and name of all that makes pods, without what tells one Job from the next. */
function workloads(registrations: readonly Registration[]): string[] {
    return objects(registrations)
        .filter(({ type }) => /^(DaemonSet|Deployment|StatefulSet|Job|CronJob)$/.test(kindOf(type)))
        .map((object) => `${kindOf(object.type)} ${metadata(object).name}`.replace(/-[0-9a-f]{10}$/, ""));
}

/** What every stack has. */
const airflow = [
    "CronJob airflow-log-cleanup",
    "Deployment airflow-api-server",
    "Deployment airflow-dag-processor",
    "Deployment airflow-scheduler",
    "Job airflow-create-admin",
    "Job airflow-manage-objects",
    "Job airflow-migrate",
    "Job airflow-permissions",
    "StatefulSet airflow-postgres",
    "StatefulSet airflow-triggerer",
];

const hosted = [
    ...airflow,
    "CronJob airflow-backup",
    "CronJob airflow-db-cleanup",
    "CronJob airflow-restore",
    "Deployment airflow-git-sync",
    "Job airflow-check-repository",
    "StatefulSet airflow-nfs-server",
];

describe("the stack minikube", () => {
    let run: ProgramRun;
    let preview: ProgramRun;
    before(async () => {
        run = await runProgram(stackValues("minikube"));
        preview = await runProgram(stackValues("minikube"), { preview: true });
    });

    it("runs without a fault, with nothing set but its file", () => {
        expect(run.error).to.equal(undefined);
        expect(run.warnings).to.deep.equal([]);
        expect(workloads(run.registrations)).to.have.members([...airflow, "Job airflow-load-dags"]);
    });

    it("has these outputs, of which only the password is secret", async () => {
        const { outputs } = run;
        expect(Object.keys(outputs)).to.have.members([
            "url",
            "publicAddress",
            "adminUser",
            "adminPassword",
            "namespaces",
            "openUi",
            "retained",
        ]);
        const entries = Object.entries(outputs).map(async ([key, output]) => [key, await outputValue(output)]);
        expect(Object.fromEntries(await Promise.all(entries))).to.deep.equal({
            url: { value: "http://localhost:8080", secret: false },
            publicAddress: { value: "", secret: false },
            adminUser: { value: "admin", secret: false },
            adminPassword: { value: generatedValue("airflow-admin-password"), secret: true },
            namespaces: {
                value: { airflow: "airflow", workers: "airflow-workers", storage: "airflow-storage" },
                secret: false,
            },
            openUi: {
                value: "kubectl port-forward --namespace airflow service/airflow-api-server 8080:8080",
                secret: false,
            },
            retained: {
                value: [
                    { data: "dags", place: "/data/airflow/dags of the node" },
                    { data: "logs", place: "/data/airflow/logs of the node" },
                ],
                secret: false,
            },
        });
    });

    it("needs no cluster: it calls no function of a provider and reads no object", () => {
        expect(preview.lookups).to.deep.equal([]);
        expect(run.lookups).to.deep.equal([]);
    });

    it("plans in a preview what an update does, although no generated value is known yet", () => {
        const urns = ({ registrations }: ProgramRun) => registrations.map(({ urn }) => urn);
        expect(preview.error).to.equal(undefined);
        expect(urns(preview)).to.have.members(urns(run));
    });

    it("gives the same at each run: nothing in it depends on chance or on the time", async () => {
        const { now } = Date;
        Date.now = () => now() + 86_400_000;
        try {
            const second = await runProgram(stackValues("minikube"));
            expect(essence(second.registrations)).to.deep.equal(essence(run.registrations));
        } finally {
            Date.now = now;
        }
    });

    it("says in its file no more than the defaults, except for the cluster", async () => {
        const file = withDefaults(readArgs(withDeclaredDefaults(stackValues("minikube"))).args);
        expect(file).to.deep.equal(withDefaults(readArgs({}).args));
        const others = Object.keys(stackFile("minikube")).filter((key) => !key.startsWith(`${project}:`));
        expect(others).to.deep.equal(["kubernetes:context"]);
        expect(stackFile("minikube")["kubernetes:context"]).to.equal("minikube");
    });

    it("takes secrets from the stack's file, marked as such, in place of generated ones", async () => {
        const secrets = {
            fernetKey: `${"f".repeat(43)}=`,
            databasePassword: "database-secret",
            adminPassword: "admin-secret",
        };
        const changed = await runProgram({ ...stackValues("minikube"), ...secrets });
        expect(changed.error).to.equal(undefined);
        const data = Object.fromEntries(
            objects(changed.registrations, "Secret").map(({ name, inputs }) => [name, inputs.stringData]),
        );
        expect(data["airflow-encryption"]).to.deep.equal({ "fernet-key": secrets.fernetKey });
        expect(data["airflow-admin"]).to.deep.equal({ password: secrets.adminPassword });
        expect((data["airflow-database"] as Record<string, string>).password).to.equal(secrets.databasePassword);
        const generated = changed.registrations
            .filter(({ type }) => /^random:.*(Password|Bytes)$/.test(type))
            .map(({ name }) => name);
        expect(generated).to.have.members([
            "airflow-jwt-secret",
            "airflow-api-secret-key",
            "airflow-postgres-certificate-authority-key",
            "airflow-postgres-certificate-server-key",
        ]);
        expect(named(changed.registrations, "airflow", "AirflowKubernetes").secretInputs).to.have.members([
            "airflow",
            "database",
            "admin",
        ]);
        expect(await outputValue(changed.outputs.adminPassword)).to.deep.equal({
            value: secrets.adminPassword,
            secret: true,
        });
    });

    it("follows what a stack sets", async () => {
        const changed = await runProgram({
            ...stackValues("minikube"),
            namespaces: { airflow: "a", workers: "w", storage: "s", workersPodSecurity: "restricted" },
            airflow: { url: "https://example.org/air" },
            admin: { user: "ada" },
        });
        expect(changed.error).to.equal(undefined);
        const names = objects(changed.registrations, "Namespace").map((object) => metadata(object).name);
        expect(names).to.have.members(["a", "w", "s"]);
        expect((await outputValue(changed.outputs.url)).value).to.equal("https://example.org/air");
        expect((await outputValue(changed.outputs.adminUser)).value).to.equal("ada");
        expect((await outputValue(changed.outputs.namespaces)).value).to.deep.equal({
            airflow: "a",
            workers: "w",
            storage: "s",
        });
    });
});

describe("the stack hosted", () => {
    const pinned = { fernetKey: `${"f".repeat(43)}=`, databasePassword: "database-secret" };
    const named = hostedValues();

    for (const preview of [true, false]) {
        it(`asks for cluster, repository and image at once, in ${preview ? "a preview" : "an update"}`, async () => {
            const { error, registrations } = await runProgram(stackValues("hosted"), {
                preview,
                stack: "hosted",
                kubernetes: {},
            });
            expect(registrations).to.deep.equal([]);
            expect(error?.message).to.contain(`${preview ? 3 : 4} problems in the configuration of stack hosted`);
            expect(error?.message).to.match(/kubernetes:context; .*\n.*pulumi config set kubernetes:context/);
            expect(error?.message).to.contain("airflow-kubernetes:dags.git.repository");
            expect(error?.message).to.contain("airflow-kubernetes:storage.nfsServer.image");
        });
    }

    for (const [key, value] of Object.entries({ kubeconfig: "/kubeconfig", renderYamlToDirectory: "/manifests" })) {
        it(`needs no context with kubernetes:${key}`, async () => {
            const run = await runProgram(named, { preview: true, stack: "hosted", kubernetes: { [key]: value } });
            expect(run.error).to.equal(undefined);
        });
    }

    it("can be previewed once these are named, and tells of the keys that an update will ask for", async () => {
        const { error, registrations, warnings, lookups } = await runProgram(named, { preview: true, stack: "hosted" });
        expect(error).to.equal(undefined);
        expect(workloads(registrations)).to.have.members(hosted);
        expect(lookups).to.deep.equal([]);
        expect(warnings).to.have.lengthOf(2);
        expect(warnings[0]).to.contain("Run: make pin-keys STACK=hosted");
    });

    it("is refused by an update that would lose the keys of retained data, before anything is made", async () => {
        const { error, registrations } = await runProgram(named, { stack: "hosted" });
        expect(registrations).to.deep.equal([]);
        expect(error?.message).to.contain("make pin-keys STACK=hosted");
    });

    it("runs without a fault once the keys are pinned", async () => {
        const { error, registrations, warnings } = await runProgram({ ...named, ...pinned }, { stack: "hosted" });
        expect(error).to.equal(undefined);
        expect(warnings).to.deep.equal([]);
        expect(workloads(registrations)).to.have.members([...hosted, "Job airflow-rotate-fernet-key"]);
    });

    it("retains its database", () => {
        expect(stackValues("hosted").database).to.deep.include({ retain: true });
    });
});

/** A file as it is committed: who uses a stack has settings and secrets of their own in it. */
function committed(file: string): string {
    return execFileSync("git", ["show", `HEAD:./${file}`], { cwd: root, encoding: "utf8" });
}

describe("the files of the stacks", () => {
    for (const stack of ["minikube", "hosted"]) {
        it(`set declared keys only: ${stack}`, () => {
            const undeclared = Object.keys(stackValues(stack)).filter((key) => !(key in declaredKeys()));
            expect(undeclared).to.deep.equal([]);
        });

        it(`hold no secret and no salt of one, as they are committed: ${stack}`, function () {
            if (!existsSync(join(root, ".git"))) {
                skip(this, "this is no checkout of git");
            }
            const file = parse(committed(`Pulumi.${stack}.yaml`));
            expect(Object.keys(file)).to.deep.equal(["config"]);
            expect(JSON.stringify(file)).to.not.match(/secure|password|fernet|secret/i);
            for (const key of secretKeys) {
                expect(file.config).to.not.have.property(`${project}:${key}`);
            }
        });
    }
});

describe("Pulumi.yaml", () => {
    it("declares every key that the program knows, other than the secret ones", () => {
        const { problems } = readArgs({ unknown: "" });
        expect(problems).to.have.lengthOf(1);
        const known = problems[0].allowed.replace("the keys ", "").split(", ");
        expect(known).to.have.members([...Object.keys(declaredKeys()), ...secretKeys]);
    });

    it("gives every key a type that Pulumi knows, a description and a default: without one, every stack must set it", () => {
        for (const [key, declared] of Object.entries(declaredKeys())) {
            expect(declared.type, key).to.be.oneOf(["string", "integer", "boolean", "array", "object"]);
            expect(declared.description, key).to.match(/^[A-Z].*\.$/);
            expect(declared.default, key).to.not.equal(undefined);
            expect(declared.secret, key).to.equal(undefined);
        }
    });

    it("has the defaults of the component", () => {
        for (const [key, declared] of Object.entries(declaredKeys())) {
            const value = declared.default;
            const { args, problems } = readArgs({ [key]: typeof value === "string" ? value : JSON.stringify(value) });
            expect(problems, key).to.deep.equal([]);
            expect(withDefaults(args), key).to.deep.equal(withDefaults(readArgs({}).args));
        }
    });

    it("names all fields of an object in its description", () => {
        for (const [key, { type, description }] of Object.entries(declaredKeys())) {
            if (type === "object") {
                // What a name of a user's stands for has fields of its own.
                const unknown = key === "pools" ? '{"name": {"unknown": 1}}' : '{"unknown": 1}';
                const { problems } = readArgs({ [key]: unknown });
                const allowed = problems.map((problem) => problem.allowed).find((text) => text.startsWith("the keys "));
                expect(allowed, key).to.not.equal(undefined);
                for (const field of (allowed ?? "").replace("the keys ", "").split(", ")) {
                    expect(description, key).to.match(new RegExp(`\\b${field}\\b`));
                }
            }
        }
    });
});

describe("readArgs", () => {
    it("hands over what is plain as it is, and secrets as secret Outputs", async () => {
        const { args, problems } = readArgs({
            hosting: "minikube",
            apiServer: '{"replicas": 2}',
            adminPassword: "a long password",
        });
        expect(problems).to.deep.equal([]);
        expect(args.hosting).to.equal("minikube");
        expect(args.apiServer).to.deep.equal({ replicas: 2 });
        expect(await outputValue(pulumi.output(args.admin?.password))).to.deep.equal({
            value: "a long password",
            secret: true,
        });
    });

    it("reads secret values as text, whatever they look like", () => {
        expect(readArgs({ adminPassword: "12345678", databasePassword: '{"a": 1}' }).problems).to.have.lengthOf(1);
        expect(readArgs({ adminPassword: "12345678", databasePassword: "truetrue" }).problems).to.deep.equal([]);
    });

    it("takes a number, true or false for the text of options, resources, variables and the like", () => {
        const { args, problems } = readArgs(
            asConfig({
                airflow: {
                    options: { core: { parallelism: 64, load_examples: false }, scheduler: { heartbeat: 0.5 } },
                    env: [{ name: "BATCH", value: 100 }],
                },
                scheduler: { resources: { requests: { cpu: 0.5 }, limits: { cpu: 2 } } },
                namespaces: { annotations: { "example.org/inject": false } },
                variables: { batch: 100, dry_run: true },
            }),
        );
        expect(problems).to.deep.equal([]);
        expect(args.airflow?.options).to.deep.equal({
            core: { parallelism: "64", load_examples: "false" },
            scheduler: { heartbeat: "0.5" },
        });
        expect(args.airflow?.env).to.deep.equal([{ name: "BATCH", value: "100" }]);
        expect(args.scheduler?.resources).to.deep.equal({ requests: { cpu: "0.5" }, limits: { cpu: "2" } });
        expect(args.namespaces?.annotations).to.deep.equal({ "example.org/inject": "false" });
    });

    it("takes them as the text of variables", async () => {
        const { args } = readArgs(asConfig({ variables: { batch: 100, dry_run: true } }));
        for (const [name, value] of Object.entries({ batch: "100", dry_run: "true" })) {
            const variable = pulumi.output(args.airflow?.variables?.[name]);
            expect(await outputValue(variable), name).to.deep.equal({ value, secret: true });
        }
    });

    it("says to quote a number of which the text is not known, or where a name belongs", () => {
        const long = 2 ** 64;
        const remedies = (values: StackValues) =>
            readArgs(asConfig(values)).problems.map(({ path, remedy }) => [path, remedy]);
        const quote = "Quote it in the stack file, or set it with pulumi config set --path --type string.";
        expect(remedies({ dags: { git: { ref: 1.1 } } })).to.deep.equal([["dags.git.ref", quote]]);
        expect(remedies({ database: { size: 5 } })).to.deep.equal([["database.size", quote]]);
        expect(remedies({ airflow: { env: [{ name: "PYTHON", value: 3.1 }] } })).to.deep.equal([
            ["airflow.env[0].value", quote],
        ]);
        expect(remedies({ airflow: { options: { core: { parallelism: long } } } })).to.deep.equal([
            ["airflow.options.core.parallelism", quote],
        ]);
        // Of a secret the command would keep plain text.
        expect(remedies({ variables: { release: 3.1 } })).to.deep.equal([
            ["variables.release", "Quote it in the stack file."],
        ]);
        expect(remedies({ dags: { git: { ref: ["main"] } } })).to.deep.equal([["dags.git.ref", undefined]]);
    });
});
