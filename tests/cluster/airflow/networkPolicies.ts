import { expect } from "chai";
import { referenceOf } from "../../../local/images";
import { waitFor } from "../../../local/support/deadline";
import { explain, explainFailures, installation, namespaces, testPrefix } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { NeighbouringMachine } from "../support/neighbouringMachine";

/** Asks each address by name or number for a connection, and prints which took one. */
const ask = `
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def is_open(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=8).close()
        return True
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return False

with ThreadPoolExecutor() as pool:
    print(json.dumps(dict(zip(sys.argv[1:], pool.map(is_open, sys.argv[1:])))))
`;

const strangersHome = "default";
const strangerName = `${testPrefix}-stranger`;

/** A pod beside Airflow, as anybody may make it, with the labels of its choice. */
function strangerPod(labels: Readonly<Record<string, string>>): object {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: strangerName, namespace: strangersHome, labels },
        spec: {
            automountServiceAccountToken: false,
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 0,
            containers: [{ name: "stranger", image: referenceOf("airflow"), command: ["sleep", "600"] }],
        },
    };
}

/** Who may open connections to what, on a network that enforces NetworkPolicies. */
export function networkPolicies(): void {
    describe("NetworkPolicies", () => {
        explainFailures();

        const machine = new NeighbouringMachine();
        /** Addresses by what listens there. */
        let addresses: Record<string, string>;

        /** What of the addresses takes connections of a pod. */
        const reaches = async (namespace: string, pod: string): Promise<string[]> => {
            const inside = ["exec", "--namespace", namespace, pod, "--", "python3", "-c", ask];
            const answers = JSON.parse(await kube([...inside, ...Object.values(addresses)])) as Record<string, unknown>;
            return Object.entries(addresses)
                .filter(([, address]) => answers[address] === true)
                .map(([what]) => what);
        };
        const podOf = async (component: string) => {
            const selector = `--selector=app.kubernetes.io/component=${component}`;
            const [pod] = await objects("pods", "--namespace", namespaces.airflow, selector);
            return { name: pod?.metadata.name ?? "", ip: (pod?.status as { podIP?: string } | undefined)?.podIP ?? "" };
        };

        before(async () => {
            await installation.isUp();
            await machine.start();
            const domain = `${namespaces.airflow}.svc.cluster.local`;
            addresses = {
                // By names, which takes DNS.
                "the api-server": `airflow-api-server.${domain}:8080`,
                Postgres: `airflow-postgres.${domain}:5432`,
                "the scheduler": `${(await podOf("scheduler")).ip}:8974`,
                "the triggerer": `${(await podOf("triggerer")).ip}:8794`,
                "an address outside": machine.address,
            };
        });

        after(async () => {
            await machine.stop();
            await kube(["delete", "pod", strangerName, "--namespace", strangersHome, "--ignore-not-found", "--now"]);
        });

        it("let a task reach the Execution API, DNS and the outside, and neither the database nor other processes", async () => {
            const dagId = "example_slow";
            const runId = await installation.trigger(dagId, { seconds: 30 });
            const api = await installation.api();
            await waitFor(async () => (await api.tasks(dagId, runId))[0]?.state === "running", {
                within: 120_000,
                what: "the task to run",
                explain,
            });
            const pods = await objects("pods", "--namespace", namespaces.workers, `--selector=dag_id=${dagId}`);
            const running = pods.filter(({ status }) => status?.phase === "Running");
            expect(running).to.have.length(1);
            expect(await reaches(namespaces.workers, running[0].metadata.name)).to.deep.equal([
                "the api-server",
                "an address outside",
            ]);
            expect(await installation.runEnds(dagId, runId)).to.equal("success");
        });

        it("let the api-server reach the database and the logs of the triggerer, and the scheduler only the first", async () => {
            expect(await reaches(namespaces.airflow, (await podOf("api-server")).name)).to.have.members([
                "the api-server",
                "Postgres",
                "the triggerer",
                "an address outside",
            ]);
            expect(await reaches(namespaces.airflow, (await podOf("scheduler")).name)).to.have.members([
                "the api-server",
                "Postgres",
                "the scheduler",
                "an address outside",
            ]);
        });

        it("keep a pod of another namespace from the database, also with the labels of a scheduler", async () => {
            const [scheduler] = await objects(
                "pods",
                "--namespace",
                namespaces.airflow,
                "--selector=app.kubernetes.io/component=scheduler",
            );
            const { "pod-template-hash": _hash, ...labels } = scheduler?.metadata.labels ?? {};
            await kube(["apply", "--filename", "-"], JSON.stringify(strangerPod(labels)));
            const ready = ["wait", "--for=condition=Ready", "--timeout=90s", "--namespace", strangersHome];
            await kube([...ready, `pod/${strangerName}`]);
            expect(await reaches(strangersHome, strangerName)).to.deep.equal(["the api-server", "an address outside"]);
        });

        it("let the node reach all that it probes: every pod is ready, and none was restarted for it", async () => {
            const pods = await objects("pods", "--namespace", namespaces.airflow);
            const running = pods.filter(({ status }) => status?.phase === "Running");
            expect(running.length).to.be.greaterThan(4);
            for (const { metadata, status } of running) {
                const { containerStatuses = [] } = status as { containerStatuses?: { ready: boolean }[] };
                expect(
                    containerStatuses.every(({ ready }) => ready),
                    metadata.name,
                ).to.equal(true);
            }
        });
    });
}
