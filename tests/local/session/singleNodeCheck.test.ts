import { expect } from "chai";
import { nodesFault } from "../../../local/session/singleNodeCheck";

describe("hosting minikube", () => {
    it("is refused on more than one node, with the key, the nodes and what to do", () => {
        const fault = nodesFault("minikube", ["minikube", "minikube-m02"]) ?? "";
        expect(fault).to.match(/^airflow-kubernetes:hosting is "minikube".* 2 nodes: minikube, minikube-m02\./);
        expect(fault).to.contain("readWriteMany");
    });

    it("is what a stack has that does not say", () => {
        expect(nodesFault(undefined, ["a", "b"])).to.not.equal(undefined);
    });

    it("is taken on one node", () => {
        expect(nodesFault("minikube", ["minikube"])).to.equal(undefined);
    });

    it("does not concern the hosting readWriteMany", () => {
        expect(nodesFault("readWriteMany", ["a", "b", "c"])).to.equal(undefined);
    });
});
