import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { stringify } from "yaml";
import type { Installation } from "../support/installation";
import { kube } from "../support/kubernetes";
import { once } from "./once";

const logs = "/opt/airflow/logs";

/**
 * What pods of two namespaces, and of other users, can do with the shared volumes.
 *
 * @param installed Has the installation up, with both volumes.
 */
export function sharedFiles(storage: string, installation: Installation, installed: () => Promise<unknown>): void {
    const { airflow, workers } = installation.namespaces;

    const tried = once(`files on ${storage}`, async () => {
        await installed();
        const pods = [
            await pod(airflow, 50000, 0),
            await pod(workers, 50000, 0),
            await pod(workers, 12345, 12345),
        ] as const;
        try {
            const [here, there, stranger] = pods;
            await here.run(`echo from airflow >${logs}/from-airflow`);
            const fromAirflow = await there.run(`cat ${logs}/from-airflow`);
            await there.run(`mkdir -p ${logs}/folder && echo from a worker >${logs}/folder/from-worker`);
            const fromWorker = await here.run(
                `cat ${logs}/folder/from-worker && echo more >>${logs}/folder/from-worker`,
            );
            const denied = await stranger.run(`touch ${logs}/intruder 2>&1 || echo refused`);
            const deniedBelow = await stranger.run(`echo x >>${logs}/folder/from-worker 2>&1 || echo refused`);
            const dags = await there.run("touch /opt/airflow/dags/x 2>&1 || echo refused");
            await here.run(`rm -r ${logs}/folder ${logs}/from-airflow`);
            return { fromAirflow, fromWorker, denied, deniedBelow, dags };
        } finally {
            await Promise.all(pods.map((one) => one.remove()));
        }
    });

    describe(`files on ${storage}`, () => {
        it("written in the one namespace are read in the other at once, both ways", async () => {
            const { fromAirflow, fromWorker } = await tried();
            expect(fromAirflow).to.equal("from airflow\n");
            expect(fromWorker).to.equal("from a worker\n");
        });

        it("can be written by Airflow's user, and by no other", async () => {
            const { denied, deniedBelow } = await tried();
            expect(denied).to.match(/Permission denied[\s\S]*refused/i);
            expect(deniedBelow).to.contain("refused");
        });

        it("of DAGs cannot be written by tasks", async () => {
            expect((await tried()).dags).to.match(/Read-only file system[\s\S]*refused/i);
        });
    });
}

interface Pod {
    readonly run: (script: string) => Promise<string>;
    readonly remove: () => Promise<void>;
}

/** A pod with the shared volumes mounted as task pods have them. */
async function pod(namespace: string, uid: number, gid: number): Promise<Pod> {
    const name = `files-${randomBytes(4).toString("hex")}`;
    const claims = { logs: "airflow-logs", dags: "airflow-dags" };
    const manifest = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace },
        spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 0,
            securityContext: {
                runAsNonRoot: true,
                runAsUser: uid,
                runAsGroup: gid,
                seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
                {
                    name: "shell",
                    image: "apache/airflow:3.3.2",
                    command: ["sleep", "infinity"],
                    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                    volumeMounts: [
                        { name: "logs", mountPath: logs },
                        { name: "dags", mountPath: "/opt/airflow/dags", readOnly: true },
                    ],
                },
            ],
            volumes: Object.entries(claims).map(([volume, claimName]) => ({
                name: volume,
                persistentVolumeClaim: { claimName },
            })),
        },
    };
    await kube(["apply", "--filename", "-"], stringify(manifest));
    await kube(["wait", "--namespace", namespace, "--for=condition=Ready", "--timeout=100s", `pod/${name}`]);
    return {
        run: (script) => kube(["exec", "--namespace", namespace, name, "--", "sh", "-c", script]),
        remove: async () => {
            await kube(["delete", "pod", "--namespace", namespace, name, "--wait=false"]);
        },
    };
}
