import { expect } from "chai";
import { referenceOf } from "../../../local/images";
import { waitFor } from "../../../local/support/deadline";
import type { Installation } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { type DagFiles, linesDag, versionDag } from "./dags";
import type { Delivery } from "./deliveries";
import { once } from "./once";
import { claimOf, pinnedKeys } from "./retainedClaims";

const lines = 250;

/** An NFS server in the cluster, and a database that outlives its stack. */
export const nfsServerSettings = {
    hosting: "readWriteMany",
    storage: { kind: "nfsServer" },
    database: { retain: true, resources: { requests: { cpu: "10m" } } },
    ...pinnedKeys(),
} as const;

/** A pod as anybody may make it, with programs that speak NFS: no root, no capability, no token. */
function strangerPod(namespace: string): object {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "stranger", namespace },
        spec: {
            automountServiceAccountToken: false,
            restartPolicy: "Never",
            securityContext: {
                runAsUser: 12345,
                runAsGroup: 12345,
                runAsNonRoot: true,
                seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
                {
                    name: "stranger",
                    image: referenceOf("nfs-ganesha"),
                    command: ["sleep", "600"],
                    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                },
            ],
        },
    };
}

/** A NetworkPolicy that lets everybody in. */
function openPolicy(namespace: string): object {
    return {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "stranger", namespace },
        spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
    };
}

/** What comes before, and what comes after. */
interface Deliveries {
    /** Has the installation up, with a delivery that follows by itself. */
    readonly installed: () => Promise<unknown>;
    /** Makes these the DAGs that it delivers. */
    readonly publish: (files: DagFiles) => Promise<void>;
    /** Another one, with which the installation is made again. */
    readonly next: () => Promise<Delivery>;
}

/** The NFS server in the cluster when things go wrong, and what is left of it and of the database. */
export function nfsServer(installation: Installation, { installed, publish, next }: Deliveries): void {
    const group = "the NFS server in the cluster";
    const dagId = "many_lines";
    const { airflow, storage, workers } = installation.namespaces;

    /** Starts a run, and comes back when the log file has a line with this number. */
    const writing = async (line: number): Promise<string> => {
        const runId = await installation.trigger(dagId);
        await waitFor(async () => (await logFile(runId)).includes(`line ${line} of`), {
            within: 120_000,
            what: `line ${line} of the task's log`,
            explain: installation.explain,
        });
        return runId;
    };
    const inApiServer = (script: string): Promise<string> =>
        kube(["exec", "--namespace", airflow, "deployment/airflow-api-server", "--", "sh", "-c", script]);
    /** The log as the api-server finds it on its own mount. */
    const logFile = async (runId: string): Promise<string> => {
        const path = `/opt/airflow/logs/dag_id=${dagId}/run_id=${runId}/task_id=write/attempt=1.log`;
        return await inApiServer(`cat '${path}' 2>/dev/null || true`);
    };

    const restarted = once("a server that is killed while a task writes", async () => {
        await installed();
        await publish({ "many_lines.py": linesDag(dagId, lines) });
        const runId = await writing(30);
        const servers = await objects("pods", "--all-namespaces", "--selector=app.kubernetes.io/component=nfs-server");
        const ours = servers.filter(({ metadata }) => metadata.namespace?.startsWith(`${storage}-`));
        expect(ours).to.have.lengthOf(1);
        const { name, namespace = "" } = ours[0].metadata;
        await kube(["delete", "pod", name, "--namespace", namespace, "--grace-period=0", "--force"]);
        const state = await installation.runEnds(dagId, runId);
        const api = await installation.api();
        const [task] = await api.tasks(dagId, runId);
        return { runId, state, tries: task.try_number, log: await api.log(dagId, runId, task) };
    });

    const destroyed = once("a make down with a task running", async () => {
        await restarted();
        const runId = await writing(20);
        const { retained } = await installation.outputs();
        const made = await installation.down();
        return { runId, made, retained };
    });
    const again = once("a make up after that", async () => {
        const { runId, retained } = await destroyed();
        const delivery = await next();
        await delivery.publish({
            "many_lines.py": linesDag(dagId, lines),
            "afterwards.py": versionDag("afterwards", 1),
        });
        installation.configure({ gitToken: undefined, ...delivery.settings() });
        await installation.up();
        const found = (await installation.outputs()).retained;
        const log = await logFile(runId);
        const { state } = await (await installation.api()).run(dagId, (await restarted()).runId);
        const afterwards = await installation.runEnds("afterwards", await installation.trigger("afterwards"));
        await installation.down();
        const left = await Promise.all(
            [claimOf(retained, "logs"), claimOf(retained, "database")].map(async ({ namespace, name }) => {
                const [claim] = await objects("persistentvolumeclaim", name, "--namespace", namespace);
                await kube(["delete", "namespace", namespace, "--wait=false"]);
                return claim?.status?.phase;
            }),
        );
        return { log, state, left, afterwards, found, retained };
    });

    const stranger = once("a pod that speaks NFS by itself", async () => {
        await installed();
        const [service] = (
            await objects("services", "--all-namespaces", "--selector=app.kubernetes.io/component=nfs-server")
        ).filter(({ metadata }) => metadata.namespace?.startsWith(`${storage}-`));
        const { clusterIP } = service.spec as { clusterIP: string };
        const inside = ["exec", "--namespace", workers, "stranger", "--", "sh", "-c"];
        await kube(["apply", "--filename", "-"], JSON.stringify(strangerPod(workers)));
        await kube(["wait", "--for=condition=Ready", "--timeout=60s", "--namespace", workers, "pod/stranger"]);
        const connects = async () =>
            (await kube([...inside, `timeout 5 bash -c 'exec 3<>/dev/tcp/${clusterIP}/2049'; echo $?`])).trim();
        const connected = await connects();
        // Whom the server itself refuses shows where no NetworkPolicy is in the way.
        await kube(["apply", "--filename", "-"], JSON.stringify(openPolicy(service.metadata.namespace ?? "")));
        await waitFor(async () => (await connects()) === "0", {
            within: 60_000,
            what: "the NetworkPolicy that lets everybody in",
            explain: installation.explain,
        });
        const tried = await Promise.all(
            [3, 4].map(async (version) => {
                const url = `nfs://${clusterIP}/export/dags/evil.py?uid=50000&gid=0&version=${version}`;
                return await kube([...inside, `timeout 30 nfs-cp /etc/hostname '${url}' 2>&1; echo "ended with $?"`]);
            }),
        );
        await kube(["delete", "networkpolicy", "stranger", "--namespace", service.metadata.namespace ?? ""]);
        await kube(["delete", "pod", "stranger", "--namespace", workers, "--grace-period=0", "--force"]);
        const written = await inApiServer("find /opt/airflow/dags/ -name evil.py");
        return { connected, tried, written };
    });

    describe(group, () => {
        it("is not reached by a pod, whose packets a NetworkPolicy keeps from it", async () => {
            expect((await stranger()).connected, "what timeout says").to.equal("124");
        });

        it("serves the node alone: a pod that names itself Airflow's user writes nothing, by either version", async () => {
            const { tried, written } = await stranger();
            for (const told of tried) {
                expect(told)
                    .to.match(/failed/i)
                    .and.to.not.contain("ended with 0");
            }
            expect(written).to.equal("");
        });

        it("can be killed while a task writes: the task ends well and no line is lost", async () => {
            const { state, tries, log } = await restarted();
            expect(state).to.equal("success");
            expect(tries).to.equal(1);
            const missing = Array.from({ length: lines }, (_, index) => index + 1).filter(
                (line) => !log.includes(`line ${line} of ${lines}`),
            );
            expect(missing).to.deep.equal([]);
        });

        it("goes last in a make down with a task running, in less than five minutes", async () => {
            expect((await destroyed()).made.milliseconds).to.be.lessThan(300_000);
        });

        it("leaves its claim and that of the database, and the next make up has logs and runs again", async () => {
            const { log, state, left, found, retained } = await again();
            expect(found).to.deep.equal(retained);
            expect(log).to.contain("line 20 of");
            expect(state).to.equal("success");
            expect(left).to.deep.equal(["Bound", "Bound"]);
        });

        it("runs DAGs of another delivery then: a bundle reached by ssh", async () => {
            expect((await again()).afterwards).to.equal("success");
        });
    });
}
