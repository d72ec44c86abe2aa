import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { names } from "../../../components/kubernetes/names";
import { type KubernetesObject, troubles } from "../../../local/airflow/diagnosis";
import { jobRemedy, objectRemedies } from "../../../local/airflow/remedies";
import { root } from "../../support/program";

const told = (...objects: KubernetesObject[]) => objectRemedies(objects, troubles(objects, "airflow-workers"));
const metadata = (name: string) => ({ name, namespace: "airflow" });

/** A pod one of whose containers waits. */
function waiting(reason: string, message?: string, last?: { reason?: string; exitCode?: number }): KubernetesObject {
    return {
        kind: "Pod",
        metadata: metadata("airflow-scheduler-1"),
        status: {
            phase: "Pending",
            containerStatuses: [
                { name: "scheduler", state: { waiting: { reason, message } }, lastState: { terminated: last } },
            ],
        },
    };
}

function unscheduled(message: string): KubernetesObject {
    return {
        kind: "Pod",
        metadata: metadata("airflow-scheduler-1"),
        status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message }] },
    };
}

function event(reason: string, message: string): KubernetesObject {
    return {
        kind: "Event",
        type: "Warning",
        metadata: metadata("airflow-scheduler-1.abc"),
        reason,
        message,
        involvedObject: { kind: "Pod", name: "airflow-scheduler-1" },
    };
}

function failedJob(name: string): KubernetesObject {
    return {
        kind: "Job",
        metadata: metadata(name),
        status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
    };
}

/** Faults of objects, and what somebody is told to do. */
const faults: Readonly<Record<string, { objects: KubernetesObject[]; says: RegExp }>> = {
    "an image that cannot be fetched": {
        objects: [waiting("ImagePullBackOff")],
        says: /is the name of its image right.*airflow\.registries/,
    },
    "a Secret that is missing": {
        objects: [waiting("CreateContainerConfigError", 'secret "a" not found')],
        says: /make the Secret or ConfigMap that it names, with that key, in airflow/,
    },
    "a container that ends again and again": {
        objects: [waiting("CrashLoopBackOff", "back-off", { reason: "Error", exitCode: 1 })],
        says: /kubectl logs pod\/airflow-scheduler-1 --namespace airflow --previous/,
    },
    "memory beyond the limit": {
        objects: [waiting("CrashLoopBackOff", "back-off", { reason: "OOMKilled", exitCode: 137 })],
        says: /give it more memory: resources\.limits\.memory/,
    },
    "no room on the nodes": { objects: [unscheduled("0/1 nodes: 1 Insufficient memory")], says: /add a node/ },
    "nodes that have what it does not bear": {
        objects: [unscheduled("0/3 nodes: 3 node(s) had untolerated taint {team: x}")],
        says: /tolerations in its podTemplate/,
    },
    "a volume that is not there yet": {
        objects: [unscheduled("pod has unbound immediate PersistentVolumeClaims")],
        says: /it waits for its volume/,
    },
    "nodes without an NFS client": {
        objects: [
            waiting("CreateContainerError"),
            event("FailedMount", "mount failed: bad option; need a helper program"),
        ],
        says: /install nfs-common/,
    },
    "a full volume": {
        objects: [waiting("CrashLoopBackOff", "write /x: no space left on device")],
        says: /its volume is full: make room/,
    },
    "a pod that was evicted": {
        objects: [
            {
                kind: "Pod",
                metadata: metadata("airflow-scheduler-1"),
                status: { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory" },
            },
        ],
        says: /the node was short of memory or disk/,
    },
    "a claim without a volume": {
        objects: [{ kind: "PersistentVolumeClaim", metadata: metadata("airflow-logs"), status: { phase: "Pending" } }],
        says: /kubectl describe pvc airflow-logs --namespace airflow/,
    },
    "a migration that failed": {
        objects: [failedJob("airflow-migrate-12345678")],
        says: /the database was not brought to this version.*make up again/,
    },
    "DAGs that were not loaded": { objects: [failedJob("airflow-load-dags-1")], says: /the DAGs before stay/ },
    "a backup that failed": { objects: [failedJob("airflow-backup-1")], says: /make backup tries again/ },
    "another Job that failed": { objects: [failedJob("somebody-else")], says: /mend what the Job says/ },
};

describe("What to do", () => {
    for (const [title, { objects, says }] of Object.entries(faults)) {
        it(`is told for ${title}`, () => {
            const remedies = told(...objects);
            expect(remedies).to.have.lengthOf(1);
            expect(remedies[0]).to.match(says);
        });
    }

    it("is known for every Job that the component makes", () => {
        const files = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".ts"))
            .map((path) => readFileSync(join(root, "components", path), "utf8"));
        const nouns = files
            .filter((text) => text.includes("airflowJob("))
            .flatMap((text) => [...text.matchAll(/noun: "([a-z-]+)"/g)].map(([, noun]) => noun));
        expect(nouns.length).to.be.greaterThan(8);
        const jobs = [
            ...nouns.map((noun) => `airflow-${noun}-12345678`),
            `${names.permissions}-12345678`,
            ...[names.backup, names.restore, names.databaseCleanup, names.logCleanup].map((name) => `${name}-29000000`),
        ];
        expect(jobs.filter((name) => jobRemedy(name) === undefined)).to.deep.equal([]);
    });

    it("is told once for a pod and the workload that lacks it, and for what the workload itself cannot make", () => {
        const workload = (message?: string): KubernetesObject => ({
            kind: "Deployment",
            metadata: metadata("airflow-scheduler"),
            spec: { replicas: 1 },
            status: {
                readyReplicas: 0,
                conditions: message === undefined ? [] : [{ type: "ReplicaFailure", status: "True", message }],
            },
        });
        expect(told(workload(), waiting("ImagePullBackOff"))).to.have.lengthOf(1);
        const [quota, ...others] = told(workload('pods "a" is forbidden: exceeded quota: small'));
        expect(quota).to.match(/^airflow-scheduler: raise the ResourceQuota of airflow/);
        expect(others).to.deep.equal([]);
        expect(told(workload('pods "a" is forbidden: violates PodSecurity "restricted:latest"'))[0]).to.match(
            /asks for what the namespace airflow does not allow/,
        );
    });

    it("is nothing where all is well", () => {
        const well: KubernetesObject = {
            kind: "Pod",
            metadata: metadata("airflow-scheduler-1"),
            status: { phase: "Running", containerStatuses: [{ name: "scheduler", ready: true, state: {} }] },
        };
        expect(told(well, event("Unhealthy", "probe failed"))).to.deep.equal([]);
    });
});
