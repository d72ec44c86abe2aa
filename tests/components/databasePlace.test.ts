import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { DatabasePlace } from "../../components/database/databasePlace";
import { type AirflowKubernetesArgs, Hosting } from "../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { StorageKind } from "../../components/settings/storageArgs";

/** What the gate says of arguments when the memory of an earlier update holds `first`; undefined for nothing. */
async function refusal(
    first: Record<string, string> | undefined,
    args: AirflowKubernetesArgs,
): Promise<string | undefined> {
    await pulumi.runtime.setMocks({
        newResource: ({ name, inputs }) => ({
            id: name,
            state: first === undefined ? inputs : { ...inputs, keepers: first },
        }),
        call: ({ inputs }) => inputs,
    });
    const { kept } = new DatabasePlace("place", { settings: withDefaults(args) });
    try {
        await (kept as unknown as { promise(): Promise<unknown> }).promise();
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

describe("the place of the database", () => {
    const made = { "database.retain": "false", "namespaces.airflow": "airflow", "database.storageClass": "" };

    it("is remembered by the first update, and is right as long as it is the same", async () => {
        expect(await refusal(undefined, {})).to.equal(undefined);
        expect(await refusal(made, { namespaces: { workers: "others" } })).to.equal(undefined);
    });

    it("is not left for an empty database: another namespace or class is refused, with what to do", async () => {
        const message = await refusal(made, { namespaces: { airflow: "prod" }, database: { storageClass: "fast" } });
        expect(message).to.match(/^2 problems .* Nothing was created\./);
        expect(message).to.contain(
            'namespaces.airflow is "prod"; allowed: "airflow", where the database of this installation',
        );
        expect(message).to.contain('database.storageClass is "fast"; allowed: ""');
        expect(message).to.contain("docs/data.md");
    });

    it("is not left to namespaces that the next update would delete", async () => {
        const own = { ...made, "namespaces.create": "true" };
        expect(await refusal(own, {})).to.equal(undefined);
        expect(await refusal(own, { namespaces: { create: false } })).to.contain(
            "namespaces.create is false; allowed: true, where the database of this installation lies",
        );
    });

    it("is a directory where it is retained on a node", async () => {
        const database = { retain: true };
        const first = { "database.retain": "true", hosting: "minikube", "storage.hostPath": "/data/airflow" };
        expect(await refusal(first, { database })).to.equal(undefined);
        expect(await refusal(first, { database, storage: { hostPath: "/data/other" } })).to.contain("storage.hostPath");
    });

    it("is not left when it is to be retained from now on, or no longer, or on other hosting", async () => {
        expect(await refusal(made, { database: { retain: true } })).to.contain(
            "database.retain is true; allowed: false, where the database of this installation lies",
        );
        const onNode = { "database.retain": "true", hosting: "minikube", "storage.hostPath": "/data/airflow" };
        expect(await refusal(onNode, {})).to.contain("database.retain is false; allowed: true");
        const hosted = { hosting: Hosting.ReadWriteMany, storage: { kind: StorageKind.NfsServer } };
        expect(await refusal(onNode, { ...hosted, database: { retain: true } })).to.contain(
            'hosting is "readWriteMany"; allowed: "minikube"',
        );
    });

    it("is kept by its claim where that is retained, whatever the namespaces are called", async () => {
        const args = { hosting: Hosting.ReadWriteMany, storage: { kind: StorageKind.NfsServer } };
        const first = { "database.retain": "true", hosting: "readWriteMany" };
        expect(await refusal(first, { ...args, database: { retain: true }, namespaces: { airflow: "prod" } })).to.equal(
            undefined,
        );
    });
});
