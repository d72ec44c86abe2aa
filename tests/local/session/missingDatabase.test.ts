import { expect } from "chai";
import { postgresNamespace } from "../../../local/session/missingDatabase";

describe("local/session: missingDatabase", () => {
    const namespaces = { airflow: "airflow", workers: "airflow-workers" };

    it("looks for Postgres in Airflow's namespace, or in that of a database that outlives the stack", () => {
        const logs = { data: "dags, logs", namespace: "airflow-storage", claim: "airflow-logs" };
        const external = { data: "database", place: "airflow of db.example.org" };
        const own = { data: "database", namespace: "airflow-data", claim: "airflow-database" };
        expect(postgresNamespace({ namespaces, retained: [logs] })).to.equal("airflow");
        expect(postgresNamespace({ namespaces, retained: [logs, external] })).to.equal("airflow");
        expect(postgresNamespace({ namespaces, retained: [logs, own] })).to.equal("airflow-data");
    });
});
