import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { list } from "tar";
import { loggedContainers, reportedKinds, reportedObject, reportedSecret } from "../../../local/report/objectFiles";
import { mark, redactor } from "../../../local/report/redaction";
import { withoutSecrets, writeReport } from "../../../local/report/reportArchive";
import { UserError } from "../../../local/support/errors";
import { folder, removeFolders } from "../../support/folders";

describe("A report", () => {
    afterEach(removeFolders);

    it("has no secrets in any of its files", () => {
        const files = withoutSecrets(
            { "a.log": "the word-of-a-secret", "b.json": "{}" },
            redactor(["word-of-a-secret"]),
        );
        expect(files).to.deep.equal({ "a.log": `the ${mark}`, "b.json": "{}" });
    });

    it("is refused where one is left", () => {
        const broken = { ...redactor(["word-of-a-secret"]), redact: (text: string) => text };
        expect(() => withoutSecrets({ "a.log": "the word-of-a-secret" }, broken)).to.throw(
            UserError,
            /could not be taken out of a\.log, so no report was written/,
        );
    });

    it("is one archive for our own user, and nothing else", async () => {
        const place = folder();
        const file = join(place, "deep", "report.tar.gz");
        await writeReport(file, "airflow-report", { "status.txt": "well", "logs/a/b/c.log": "line" });
        const paths: string[] = [];
        await list({ file, onReadEntry: ({ path, type }) => type === "File" && paths.push(path) });
        expect(paths).to.have.members(["airflow-report/status.txt", "airflow-report/logs/a/b/c.log"]);
        expect(statSync(file).mode & 0o777).to.equal(0o600);
        expect(readdirSync(join(place, "deep"))).to.deep.equal(["report.tar.gz"]);
        expect(readFileSync(file).subarray(0, 2).toString("hex")).to.equal("1f8b");
    });

    it("leaves nothing where it cannot be written", async () => {
        const file = join(folder({ taken: "" }), "taken", "report.tar.gz");
        await writeReport(file, "airflow-report", { "a.txt": "a" }).then(
            () => expect.fail("it was written"),
            () => expect(existsSync(file)).to.equal(false),
        );
    });

    it("keeps literal variables and references to Secrets, and drops what only Kubernetes reads", () => {
        const env = [
            { name: "A", value: "b" },
            { name: "C", valueFrom: { secretKeyRef: { name: "d", key: "e" } } },
        ];
        const pod = {
            kind: "Pod",
            metadata: {
                name: "a",
                managedFields: [{}],
                annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", mine: "kept" },
            },
            spec: { containers: [{ name: "c", env }] },
        };
        expect(reportedObject(pod)).to.deep.equal({
            ...pod,
            metadata: { name: "a", annotations: { mine: "kept" } },
        });
    });

    it("has names and keys of Secrets, and no object of their kind", () => {
        const data = { password: Buffer.from("word").toString("base64") };
        const told = reportedSecret({ metadata: { name: "a", namespace: "n" }, type: "Opaque", data });
        expect(told).to.deep.equal({ namespace: "n", name: "a", type: "Opaque", keys: ["password"] });
        expect(reportedKinds).to.not.include("secrets");
    });

    it("has the logs of all containers, and of the run before where there was one", () => {
        const pod = {
            kind: "Pod",
            metadata: { name: "p", namespace: "n" },
            status: {
                initContainerStatuses: [{ name: "i" }],
                containerStatuses: [{ name: "c", restartCount: 2 }],
            },
        };
        expect(loggedContainers([pod, { kind: "Job", metadata: { name: "j" } }])).to.deep.equal([
            { namespace: "n", pod: "p", container: "i", hasPrevious: false },
            { namespace: "n", pod: "p", container: "c", hasPrevious: true },
        ]);
    });
});
