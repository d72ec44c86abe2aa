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

    it("is an older Airflow, too, where the stack names it", () => {
        const stack = (airflow: string) => stackNeeds(`config:\n  airflow-kubernetes:airflow: ${airflow}\n`).images;
        expect(stack('{ version: "3.2.2" }')).to.deep.equal(["airflow", "postgres", "airflow-3.2"]);
        expect(stack("{ image: docker.io/apache/airflow:3.2.2 }")).to.include("airflow-3.2");
        expect(stack('{ version: "3.3.2" }')).to.deep.equal(["airflow", "postgres"]);
        expect(stack('{ version: "3.2.2", image: "example.com/mine:3.2.2" }')).to.deep.equal(["airflow", "postgres"]);
    });

    it("is the exporter of metrics, too, where the stack has some", () => {
        const stack = (metrics: string) => stackNeeds(`config:\n  airflow-kubernetes:metrics: ${metrics}\n`).images;
        expect(stack("{ statsd: {} }")).to.deep.equal(["airflow", "postgres", "statsd-exporter"]);
        expect(stack("{ state: {} }")).to.deep.equal(["airflow", "postgres"]);
    });

    it("does not follow settings of storage that hosting on one node has no use for", () => {
        expect(stackNeeds("config:\n  airflow-kubernetes:storage: { kind: nfsServer }\n").nfs).to.equal(false);
    });
});
