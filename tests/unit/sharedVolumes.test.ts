import { spawnSync } from "node:child_process";
import { expect } from "chai";
import type { AirflowKubernetesArgs } from "../../components/airflowKubernetesArgs";
import { withDefaults } from "../../components/airflowKubernetesDefaults";
import { sharedVolumes } from "../../components/storage/sharedVolumes";
import { permissionsScript } from "../../components/storage/volumePermissions";

function volumes(args: AirflowKubernetesArgs = {}) {
    return sharedVolumes(withDefaults(args));
}

describe("sharedVolumes", () => {
    it("are DAGs and logs, for all namespaces, owned by Airflow's user and its group", () => {
        const common = {
            accessMode: "ReadWriteMany",
            namespaces: ["storage", "airflow", "workers"],
            owner: { uid: 50000, gid: 0 },
            mode: "2775",
        };
        expect(volumes({ storage: { hostPath: "/data/x", dagsSize: "3Gi", logsSize: "4Gi" } })).to.have.deep.members([
            { ...common, noun: "dags", claimName: "airflow-dags", size: "3Gi", hostPath: "/data/x/dags" },
            { ...common, noun: "logs", claimName: "airflow-logs", size: "4Gi", hostPath: "/data/x/logs" },
        ]);
    });

    it("hold a retained database that no task can mount and no other user can read", () => {
        const retained = volumes({ database: { retain: true, size: "7Gi" } });
        expect(retained).to.have.lengthOf(3);
        expect(retained.find(({ noun }) => noun === "database")).to.deep.equal({
            noun: "database",
            claimName: "airflow-database",
            size: "7Gi",
            accessMode: "ReadWriteOnce",
            hostPath: "/data/airflow/database",
            namespaces: ["storage", "airflow"],
            owner: { uid: 999, gid: 999 },
            mode: "0700",
        });
    });
});

describe("permissionsScript", () => {
    it("changes the roots of the volumes only, and stops at the first failure", () => {
        expect(permissionsScript(volumes({ database: { retain: true } }))).to.equal(
            [
                "set -eu",
                "chown 50000:0 /volumes/dags",
                "chmod 2775 /volumes/dags",
                "chown 50000:0 /volumes/logs",
                "chmod 2775 /volumes/logs",
                "chown 999:999 /volumes/database",
                "chmod 0700 /volumes/database",
            ].join("\n"),
        );
    });

    it("is something that a shell can read", () => {
        const { status, stderr } = spawnSync("sh", ["-n"], { input: permissionsScript(volumes()), encoding: "utf8" });
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
    });
});
