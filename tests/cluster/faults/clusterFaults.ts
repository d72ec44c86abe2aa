import { expect } from "chai";
import { clusterUp } from "../../../local/cluster/index";
import { readRecord, signal, stopPart } from "../../../local/cluster/processes";
import { waitFor } from "../../../local/support/deadline";
import { kube } from "../support/kubernetes";
import { explainFaulty, faultyIsUp, isReady, part, recovery } from "./faultInstallation";
import { outlived, running, timeIsOver } from "./outlived";
import { soakDagId } from "./soakDag";
import { soakRunEnds } from "./soakRun";

/** How long the API server is away, in milliseconds. */
const outage = 60_000;

/** Faults of the cluster itself, which a cloud's upgrade brings as well. Only the local cluster can be treated like this. */
export function clusterFaults(): void {
    describe("a cluster in trouble", () => {
        before(faultyIsUp);

        afterEach("the cluster is whole", async () => {
            await clusterUp();
            await kube(["uncordon", "--selector", "kubernetes.io/os=linux"]);
        });

        it("whose kubelet and containerd are killed and whose API server is gone for a minute: tasks succeed at their first try", async () => {
            const processes = ["scheduler", "triggerer", "dag-processor", "api-server", "postgres"].map(part);
            await outlived(processes, async () => {
                for (const name of ["kubelet", "containerd"]) {
                    const record = await readRecord(name);
                    expect(record, name).not.to.equal(undefined);
                    signal(record as NonNullable<typeof record>, "SIGKILL");
                    await clusterUp();
                }
                const begin = Date.now();
                await stopPart("kube-apiserver");
                await timeIsOver(begin, outage);
                await clusterUp();
            });
        });

        it("whose node is drained: every task ends with one success when a node is there again", async () => {
            const runId = await running(soakDagId);
            // The tests' servers and CoreDNS stay, as they would on other nodes.
            await kube([
                ...["drain", "--selector", "kubernetes.io/os=linux", "--pod-selector", "!app,!k8s-app"],
                ...["--force", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s"],
            ]);
            await kube(["uncordon", "--selector", "kubernetes.io/os=linux"]);
            const apiServer = part("api-server");
            await waitFor(() => isReady(apiServer), { within: recovery, what: apiServer.name, explain: explainFaulty });
            expect(await soakRunEnds(runId)).to.deep.equal([]);
        });
    });
}
