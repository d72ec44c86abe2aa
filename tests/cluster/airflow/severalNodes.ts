import { expect } from "chai";
import { stringify } from "yaml";
import { installation } from "../support/installation";
import { kube } from "../support/kubernetes";
import { nothingInstalled } from "../support/leftovers";

/** Volumes of one node on a cluster of two. */
export function severalNodes(): void {
    describe("hosting minikube on a cluster of two nodes", () => {
        const name = "airflow-test-second";

        before("a second node is registered, on which nothing can run", async () => {
            const node = {
                apiVersion: "v1",
                kind: "Node",
                metadata: { name },
                spec: { unschedulable: true, taints: [{ key: "airflow-test", effect: "NoExecute" }] },
            };
            await kube(["apply", "--filename", "-"], stringify(node));
        });

        after("it is gone again", async () => {
            await kube(["delete", "node", name, "--ignore-not-found"]);
        });

        for (const target of ["up", "preview"]) {
            it(`is refused by make ${target}, which names the key and the nodes`, async () => {
                const made = await installation.make(target);
                expect(made.code).to.not.equal(0);
                expect(made.all).to.match(/airflow-kubernetes:hosting is "minikube".* 2 nodes: .*airflow-test-second/);
                await nothingInstalled(installation.namespaces.airflow);
            });
        }
    });
}
