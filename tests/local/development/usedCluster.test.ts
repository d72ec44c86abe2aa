import { expect } from "chai";
import { othersNamespaces } from "../../../local/development/usedCluster";
import { foreignVariables, makeSettings } from "../../../local/support/makeSettings";

describe("Whether the local cluster is in use", () => {
    it("is told by pods in other namespaces than those of Kubernetes, the tests and make bench", () => {
        const own = ["kube-system", "airflow-test", "airflow-test-host-workers", "airflow-bench", "local-cluster-test"];
        expect(othersNamespaces(own)).to.deep.equal([]);
        expect(othersNamespaces([...own, "airflow", "airflow-tests", "default", "airflow"])).to.deep.equal([
            "airflow",
            "airflow-tests",
            "default",
        ]);
    });
});

describe("Settings of make", () => {
    it("are those that the Makefile lists", () => {
        expect(makeSettings("a := b\nsettings := STACK CONFIG  YES\nrun := x\n")).to.deep.equal([
            "STACK",
            "CONFIG",
            "YES",
        ]);
        expect(makeSettings()).to.include.members(["STACK", "CONFIG", "CLUSTER", "GREP", "SHOW_SECRETS"]);
    });

    it("and where Pulumi's state is are kept from a make that a program starts; which Pulumi is used is not", () => {
        const env = {
            STACK: "a",
            MAKEFLAGS: "w",
            PULUMI_BACKEND_URL: "b",
            KUBECONFIG: "c",
            ENGINE: "npm",
            PATH: "/bin",
        };
        expect(foreignVariables(env)).to.have.members(["STACK", "MAKEFLAGS", "PULUMI_BACKEND_URL", "KUBECONFIG"]);
        expect(foreignVariables({ PULUMI_CONFIG_PASSPHRASE_FILE: "f", PULUMI_SKIP_UPDATE_CHECK: "1" })).to.deep.equal([
            "PULUMI_CONFIG_PASSPHRASE_FILE",
        ]);
    });
});
