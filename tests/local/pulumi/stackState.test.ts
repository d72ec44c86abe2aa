import { expect } from "chai";
import {
    hasVolumesOfBefore,
    objectsOf,
    parseHistory,
    parseState,
    resourcesOf,
    type StateResource,
    unrecordedCreations,
    withoutPendingOperations,
} from "../../../local/pulumi/stackState";

const namespace: StateResource = {
    urn: "urn:pulumi:s::p::kubernetes:core/v1:Namespace::airflow-namespace",
    type: "kubernetes:core/v1:Namespace",
    custom: true,
    inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "airflow" } },
    outputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "airflow", uid: "1-2-3" } },
};
const password: StateResource = {
    urn: "urn:pulumi:s::p::random:index/randomPassword:RandomPassword::password",
    type: "random:index/randomPassword:RandomPassword",
    outputs: { result: "x" },
};
const job: StateResource = {
    urn: "urn:pulumi:s::p::kubernetes:batch/v1:Job::migrate",
    type: "kubernetes:batch/v1:Job",
    inputs: { apiVersion: "batch/v1", kind: "Job", metadata: { name: "migrate-1", namespace: "airflow" } },
};

describe("A stack's state", () => {
    it("is empty before anything was deployed", () => {
        expect(resourcesOf(parseState(""))).to.deep.equal([]);
        expect(unrecordedCreations(parseState('{"version":3,"deployment":{}}'))).to.deep.equal([]);
    });

    it("tells what a killed run has made and not recorded, and no other interrupted work", () => {
        const state = parseState(
            JSON.stringify({
                version: 3,
                deployment: {
                    resources: [namespace],
                    pending_operations: [
                        { type: "creating", resource: job },
                        { type: "updating", resource: namespace },
                    ],
                },
            }),
        );
        expect(unrecordedCreations(state)).to.deep.equal([job]);
        const cleared = withoutPendingOperations(state);
        expect(unrecordedCreations(cleared)).to.deep.equal([]);
        expect(cleared).to.deep.include({ version: 3 });
        expect(resourcesOf(cleared)).to.deep.equal([namespace]);
    });

    it("tells of volumes that a failed update has replaced, which stay on the cluster", () => {
        const volume = (kind: string, left: boolean): StateResource => ({
            urn: `urn:pulumi:s::p::kubernetes:core/v1:${kind}::logs`,
            type: `kubernetes:core/v1:${kind}`,
            delete: left,
            inputs: { apiVersion: "v1", kind, metadata: { name: "airflow-logs-1" } },
        });
        const state = (...resources: StateResource[]) =>
            parseState(JSON.stringify({ version: 3, deployment: { resources } }));
        expect(hasVolumesOfBefore(state(namespace, volume("PersistentVolume", true)))).to.equal(true);
        expect(hasVolumesOfBefore(state(namespace, volume("PersistentVolumeClaim", true)))).to.equal(true);
        expect(hasVolumesOfBefore(state(volume("PersistentVolume", false), { ...job, delete: true }))).to.equal(false);
    });

    it("reads a history, also that of a stack without updates", () => {
        expect(parseHistory('[{"kind":"update","result":"failed","version":0}]')[0]).to.include({ result: "failed" });
        expect(parseHistory("[]")).to.deep.equal([]);
        expect(parseHistory("\n")).to.deep.equal([]);
    });

    it("names the objects of the cluster, whether they are recorded or only begun", () => {
        expect(objectsOf([namespace, password, job])).to.deep.equal([
            { apiVersion: "v1", kind: "Namespace", name: "airflow", namespace: undefined, uid: "1-2-3" },
            { apiVersion: "batch/v1", kind: "Job", name: "migrate-1", namespace: "airflow", uid: undefined },
        ]);
    });
});
