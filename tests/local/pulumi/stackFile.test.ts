import { expect } from "chai";
import { parse } from "yaml";
import { overrideStackFile, readStackFile, stackFilePath, stackNamespaces } from "../../../local/pulumi/stackFile";
import { UserError } from "../../../local/support/errors";

const file = `# About this stack
config:
  # About the database
  project:database:
    size: 1Gi
  project:hosting: minikube
`;

describe("The stack file of a run", () => {
    it("takes overrides, and keeps what else it says", () => {
        const { text, faults } = overrideStackFile(file, [
            { key: "project:database", path: ["retain"], value: true },
            { key: "project:namespaces", path: ["airflow"], value: "other" },
            { key: "kubernetes:context", path: [], value: "dev" },
        ]);
        expect(faults).to.deep.equal([]);
        expect(text).to.contain("# About the database");
        expect(parse(text)).to.deep.equal({
            config: {
                "project:database": { size: "1Gi", retain: true },
                "project:hosting": "minikube",
                "project:namespaces": { airflow: "other" },
                "kubernetes:context": "dev",
            },
        });
    });

    it("is left alone when there is nothing to override", () => {
        expect(overrideStackFile(file, []).text).to.equal(file);
    });

    it("can be empty, or have an empty object in the way", () => {
        const override = { key: "project:database", path: ["retain"], value: true };
        const wanted = { config: { "project:database": { retain: true } } };
        expect(parse(overrideStackFile("", [override]).text)).to.deep.equal(wanted);
        expect(parse(overrideStackFile("config:\n", [override]).text)).to.deep.equal(wanted);
        expect(parse(overrideStackFile("config:\n  project:database:\n", [override]).text)).to.deep.equal(wanted);
    });

    it("names each path that leads into something that is no object", () => {
        const { faults } = overrideStackFile(file, [
            { key: "project:hosting", path: ["x"], value: 1 },
            { key: "project:database", path: ["size", "x"], value: 1 },
        ]);
        expect(faults).to.have.length(2);
        expect(faults[1]).to.contain("project:database.size");
    });

    it("is refused when it is no YAML", () => {
        expect(overrideStackFile("config: [", []).faults).to.have.length.greaterThan(0);
    });

    it("loses what an override without a value names", () => {
        const { text } = overrideStackFile("config:\n  a:one: 1\n  a:two: 2\n", [
            { key: "a:one", path: [], value: undefined },
            { key: "a:none", path: [], value: undefined },
        ]);
        expect(parse(text)).to.deep.equal({ config: { "a:two": 2 } });
    });

    it("is named with the stacks there are when it does not exist", () => {
        expect(() => readStackFile(stackFilePath("nowhere"), "nowhere")).to.throw(UserError, "hosted, minikube");
    });

    it("tells the namespaces, with defaults for what it leaves out", () => {
        const text = "config:\n  airflow-kubernetes:namespaces:\n    workers: tasks\n    create: false\n";
        expect(stackNamespaces(text)).to.deep.equal({
            airflow: "airflow",
            workers: "tasks",
            storage: "airflow-storage",
        });
    });
});
