import { expect } from "chai";
import { type EngineEvent, parseEvents, UpdateReport } from "../../../local/pulumi/updateReport";

const urn = (name: string) =>
    `urn:pulumi:s::p::airflow-kubernetes:index:AirflowKubernetes$kubernetes:apps/v1:Deployment::${name}`;
const begun = (name: string, op = "create"): EngineEvent => ({
    resourcePreEvent: { metadata: { op, urn: urn(name) } },
});
const made = (name: string): EngineEvent => ({ resOutputsEvent: { metadata: { op: "create", urn: urn(name) } } });
const said = (severity: string, message: string, about?: string, ephemeral = false): EngineEvent => ({
    diagnosticEvent: { severity, message, ephemeral, ...(about === undefined ? {} : { urn: about }) },
});
const report = (...events: EngineEvent[]): UpdateReport => {
    const made = new UpdateReport();
    made.add(events);
    return made;
};

describe("What is told of an update", () => {
    it("is where it is: what is done, and what is under way", () => {
        expect(report(begun("a"), begun("b"), made("a")).progress()).to.equal("1 done, under way: Deployment b");
        expect(report(begun("a", "same")).progress()).to.equal("0 done");
        const many = ["a", "b", "c", "d", "e"].map((name) => begun(name));
        expect(report(...many).progress()).to.match(/under way: Deployment a, .* and 2 more$/);
    });

    it("no longer names as under way what has failed", () => {
        const failed = { resOpFailedEvent: { metadata: { op: "create", urn: urn("a") } } };
        expect(report(begun("a"), failed).progress()).to.equal("0 done");
    });

    it("is each error and warning once, with its resource, without colours and passing remarks", () => {
        const told = report(
            said("error", "<{%fg 1%}>it broke<{%reset%}>\n", urn("a")),
            said("error", `creation of resource "${urn("a")}" failed: it broke`, urn("a")),
            said("error", "update failed"),
            said("error", "no such key", "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"),
            said("warning", "take care"),
            said("warning", "waiting", urn("a"), true),
            said("info", "nothing"),
        );
        expect(told.errors).to.deep.equal(["Deployment a: it broke", "no such key"]);
        expect(told.warnings).to.deep.equal(["take care"]);
    });

    it("is what it has come to, in the words of the CLI", () => {
        const summary = (resourceChanges: Record<string, number>) =>
            report({ summaryEvent: { durationSeconds: 98, resourceChanges } }).result;
        expect(summary({ same: 2, create: 54 })).to.equal("Resources: 54 created, 2 unchanged, 1 min 38 s");
        expect(report().result).to.equal(undefined);
    });

    it("is read as it is written, also when a line is not whole yet", () => {
        const { events, rest } = parseEvents('{"sequence":1}\n{"seq');
        expect(events).to.deep.equal([{ sequence: 1 }]);
        expect(rest).to.equal('{"seq');
        expect(parseEvents(`${rest}uence":2}\n`)).to.deep.equal({ events: [{ sequence: 2 }], rest: "" });
    });
});
