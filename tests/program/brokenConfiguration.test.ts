import { expect } from "chai";
import { ArgumentsError } from "../../components";
import { runProgram, type StackValues, stackValues } from "../support/program";

interface Case {
    readonly values: StackValues;
    /** What is named, without the project's name. */
    readonly keys: string[];
    readonly says?: RegExp;
}

const fernetKey = `${"k".repeat(43)}=`;

/** Values of a stack as somebody might set them by mistake. */
const broken: Record<string, Case> = {
    "an unknown key": { values: { hostng: "minikube" }, keys: ["hostng"], says: /the keys hosting, namespaces, / },
    "an unknown key in an object": {
        values: { storage: { dagSize: "1Gi" } },
        keys: ["storage.dagSize"],
        says: /the keys hostPath, kind, dagsSize, logsSize, /,
    },
    "an unknown key two levels down": {
        values: { dags: { volume: { path: "dags" } } },
        keys: ["dags.volume.path"],
        says: /the keys folder/,
    },
    "an unknown key of resources": {
        values: { scheduler: { resources: { cpu: "1" } } },
        keys: ["scheduler.resources.cpu"],
        says: /the keys requests, limits/,
    },
    "an unknown key in a list": {
        values: { workers: { env: [{ name: "A", value: "1", secret: "x" }] } },
        keys: ["workers.env[0].secret"],
        says: /the keys name, value, valueFrom/,
    },
    "an unknown key of a toleration": {
        values: { triggerer: { podTemplate: { spec: { tolerations: [{ keys: "x" }] } } } },
        keys: ["triggerer.podTemplate.spec.tolerations[0].keys"],
    },
    "the component's argument instead of the secret key": {
        values: { admin: { user: "admin", password: "hidden" } },
        keys: ["admin.password"],
        says: /the keys enabled, user, email/,
    },
    "a hosting that is none": {
        values: { hosting: "aws" },
        keys: ["hosting"],
        says: /"aws"; allowed: minikube, readWriteMany/,
    },
    "a hosting that is a number": { values: { hosting: 1 }, keys: ["hosting"] },
    "a hosting that is an object": { values: { hosting: { kind: "minikube" } }, keys: ["hosting"] },
    "a delivery that is none": {
        values: { dags: { delivery: "git" } },
        keys: ["dags.delivery"],
        says: /gitSync, volume, image, gitBundle/,
    },
    "a Pod Security Standard that is none": {
        values: { namespaces: { workersPodSecurity: "none" } },
        keys: ["namespaces.workersPodSecurity"],
        says: /privileged, baseline, restricted/,
    },
    "text where an object belongs": {
        values: { storage: "/data" },
        keys: ["storage"],
        says: /pulumi config set --path/,
    },
    "a list where an object belongs": { values: { airflow: [] }, keys: ["airflow"] },
    "nothing where an object belongs": { values: { database: null }, keys: ["database"] },
    "an object where a list belongs": {
        values: { workers: { env: { A: "1" } } },
        keys: ["workers.env"],
        says: /a list/,
    },
    "text where a number belongs": {
        values: { scheduler: { replicas: "two" } },
        keys: ["scheduler.replicas"],
        says: /"two"; allowed: a whole number/,
    },
    "a fraction where a whole number belongs": {
        values: { dags: { refreshSeconds: 7.5 } },
        keys: ["dags.refreshSeconds"],
    },
    "text where true or false belongs": {
        values: { database: { retain: "yes" } },
        keys: ["database.retain"],
        says: /true, false/,
    },
    "a number where text belongs": {
        values: { airflow: { version: 3.3 } },
        keys: ["airflow.version"],
        says: /text\n.*Quote it/,
    },
    "a number where a quantity belongs": {
        values: { workers: { resources: { cpuLimit: 2 } } },
        keys: ["workers.resources.cpuLimit"],
    },
    "a number in a list of text": {
        values: { airflow: { imagePullSecrets: ["a", 2] } },
        keys: ["airflow.imagePullSecrets[1]"],
    },
    "options without a section": {
        values: { airflow: { options: { parallelism: "4" } } },
        keys: ["airflow.options.parallelism"],
    },
    "a list as the value of an option": {
        values: { airflow: { options: { core: { parallelism: [4] } } } },
        keys: ["airflow.options.core.parallelism"],
        says: /text/,
    },
    "a variable without a name": { values: { apiServer: { env: [{ value: "1" }] } }, keys: ["apiServer.env[0].name"] },
    "a quantity that is none": { values: { storage: { logsSize: "10GB" } }, keys: ["storage.logsSize"], says: /10Gi/ },
    "a folder that is not there": {
        values: { dags: { volume: { folder: "mydags" } } },
        keys: ["dags.volume.folder"],
        says: /"mydags".*\n.*there is no such folder/,
    },
    "one name for two namespaces": {
        values: { namespaces: { airflow: "a", workers: "a" } },
        keys: ["namespaces.workers"],
    },
    "a malformed fernet key": { values: { fernetKey: "hidden" }, keys: ["fernetKey"] },
    "a short database password": { values: { databasePassword: "hidden" }, keys: ["databasePassword"] },
    "a short admin password": { values: { adminPassword: "hidden" }, keys: ["adminPassword"] },
    "an empty admin password": { values: { adminPassword: "" }, keys: ["adminPassword"] },
    "a connection that is none": {
        values: { connections: { warehouse: "hidden" } },
        keys: ["connections.warehouse"],
        says: /a URI/,
    },
    "a connection of a wrong shape in a stack file": {
        values: { connections: { warehouse: { conn_type: "http", hidden: "hidden" } } },
        keys: ["connections.warehouse"],
        says: /conn_type, description/,
    },
    "connections that are no object": { values: { connections: "hidden" }, keys: ["connections"], says: /an object/ },
    "a variable that is a fraction": {
        values: { variables: { v: 5.1 } },
        keys: ["variables.v"],
        says: /text, or an object or a list/,
    },
    "a pool of another shape": {
        values: { pools: { p: { slots: 1, include_deferred: true } } },
        keys: ["pools.p.include_deferred"],
        says: /the keys slots, description, includeDeferred/,
    },
    "a pool with too few slots": { values: { pools: { p: { slots: -7 } } }, keys: ["pools.p.slots"], says: /-7/ },
    "a misspelled secret": { values: { adminPasword: "hidden-in-vain" }, keys: ["adminPasword"] },
};

/** The keys that a message names, one a numbered line. */
function namedKeys(message: string): string[] {
    return [...message.matchAll(/^ {2}\d+\. airflow-kubernetes:(\S+?)(?: is .*)?; allowed: .+$/gm)].map(
        ([, key]) => key,
    );
}

describe("a broken configuration", () => {
    for (const [what, { values, keys, says }] of Object.entries(broken)) {
        it(`creates nothing and names the key: ${what}`, async () => {
            const { error, registrations, outputs } = await runProgram({ ...stackValues("minikube"), ...values });
            expect(registrations).to.deep.equal([]);
            expect(outputs).to.deep.equal({});
            expect(error).to.be.instanceOf(ArgumentsError);
            const message = error?.message ?? "";
            expect(message).to.match(/^1 problem in the configuration of stack minikube\. Nothing was created\.\n/);
            expect(namedKeys(message)).to.have.members(keys);
            expect(message).to.not.contain("hidden");
            if (says) {
                expect(message).to.match(says);
            }
        });
    }

    it("is told whole: faults of shape and of meaning, in all keys, in one error", async () => {
        const { error, registrations } = await runProgram({
            hosting: "cloud",
            unknown: true,
            namespaces: { airflow: "A", extra: "x" },
            storage: { hostPath: "relative", dagsSize: "1", logsSize: "many" },
            dags: { delivery: "volume", volume: { folder: "nowhere" }, refreshSeconds: 1 },
            database: { size: 5, image: "postgres" },
            scheduler: { replicas: 0, env: [{ name: "1" }] },
            workers: { podsCreationBatchSize: 0, env: [{ name: "2" }, { value: "3" }] },
            adminPassword: "hidden",
            fernetKey: "hidden",
        });
        expect(registrations).to.deep.equal([]);
        const message = error?.message ?? "";
        expect(namedKeys(message)).to.have.members([
            "hosting",
            "unknown",
            "namespaces.extra",
            "namespaces.airflow",
            "storage.hostPath",
            "storage.logsSize",
            "dags.volume.folder",
            "dags.refreshSeconds",
            "database.size",
            "database.image",
            "scheduler.replicas",
            "scheduler.env[0].name",
            "scheduler.env[0]",
            "workers.podsCreationBatchSize",
            "workers.env[1].name",
            "adminPassword",
            "fernetKey",
        ]);
        expect(message).to.match(/^17 problems in /);
        expect(message).to.not.contain("hidden");
    });

    it("retains a database only with pinned keys: an update is refused with the command to run", async () => {
        const values = { ...stackValues("minikube"), database: { retain: true } };
        const { error, registrations } = await runProgram(values, { stack: "mine" });
        expect(registrations).to.deep.equal([]);
        expect(error).to.be.instanceOf(ArgumentsError);
        expect(error?.message).to.contain("make pin-keys STACK=mine");
    });

    it("retains a database only with pinned keys: a preview warns and goes on", async () => {
        const values = { ...stackValues("minikube"), database: { retain: true } };
        const { error, registrations, warnings } = await runProgram(values, { stack: "mine", preview: true });
        expect(error).to.equal(undefined);
        expect(registrations.length).to.be.greaterThan(60);
        expect(warnings).to.have.lengthOf(2);
        expect(warnings[0]).to.contain("Run: make pin-keys STACK=mine");
    });

    it("is none when the keys of a retained database are pinned", async () => {
        const pinned = { database: { retain: true }, fernetKey, databasePassword: "a-long-password" };
        const { error, warnings } = await runProgram({ ...stackValues("minikube"), ...pinned });
        expect(error).to.equal(undefined);
        expect(warnings).to.deep.equal([]);
    });
});
