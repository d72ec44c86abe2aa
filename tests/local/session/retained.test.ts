import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { whatStays } from "../../../local/commands/down";
import type { Options } from "../../../local/session/options";
import { missingPins, namedPins, pinRetained, settingsOf, unnamedData } from "../../../local/session/retained";

const disk = {
    data: "dags, logs",
    namespace: "airflow-storage-nfs-1a2b3c4d",
    claim: "airflow-nfs-disk",
    reuseWith: "storage.nfsServer.existingClaim",
};
const database = {
    data: "database",
    namespace: "airflow-database-5e6f7a8b",
    claim: "airflow-database",
    reuseWith: "database.existingClaim",
};
const hosted = `config:
  # A real cluster.
  airflow-kubernetes:hosting: readWriteMany
  airflow-kubernetes:storage:
    kind: nfsServer # on a disk
  airflow-kubernetes:database:
    retain: true
`;
const settings = (stackFile: string) => missingPins(stackFile, [disk, database]).map(({ setting }) => setting);

describe("Where retained data are", () => {
    it("is missing in a stack file that chooses such data and does not name them", () => {
        expect(settings(hosted)).to.deep.equal(["storage.nfsServer.existingClaim", "database.existingClaim"]);
    });

    it("is not missing for what only CONFIG has chosen, or what the file has named", () => {
        expect(settings("config: {}\n")).to.deep.equal([]);
        expect(settings(hosted.replace("retain: true", "retain: false"))).to.deep.equal([disk.reuseWith]);
        expect(settings(hosted.replace("nfsServer #", "csi #"))).to.deep.equal([database.reuseWith]);
        expect(
            settings(hosted.replace("retain: true", "{retain: true, existingClaim: {namespace: a, name: b}}")),
        ).to.deep.equal([disk.reuseWith]);
    });

    it("is told after a destroy as far as the file does not name it", () => {
        const told = unnamedData(hosted, [disk, { data: "dags", place: "/data/airflow/dags of the node" }]);
        expect(told).to.contain(
            "dags, logs: storage.nfsServer.existingClaim, the claim airflow-nfs-disk in namespace ",
        );
        expect(told).to.not.contain("/data/airflow");
        expect(whatStays(hosted, false, told))
            .to.contain("The stack file does not name these data")
            .and.not.contain("finds them.");
        expect(unnamedData(hosted, [])).to.equal(undefined);
        expect(whatStays(hosted, false)).to.equal(
            "DAGs, logs and the database stay on their volumes; the next make up finds them.",
        );
    });

    it("is one setting for the claims of a StorageClass, which share a namespace", () => {
        const claims = ["dags", "logs"].map((data) => ({
            data,
            namespace: "kept",
            claim: `airflow-${data}`,
            reuseWith: "storage.existingNamespace",
        }));
        const [pin, ...others] = missingPins(hosted.replace("nfsServer #", "storageClass #"), claims);
        expect(others).to.deep.equal([]);
        expect(settingsOf(pin)).to.deep.equal([
            { key: "airflow-kubernetes:storage", path: ["existingNamespace"], value: "kept" },
        ]);
    });

    describe("in the stack file", () => {
        let folder: string;
        let stackFile: string;
        const pin = () => pinRetained({ stackFile } as Options, [disk, database]);
        const text = () => readFileSync(stackFile, "utf8");

        beforeEach(() => {
            folder = mkdtempSync(join(tmpdir(), "retained-"));
            stackFile = join(folder, "Pulumi.hosted.yaml");
            writeFileSync(stackFile, hosted);
        });

        afterEach(() => rmSync(folder, { recursive: true }));

        it("is written once, with all else and the comments as they were", () => {
            pin();
            const first = text();
            expect(first).to.contain("# A real cluster.").and.to.contain("kind: nfsServer # on a disk");
            expect((parse(first) as { config: object }).config).to.deep.equal({
                "airflow-kubernetes:hosting": "readWriteMany",
                "airflow-kubernetes:storage": {
                    kind: "nfsServer",
                    nfsServer: { existingClaim: { namespace: disk.namespace, name: disk.claim } },
                },
                "airflow-kubernetes:database": {
                    retain: true,
                    existingClaim: { namespace: database.namespace, name: database.claim },
                },
            });
            pin();
            expect(text()).to.equal(first);
            expect(namedPins(first)).to.deep.equal([
                { setting: disk.reuseWith, namespace: disk.namespace, claim: disk.claim },
                { setting: database.reuseWith, namespace: database.namespace, claim: database.claim },
            ]);
        });
    });
});
