import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery } from "../../components";
import { loginOf } from "../../components/database/logins";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, generatedBytes, generatedValue, openTexts, type Registration } from "../support/mocks";
import { kindOf, named, objects, pods } from "../support/objects";
import { outputValue } from "../support/program";

const pinned = {
    fernetKey: `${"pinned-fernet-".repeat(4).slice(0, 43)}=`,
    database: "pinned@database:password",
    admin: "pinned-admin-password",
};

function pinnedArgs(wrap: (value: string) => pulumi.Input<string>): AirflowKubernetesArgs {
    return {
        airflow: { fernetKey: wrap(pinned.fernetKey) },
        database: { password: wrap(pinned.database), retain: true },
        admin: { password: wrap(pinned.admin) },
    };
}

/** Everything that must not be readable, in each form in which it appears. */
const secrets = [
    ...["database-password", "admin-password", "jwt-secret", "api-secret-key"].map((noun) =>
        generatedValue(`airflow-${noun}`),
    ),
    generatedBytes,
    generatedBytes.replaceAll("+", "-").replaceAll("/", "_"),
    ...Object.values(pinned),
    encodeURIComponent(pinned.database),
];

function leaks(registrations: readonly Registration[]): string[] {
    return registrations.flatMap(({ type, name, sentInputs }) =>
        openTexts(sentInputs)
            .filter((text) => secrets.some((secret) => text.includes(secret)))
            .map((text) => `${kindOf(type)} ${name}: ${text}`),
    );
}

describe("secrets", () => {
    const runs: Record<string, AirflowKubernetesArgs> = {
        "generated values": {},
        "secret Outputs": pinnedArgs(pulumi.secret),
        "plain strings": pinnedArgs((value) => value),
        "plain Outputs": pinnedArgs((value) => pulumi.output(value)),
    };

    for (const [what, args] of Object.entries(runs)) {
        it(`lie open in no input of any object or component in a preview: ${what}`, async () => {
            const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args), {
                preview: true,
            });
            expect(error).to.equal(undefined);
            expect(leaks(registrations)).to.deep.equal([]);
        });

        it(`lie open nowhere, and are marked in the Secrets and in nothing else: ${what}`, async () => {
            const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
            expect(error).to.equal(undefined);
            expect(registrations.length).to.be.greaterThan(60);
            expect(leaks(registrations)).to.deep.equal([]);
            const marked = objects(registrations).filter(({ secretInputs }) => secretInputs.length > 0);
            expect(
                marked.map(({ type, name, secretInputs }) => [kindOf(type), name, ...secretInputs]),
            ).to.have.deep.members(
                ["database", "postgres-credentials", "api", "encryption", "admin"].map((noun) => [
                    "Secret",
                    `airflow-${noun}`,
                    "stringData",
                ]),
            );
        });
    }

    it("are found by this test where they lie open", () => {
        const lying = (sentInputs: unknown) => [{ type: "a:b:C", name: "c", sentInputs } as Registration];
        expect(leaks(lying({ env: [{ value: `x${pinned.admin}y` }] }))).to.have.lengthOf(1);
        expect(leaks(lying({ a: generatedBytes }))).to.have.lengthOf(1);
    });

    it("given as plain strings are marked in what the stack keeps of the component", async () => {
        const args = pinnedArgs((value) => value);
        const { registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
        const component = named(registrations, "airflow", "AirflowKubernetes");
        expect(component.secretInputs).to.have.members(["airflow", "database", "admin"]);
        expect(component.inputs).to.deep.equal({
            airflow: { fernetKey: pinned.fernetKey },
            database: { password: pinned.database, retain: true },
            admin: { password: pinned.admin },
            dags: { volume: { folder: "examples/dags" } },
        });
    });

    it("are used as given, the password of the database encoded in its URL", async () => {
        const { registrations } = await attempt(() => new AirflowKubernetes("airflow", pinnedArgs(pulumi.secret)));
        const data = (name: string) => named(registrations, name, "Secret").inputs.stringData;
        const login = loginOf(pinned.database);
        const url = `${login}:pinned%40database%3Apassword@airflow-postgres.airflow.svc.cluster.local:5432/airflow`;
        expect(data("airflow-encryption")).to.deep.equal({ "fernet-key": pinned.fernetKey });
        expect(data("airflow-admin")).to.deep.equal({ password: pinned.admin });
        expect(data("airflow-database")).to.deep.equal({
            password: pinned.database,
            connection: `postgresql+psycopg2://${url}?sslmode=verify-full&sslrootcert=%2Fetc%2Fdatabase-authority%2Fca.crt`,
            "async-connection": `postgresql+asyncpg://${url}?ssl=verify-full`,
        });
        expect(data("airflow-postgres-credentials")).to.deep.include({ logins: `${login}\n${pinned.database}\n` });
    });

    it("are generated long enough, and the fernet key as Fernet wants it", async () => {
        const { registrations } = await attempt(() => new AirflowKubernetes("airflow"));
        const lengths = Object.fromEntries(
            registrations
                .filter(({ type }) => /^random:.*(Password|Bytes)$/.test(type))
                .map(({ name, inputs }) => [name, inputs.length]),
        );
        expect(lengths).to.deep.equal({
            "airflow-fernet-key": 32,
            "airflow-postgres-certificate-authority-key": 48,
            "airflow-postgres-certificate-server-key": 48,
            "airflow-database-password": 32,
            "airflow-admin-password": 24,
            "airflow-jwt-secret": 64,
            "airflow-api-secret-key": 64,
        });
        const { "fernet-key": key } = named(registrations, "airflow-encryption").inputs.stringData as Record<
            string,
            string
        >;
        expect(key).to.match(/^[A-Za-z0-9_-]{43}=$/);
        expect(Buffer.from(key, "base64url")).to.have.lengthOf(32);
    });

    it("that a user refers to are in no literal value", async () => {
        const value = pulumi.secret("token");
        const { registrations } = await attempt(
            () =>
                new AirflowKubernetes("airflow", {
                    scheduler: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "mine", key: "key" } } }] },
                    workers: { env: [{ name: "B", value }] },
                }),
        );
        // A literal that is secret stays marked, also in the template of the pods.
        expect(named(registrations, "airflow-worker-templates-file").secretInputs).to.deep.equal(["data"]);
        expect(registrations.flatMap(({ sentInputs }) => openTexts(sentInputs))).to.not.include("token");
    });

    it("that somebody else keeps are referred to: none is made, and none is in the URL of the database", async () => {
        const key = (noun: string) => ({ name: "kept", key: noun });
        const { registrations } = await attempt(
            () =>
                new AirflowKubernetes("airflow", {
                    airflow: {
                        fernetKeySecret: key("fernet"),
                        jwtKeySecret: key("jwt"),
                        apiSecretKeySecret: key("api"),
                    },
                    admin: { passwordSecret: key("admin") },
                    database: { passwordSecret: key("database") },
                    dags: {
                        delivery: DagDelivery.GitBundle,
                        git: {
                            repository: "https://git.example.org/a.git",
                            username: "a$(b",
                            tokenSecret: key("token"),
                        },
                    },
                    logs: { remote: { url: "s3://a-bucket", accessKeyId: "AKIA", secretAccessKeySecret: key("logs") } },
                }),
        );
        const generated = registrations.filter(({ type }) => /Random(Password|Bytes)/.test(type));
        expect(generated.map(({ name }) => name)).to.have.members([
            "airflow-postgres-certificate-authority-key",
            "airflow-postgres-certificate-server-key",
        ]);
        expect(objects(registrations, "Secret").map(({ name }) => name)).to.have.members([
            "airflow-database",
            "airflow-postgres-credentials",
        ]);
        const database = named(registrations, "airflow-database", "Secret");
        const credentials = named(registrations, "airflow-postgres-credentials").inputs.stringData as object;
        expect(Object.keys(credentials)).to.have.members(["tls.crt", "tls.key"]);
        const { connection } = database.inputs.stringData as Record<string, string>;
        expect(connection).to.match(/^postgresql\+psycopg2:\/\/airflow_login@airflow-postgres/);

        const refers = (owner: string) =>
            Object.fromEntries(
                (pods(registrations).find((pod) => pod.owner === owner)?.spec.containers[0].env ?? [])
                    .filter(({ valueFrom }) => valueFrom?.secretKeyRef?.name === "kept")
                    .map(({ name, valueFrom }) => [name, valueFrom?.secretKeyRef?.key]),
            );
        const signing = {
            AIRFLOW__API_AUTH__JWT_SECRET: "jwt",
            AIRFLOW__CORE__FERNET_KEY: "fernet",
            PGPASSWORD: "database",
        };
        expect(refers("airflow-scheduler-deployment")).to.deep.equal(signing);
        expect(refers("airflow-api-server-deployment")).to.deep.equal({
            ...signing,
            AIRFLOW__API__SECRET_KEY: "api",
            AIRFLOW_GIT_TOKEN: "token",
            AIRFLOW_BUCKET_SECRET_ACCESS_KEY: "logs",
        });
        expect(refers("airflow-admin-user-job")).to.include({ ADMIN_PASSWORD: "admin", PGPASSWORD: "database" });
        expect(
            pods(registrations)
                .find(({ owner }) => owner === "airflow-postgres-stateful-set")
                ?.spec.volumes?.find(({ name }) => name === "credentials"),
        ).to.deep.include({
            projected: {
                sources: [
                    { secret: { name: "airflow-postgres-credentials-1a2b3c4d" } },
                    { secret: { name: "kept", items: [{ key: "database", path: "password" }] } },
                ],
            },
        });
        // Kubernetes puts the token in place of its variable, and of nothing else.
        const { env } = pods(registrations).find(({ owner }) => owner === "airflow-dag-processor-deployment")?.spec
            .containers[0] ?? { env: [] };
        const connections = env.filter(({ name }) => name === "AIRFLOW_CONN_GIT_DEFAULT");
        expect(connections.map(({ value }) => JSON.parse(value))).to.deep.equal([
            {
                conn_type: "git",
                host: "https://git.example.org/a.git",
                login: "a$$(b",
                password: "$(AIRFLOW_GIT_TOKEN)",
            },
        ]);
        const mounted = pods(registrations)
            .find(({ owner }) => owner === "airflow-repository-check-job")
            ?.spec.volumes?.find(({ name }) => name === "git-secret");
        expect(mounted?.projected?.sources).to.deep.equal([
            { secret: { name: "kept", items: [{ key: "token", path: "token" }] } },
        ]);
    });

    it("come out of the component as secrets: only the password does", async () => {
        let airflow: AirflowKubernetes | undefined;
        await attempt(() => {
            airflow = new AirflowKubernetes("airflow");
        });
        if (airflow === undefined) {
            throw new Error("not built");
        }
        const { adminPassword, adminUser, namespaces, openUi, url } = airflow;
        expect(await outputValue(adminPassword)).to.deep.equal({
            value: generatedValue("airflow-admin-password"),
            secret: true,
        });
        for (const output of [adminUser, namespaces, openUi, url]) {
            expect((await outputValue(output)).secret).to.equal(false);
        }
    });
});
