import { expect } from "chai";
import { type KubernetesObject, podLines, remarks, troubles, warnings } from "../../../local/airflow/diagnosis";

const named = (name: string, namespace = "airflow") => ({ name, namespace });
const readyPod: KubernetesObject = {
    kind: "Pod",
    metadata: named("scheduler"),
    status: { phase: "Running", containerStatuses: [{ name: "scheduler", ready: true, restartCount: 0, state: {} }] },
};

describe("The status", () => {
    it("has nothing to say about what is well", () => {
        const deployment = {
            kind: "Deployment",
            metadata: named("scheduler"),
            spec: { replicas: 1 },
            status: { readyReplicas: 1 },
        };
        const job = {
            kind: "Job",
            metadata: named("migrate"),
            status: { conditions: [{ type: "Complete", status: "True" }] },
        };
        const claim = { kind: "PersistentVolumeClaim", metadata: named("dags"), status: { phase: "Bound" } };
        expect(troubles([readyPod, deployment, job, claim], "airflow-workers")).to.deep.equal([]);
        expect(podLines([readyPod, job])).to.deep.equal(["airflow/scheduler  ready"]);
    });

    it("tells of a process that a restore has stopped and not started again", () => {
        const stopped = {
            kind: "Deployment",
            metadata: { ...named("airflow-scheduler"), annotations: { "airflow-kubernetes/replicas": "1" } },
            spec: { replicas: 0 },
            status: {},
        };
        expect(troubles([stopped], "airflow-workers")).to.deep.equal([
            "Deployment airflow/airflow-scheduler is stopped by a make restore that has not come to its end; run it again",
        ]);
    });

    it("tells what Jobs of Airflow remark that have succeeded, and nothing of tasks", () => {
        const ended = (namespace: string, phase: string, message?: string): KubernetesObject => ({
            kind: "Pod",
            metadata: { name: "pod", namespace },
            status: {
                phase,
                containerStatuses: [{ name: "migrate", state: { terminated: { exitCode: 0, message } } }],
            },
        });
        const pods = [
            ended("airflow", "Succeeded", "The provider's own executor runs tasks.\n"),
            ended("airflow", "Succeeded"),
            ended("airflow", "Failed", "no remark"),
            ended("airflow-workers", "Succeeded", "said by a task"),
        ];
        expect(remarks(pods, "airflow")).to.deep.equal(["The provider's own executor runs tasks."]);
    });

    it("says in plain words why a pod waits, and how it ended before", () => {
        const pod: KubernetesObject = {
            ...readyPod,
            status: {
                phase: "Running",
                containerStatuses: [
                    {
                        name: "scheduler",
                        ready: false,
                        restartCount: 3,
                        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
                        lastState: { terminated: { exitCode: 1, message: "no such key" } },
                    },
                ],
            },
        };
        expect(troubles([pod], "w")).to.deep.equal([
            "airflow/scheduler: CrashLoopBackOff: it starts and ends again and again - back-off 40s; it ended with exit code 1 no such key",
        ]);
        expect(podLines([pod])[0]).to.contain("restarted 3 times");
    });

    it("tells of a pod that finds no node, a Job that failed, a workload that is short of pods, a claim without a volume", () => {
        const pending: KubernetesObject = {
            kind: "Pod",
            metadata: named("triggerer"),
            status: {
                phase: "Pending",
                conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes: memory" }],
            },
        };
        const job: KubernetesObject = {
            kind: "Job",
            metadata: named("migrate"),
            status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
        };
        const deployment = {
            kind: "Deployment",
            metadata: named("api-server"),
            spec: { replicas: 2 },
            status: { readyReplicas: 1 },
        };
        const claim = { kind: "PersistentVolumeClaim", metadata: named("logs"), status: { phase: "Pending" } };
        const found = troubles([pending, job, deployment, claim], "w").join("\n");
        expect(found).to.contain("no node has room").and.contain("0/1 nodes: memory");
        expect(found).to.contain("Job airflow/migrate failed");
        expect(found).to.contain("1 of 2 pods ready");
        expect(found).to.contain("claim airflow/logs has no volume");
    });

    it("leaves a failed task to its DAG", () => {
        const task: KubernetesObject = {
            kind: "Pod",
            metadata: named("task", "airflow-workers"),
            status: { phase: "Failed" },
        };
        expect(troubles([task], "airflow-workers")).to.deep.equal([]);
        expect(podLines([task])).to.deep.equal(["airflow-workers/task  failed"]);
    });

    it("shows the newest warnings, not the old ones, nor those of pods that are well by now", () => {
        const now = Date.parse("2026-01-01T12:00:00Z");
        const event = (minutes: number, reason: string): KubernetesObject => ({
            kind: "Event",
            metadata: named("event"),
            type: "Warning",
            reason,
            message: "why",
            count: 2,
            lastTimestamp: new Date(now - minutes * 60_000).toISOString(),
            involvedObject: { kind: "Pod", name: "scheduler" },
        });
        const normal = { ...event(1, "Pulled"), type: "Normal" };
        expect(
            warnings([event(20, "Old"), event(5, "FailedMount"), event(2, "Unhealthy"), normal], now, 900_000, 5),
        ).to.deep.equal([
            "2 min ago, Pod scheduler: Unhealthy: it does not answer its probe - why (2 times)",
            "5 min ago, Pod scheduler: FailedMount: a volume cannot be mounted - why (2 times)",
        ]);
        expect(warnings([event(2, "Unhealthy"), readyPod], now, 900_000, 5)).to.deep.equal([]);
    });
});
