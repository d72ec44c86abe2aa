import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery, Hosting, StorageKind, serviceAccountNames } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { providerName, type Registration, record } from "../support/mocks";
import { kindOf, metadata, objects } from "../support/objects";

const fernetKey = `${"f".repeat(43)}=`;
const retained: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    storage: { kind: StorageKind.NfsServer, nfsServer: { image: "nfs:1", clients: ["10.0.0.0/8"] } },
    database: { retain: true, password: "a-database-password" },
    airflow: { fernetKey },
};

/** What an installation hands to the rest of its program. */
async function handles(args: AirflowKubernetesArgs, preview = false) {
    const found: Partial<Record<string, unknown>> = {};
    const registrations = await record(() => {
        const airflow = new AirflowKubernetes("airflow", args);
        for (const name of ["apiServerService", "databaseService", "serviceAccounts", "secrets", "retained"] as const) {
            (airflow[name] as pulumi.Output<unknown>).apply((value) => {
                found[name] = value;
            });
        }
    }, preview);
    return { found, registrations };
}

describe("what an installation hands to the rest of its program", () => {
    it("are its Services", async () => {
        const { found } = await handles({ namespaces: { airflow: "prod" } });
        expect(found.apiServerService).to.deep.equal({ namespace: "prod", name: "airflow-api-server", port: 8080 });
        expect(found.databaseService).to.deep.equal({ namespace: "prod", name: "airflow-postgres", port: 5432 });
    });

    it("is the Service of a database in a namespace of its own", async () => {
        const { found, registrations } = await handles(retained);
        const service = objects(registrations, "Service").find((each) => metadata(each).name === "airflow-postgres");
        expect(found.databaseService).to.deep.include({ namespace: service && metadata(service).namespace });
    });

    it("is no Service of a database that is not its own", async () => {
        const { found } = await handles({
            database: { external: { host: "db" }, password: "a-database-password" },
            airflow: { fernetKey },
        });
        expect(found).to.have.property("databaseService", undefined);
    });

    it("are the names of its ServiceAccounts, which are known before it is made", async () => {
        const { found: alone } = await handles({});
        expect(alone.serviceAccounts).to.deep.equal({ ...serviceAccountNames, executionApi: "airflow-api-server" });
        const { found, registrations } = await handles({ executionApi: { enabled: true } });
        expect(found.serviceAccounts).to.deep.equal(serviceAccountNames);
        const made = objects(registrations, "ServiceAccount").map((account) => metadata(account).name);
        expect(made).to.include.members(Object.values(serviceAccountNames));
    });

    it("are the names of the Secrets that it makes, and no value of one", async () => {
        const { found, registrations } = await handles({
            dags: {
                delivery: DagDelivery.GitSync,
                git: { repository: "https://example.org/dags.git", token: "hidden" },
            },
            logs: { remote: { url: "s3://logs/airflow", accessKeyId: "id", secretAccessKey: "hidden" } },
            database: {
                backup: { bucket: { url: "s3://backups/airflow", accessKeyId: "id", secretAccessKey: "hidden" } },
            },
            auth: {
                users: [{ name: "robot", roles: ["Op"], password: "hidden from all" }],
                oidc: {
                    issuer: "https://login.example.org",
                    clientId: "airflow",
                    clientSecret: "hidden",
                    defaultRole: "Viewer",
                },
            },
        });
        // Nobody but Postgres has use of its certificate's key and its logins.
        const made = objects(registrations, "Secret")
            .filter(({ name }) => name !== "airflow-postgres-credentials")
            .map(({ name }) => providerName(name));
        expect(Object.keys(found.secrets as object)).to.have.members([
            ...["database", "encryption", "api", "admin", "users", "signIn", "logs", "backup", "git"],
        ]);
        expect(Object.values(found.secrets as object)).to.have.members(made);
    });

    it("is no Secret where somebody else keeps all that would be in it", async () => {
        const key = { name: "kept", key: "key" };
        const { found } = await handles({
            airflow: { fernetKeySecret: key, jwtKeySecret: key, apiSecretKeySecret: key },
            admin: { passwordSecret: key },
            database: { passwordSecret: key },
        });
        const names = Object.entries(found.secrets as object).filter(([, name]) => name !== undefined);
        expect(names.map(([noun]) => noun)).to.deep.equal(["database"]);
    });
});

/** What of the objects with names of their own the cluster holds on to. */
function identities(registrations: readonly Registration[]) {
    return (
        objects(registrations)
            // A Job holds no data, and its name carries a hash of all that it reads.
            .filter((object) => metadata(object).name !== undefined && kindOf(object.type) !== "Job")
            .map((object) => {
                const { name, namespace, labels } = metadata(object);
                const { selector, serviceName } = (object.inputs.spec ?? {}) as Record<string, unknown>;
                return { type: object.type, name, namespace, labels, selector, serviceName };
            })
            .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    );
}

describe("the name of a component", () => {
    for (const [what, args] of Object.entries({ "with defaults": {}, "that retains its data": retained })) {
        it(`is in no selector, label or name of an object: an installation ${what}`, async () => {
            const named = async (name: string) => identities(await record(() => new AirflowKubernetes(name, args)));
            const [one, other] = [await named("airflow"), await named("data-platform")];
            expect(one.length).to.be.greaterThan(30);
            expect(one.filter(({ selector }) => selector !== undefined).length).to.be.greaterThan(6);
            expect(other).to.deep.equal(one);
        });
    }

    it("is not what tells two installations apart: their namespaces are", async () => {
        const registrations = await record(() => {
            new AirflowKubernetes("one", { namespaces: { airflow: "a", workers: "a-workers", storage: "a-storage" } });
            new AirflowKubernetes("two", { namespaces: { airflow: "b", workers: "b-workers", storage: "b-storage" } });
        });
        const instance = (object: Registration) => metadata(object).labels?.["app.kubernetes.io/instance"];
        const of = (name: string) => objects(registrations).filter((object) => object.name.startsWith(`${name}-`));
        expect(new Set(of("one").map(instance))).to.deep.equal(new Set(["a"]));
        expect(new Set(of("two").map(instance))).to.deep.equal(new Set(["b"]));
        const places = registrations
            .filter((object) => object.custom && metadata(object).name !== undefined)
            .map((object) => `${object.type} ${metadata(object).namespace} ${metadata(object).name}`);
        expect(new Set(places).size).to.equal(places.length);
    });
});

describe("options of the component", () => {
    it("reach everything that it makes: a transformation", async () => {
        const registrations = await record(
            () =>
                new AirflowKubernetes(
                    "airflow",
                    {},
                    {
                        transformations: [
                            ({ type, props, opts }) => {
                                if (!type.startsWith("kubernetes:")) {
                                    return undefined;
                                }
                                const { annotations } = props.metadata;
                                return {
                                    props: {
                                        ...props,
                                        metadata: { ...props.metadata, annotations: { ...annotations, team: "data" } },
                                    },
                                    opts,
                                };
                            },
                        ],
                    },
                ),
        );
        const without = objects(registrations).filter((object) => metadata(object).annotations?.team !== "data");
        expect(objects(registrations).length).to.be.greaterThan(40);
        expect(without.map(({ name }) => name)).to.deep.equal([]);
    });

    it("are handed to the engine: aliases and transforms, which it applies to what is below", async () => {
        const registrations = await record(
            () => new AirflowKubernetes("new", {}, { aliases: [{ name: "old" }], transforms: [() => undefined] }),
        );
        const [component] = registrations.filter(({ type }) => type.endsWith(":AirflowKubernetes"));
        expect(component.aliases).to.deep.equal(["old"]);
        expect(component.transforms).to.equal(1);
    });
});
