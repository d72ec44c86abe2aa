import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { stringify } from "yaml";
import { airflowImage } from "../support/airflowImage";
import type { Installation } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { once } from "./once";

const logs = "/opt/airflow/logs";

/**
 * What pods of two namespaces, and of other users, can do with the shared volumes.
 *
 * @param installed Has the installation up, with both volumes.
 * @param isReadOnlyItself Whether what tasks see of DAGs cannot be written to even by a pod that mounts it to write.
 */
export function sharedFiles(
    storage: string,
    installation: Installation,
    installed: () => Promise<unknown>,
    isReadOnlyItself = true,
): void {
    const { airflow, workers } = installation.namespaces;

    const tried = once(`files on ${storage}`, async () => {
        await installed();
        const claims = await claimsInUse(airflow);
        const pods = [
            await pod(airflow, claims, 50000, 0),
            await pod(workers, claims, 50000, 0, !isReadOnlyItself),
            await pod(workers, claims, 12345, 12345),
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

interface Workload {
    readonly spec: { readonly template: { readonly spec: { readonly volumes?: readonly Volume[] } } };
}

interface Volume {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
}

/** The claims on the shared volumes that Airflow uses now, whose names are the same in both namespaces. Older ones may be left. */
async function claimsInUse(namespace: string): Promise<Record<"dags" | "logs", string>> {
    const workloads = (await objects("deployments,statefulsets", "--namespace", namespace)) as unknown as Workload[];
    const volumes = workloads.flatMap(({ spec }) => spec.template.spec.volumes ?? []);
    const claimOf = (noun: string): string => {
        const [claim] = volumes.flatMap((one) => (one.name === noun ? (one.persistentVolumeClaim ?? []) : []));
        expect(claim, `claim of ${noun}`).not.to.equal(undefined);
        return (claim as { claimName: string }).claimName;
    };
    return { dags: claimOf("dags"), logs: claimOf("logs") };
}

interface Pod {
    readonly run: (script: string) => Promise<string>;
    readonly remove: () => Promise<void>;
}

/** A pod with the shared volumes mounted as task pods have them. */
async function pod(
    namespace: string,
    claims: Record<string, string>,
    uid: number,
    gid: number,
    readOnlyDags = true,
): Promise<Pod> {
    const name = `files-${randomBytes(4).toString("hex")}`;
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
                    image: airflowImage,
                    command: ["sleep", "infinity"],
                    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                    volumeMounts: [
                        { name: "logs", mountPath: logs },
                        { name: "dags", mountPath: "/opt/airflow/dags", readOnly: readOnlyDags },
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
