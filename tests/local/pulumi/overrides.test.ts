import { expect } from "chai";
import * as fc from "fast-check";
import { parseOverrides } from "../../../local/pulumi/overrides";

const parse = (text: string) => parseOverrides(text, "airflow-kubernetes");

describe("CONFIG", () => {
    it("reads keys, paths, namespaces and types", () => {
        const { overrides, faults } = parse(
            "hosting=minikube database.retain=true apiServer.replicas=2 kubernetes:context=dev",
        );
        expect(faults).to.deep.equal([]);
        expect(overrides).to.deep.equal([
            { key: "airflow-kubernetes:hosting", path: [], value: "minikube" },
            { key: "airflow-kubernetes:database", path: ["retain"], value: true },
            { key: "airflow-kubernetes:apiServer", path: ["replicas"], value: 2 },
            { key: "kubernetes:context", path: [], value: "dev" },
        ]);
    });

    it("keeps spaces, equals signs and quotes inside a quoted value, and takes what is quoted as text", () => {
        const { overrides, faults } = parse(`admin.user="Jo 'J' Doe"  airflow.url='http://x/?a=b' airflow.version="3"`);
        expect(faults).to.deep.equal([]);
        expect(overrides.map((override) => override.value)).to.deep.equal(["Jo 'J' Doe", "http://x/?a=b", "3"]);
    });

    it("takes an empty value, and numbers with a leading zero, as text", () => {
        expect(parse("a= b=007 c=-3 d=1.5").overrides.map((override) => override.value)).to.deep.equal([
            "",
            "007",
            -3,
            "1.5",
        ]);
    });

    it("has nothing to say to nothing", () => {
        expect(parse("  ")).to.deep.equal({ overrides: [], faults: [] });
    });

    it("lists every fault, and still reads the rest", () => {
        const { overrides, faults } = parse("retain =x a..b=1 2x=1 good=1 a:b:c=1 good=2 deep.x=1 deep.x.y=2");
        expect(overrides.map((override) => override.key)).to.deep.equal([
            "airflow-kubernetes:good",
            "airflow-kubernetes:deep",
        ]);
        expect(faults).to.have.length(7);
        expect(faults[0]).to.contain('"retain" has no "="');
        expect(faults[5]).to.contain('"good=2" sets what "airflow-kubernetes:good=1" sets already');
    });

    it("names a quote that nothing closes", () => {
        expect(parse(`a="b c`).faults).to.deep.equal(['"a=b c" opens a " that nothing closes']);
    });

    it("never throws, whatever is typed", () => {
        fc.assert(
            fc.property(fc.string(), (text) => {
                parse(text);
            }),
        );
    });
});
