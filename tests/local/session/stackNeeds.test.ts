import { readFileSync } from "node:fs";
import { expect } from "chai";
import { stackFilePath } from "../../../local/pulumi/stackFile";
import { allNeeds, stackNeeds } from "../../../local/session/stackNeeds";

describe("What the local cluster needs for a stack", () => {
    const of = (stack: string) => stackNeeds(readFileSync(stackFilePath(stack), "utf8"));

    it("is Airflow and Postgres alone for the stack minikube", () => {
        expect(of("minikube")).to.deep.equal({ images: ["airflow", "postgres"], nfs: false });
    });

    it("is everything for the stack hosted", () => {
        expect(of("hosted")).to.deep.equal(allNeeds);
    });

    it("follows the settings", () => {
        const stack = (lines: string) => stackNeeds(`config:\n  airflow-kubernetes:hosting: readWriteMany\n${lines}`);
        expect(stack("  airflow-kubernetes:storage: { kind: nfs }\n")).to.deep.equal({
            images: ["airflow", "postgres"],
            nfs: true,
        });
        expect(stack("  airflow-kubernetes:storage: { kind: csi }\n").nfs).to.equal(false);
        const external = stack("  airflow-kubernetes:database: { external: { host: h } }\n");
        expect(external).to.deep.equal({ images: ["airflow", "nfs-ganesha"], nfs: true });
    });

    it("does not follow settings of storage that hosting on one node has no use for", () => {
        expect(stackNeeds("config:\n  airflow-kubernetes:storage: { kind: nfsServer }\n").nfs).to.equal(false);
    });
});
