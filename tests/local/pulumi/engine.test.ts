import { join } from "node:path";
import { expect } from "chai";
import { chooseEngine } from "../../../local/pulumi/engine";
import { chooseCluster, clusterEnvironment, clusterOverrides, kubectl } from "../../../local/session/targetCluster";
import { UserError } from "../../../local/support/errors";
import { findOnPath } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";

const machine = (pulumi: boolean, npm: boolean, built = false) => ({
    installed: () => (pulumi ? "/opt/pulumi" : undefined),
    npmPackageWorks: async () => npm,
    built: async () => built,
});

async function failure(work: Promise<unknown>): Promise<unknown> {
    return await work.then(
        () => undefined,
        (error: unknown) => error,
    );
}

describe("The engine", () => {
    it("is pulumi when it is on the PATH, else the npm package where it works, else the one that is built", async () => {
        expect((await chooseEngine(undefined, machine(true, true))).kind).to.equal("pulumi");
        expect((await chooseEngine(undefined, machine(false, true))).kind).to.equal("npm");
        expect((await chooseEngine(undefined, machine(false, false))).kind).to.equal("built");
    });

    it("stays the one that was built, so that no other provider meets its state", async () => {
        expect((await chooseEngine(undefined, machine(false, true, true))).kind).to.equal("built");
        expect((await chooseEngine(undefined, machine(true, true, true))).kind).to.equal("pulumi");
    });

    it("is the one that is asked for", async () => {
        expect((await chooseEngine("npm", machine(true, true))).kind).to.equal("npm");
        expect((await chooseEngine("pulumi", machine(true, false))).kind).to.equal("pulumi");
    });

    it("is not taken for installed because npm has the package of its name on the PATH of scripts", () => {
        expect(findOnPath("pulumi", join(repositoryDirectory, "node_modules", ".bin"))).to.equal(undefined);
        expect(findOnPath("sh", "/nowhere:/bin")).to.equal("/bin/sh");
    });

    it("is never silently another than the one asked for", async () => {
        expect(await failure(chooseEngine("pulumi", machine(false, true)))).to.be.instanceOf(UserError);
        expect(await failure(chooseEngine("npm", machine(true, false)))).to.be.instanceOf(UserError);
    });

    it("says why", async () => {
        expect((await chooseEngine(undefined, machine(false, false))).why).to.contain(
            "get.pulumi.com cannot be reached",
        );
    });
});

describe("The cluster", () => {
    it("is the local one with a kubeconfig of its own, unless another is asked for", () => {
        const local = chooseCluster("local");
        expect(local).to.include({ kind: "local", context: "airflow-kubernetes-local" });
        expect(clusterEnvironment(local, { KUBECONFIG: "/mine" }).KUBECONFIG).to.equal(local.kubeconfig);
        expect(kubectl(local)).to.include.members(["--kubeconfig", "--context", "airflow-kubernetes-local"]);
    });

    it("is whatever kubectl context is named, found as kubectl finds it", () => {
        const other = chooseCluster("dev");
        expect(other).to.include({ kind: "context", context: "dev" });
        expect(clusterEnvironment(other, { KUBECONFIG: "/mine" }).KUBECONFIG).to.equal("/mine");
        expect(kubectl(other)).to.not.include("--kubeconfig");
        expect(chooseCluster("minikube").kind).to.equal("minikube");
    });

    it("is what the Kubernetes provider is told, whatever the stack file says", () => {
        expect(clusterOverrides(chooseCluster("dev"))).to.deep.equal([
            { key: "kubernetes:context", path: [], value: "dev" },
        ]);
    });
});
