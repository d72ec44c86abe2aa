import { expect } from "chai";
import type { KubernetesObject } from "../../../local/airflow/diagnosis";
import { lookout } from "../../../local/session/insideLook";

function pod(process: string, isRunning: boolean, namespace = "airflow"): KubernetesObject {
    return {
        kind: "Pod",
        metadata: { name: `airflow-${process}-1`, namespace, labels: { "app.kubernetes.io/component": process } },
        spec: {
            containers: [
                { name: "sidecar", volumeMounts: [{ name: "logs", mountPath: "/elsewhere" }] },
                {
                    name: process,
                    volumeMounts: [
                        { name: "dags", mountPath: "/opt/airflow/dags" },
                        { name: "logs", mountPath: "/opt/airflow/logs" },
                        { name: "tmp", mountPath: "/tmp" },
                    ],
                },
            ],
            volumes: [
                { name: "dags", persistentVolumeClaim: { claimName: "airflow-dags" } },
                // Without shared volumes logs lie on the node, whose disk is not theirs.
                { name: "logs" },
                { name: "tmp" },
            ],
        },
        status: {
            phase: "Running",
            containerStatuses: [{ name: process, state: isRunning ? { running: {} } : { waiting: {} } }],
        },
    };
}

describe("The pod to look inside from", () => {
    it("is one whose process runs, the dag-processor before others, with the volumes that are claims", () => {
        expect(lookout([pod("scheduler", true), pod("dag-processor", true)], "airflow")).to.deep.equal({
            pod: "airflow-dag-processor-1",
            container: "dag-processor",
            volumes: { dags: "/opt/airflow/dags" },
        });
        expect(lookout([pod("dag-processor", false), pod("scheduler", true)], "airflow")?.container).to.equal(
            "scheduler",
        );
    });

    it("is none where none runs, or only in another namespace", () => {
        expect(lookout([pod("scheduler", false), pod("scheduler", true, "other")], "airflow")).to.equal(undefined);
        expect(lookout([], "airflow")).to.equal(undefined);
    });
});
