import { expect } from "chai";
import { nodesFault, requireFittingNodes } from "../../../local/session/singleNodeCheck";
import { chooseCluster } from "../../../local/session/targetCluster";
import { UserError } from "../../../local/support/errors";
import { removeFolders } from "../../support/folders";
import { programsOnPath } from "../support/programs";

const stack = (hosting?: string): string =>
    hosting === undefined ? "config: {}\n" : `config:\n  airflow-kubernetes:hosting: ${hosting}\n`;

async function check(hosting?: string): Promise<string | undefined> {
    return await requireFittingNodes(chooseCluster("dev"), stack(hosting)).then(
        () => undefined,
        (error: Error) => {
            expect(error).to.be.instanceOf(UserError);
            return error.message;
        },
    );
}

describe("The nodes that a stack is put on", () => {
    after(removeFolders);

    it("are refused for hosting minikube when there are several, with the key, the nodes and what to do", () => {
        const fault = nodesFault(["minikube", "minikube-m02"]) ?? "";
        expect(fault).to.match(/^airflow-kubernetes:hosting is "minikube".* 2 nodes: minikube, minikube-m02\./);
        expect(fault).to.contain("readWriteMany");
        expect(nodesFault(["minikube"])).to.equal(undefined);
    });

    describe("of a cluster with several", () => {
        programsOnPath({ kubectl: "printf 'node/a\\nnode/b\\n'" });

        it("do not fit hosting minikube, which is also what a stack has that does not say", async () => {
            expect(await check("minikube")).to.contain("2 nodes: a, b.");
            expect(await check()).to.contain("2 nodes: a, b.");
        });
    });

    describe("of a cluster with one", () => {
        programsOnPath({ kubectl: "echo node/a" });

        it("fit", async () => {
            expect(await check("minikube")).to.equal(undefined);
        });
    });

    describe("of a cluster that shows them to nobody", () => {
        programsOnPath({ kubectl: 'echo "Error from server (Forbidden): nodes is forbidden" >&2; exit 1' });

        it("are not known, and nothing is held up by that", async () => {
            expect(await check("minikube")).to.equal(undefined);
        });
    });

    describe("of a cluster that does not answer", () => {
        programsOnPath({ kubectl: "echo 'connection refused' >&2; exit 1" });

        it("are asked for only where they matter", async () => {
            expect(await check("minikube")).to.equal("The nodes of the cluster cannot be listed: connection refused");
            expect(await check("readWriteMany")).to.equal(undefined);
        });
    });
});
