import { expect } from "chai";
import { alertRules } from "../../../components/monitoring/monitoringObjects";
import { gitSyncFindings, insideFindings, parseSamples } from "../../../local/airflow/insideState";

const well = `
# TYPE airflow_database_up gauge
airflow_database_up 1.0
airflow_database_connections 12.0
airflow_database_max_connections 100.0
airflow_heartbeat_age_seconds{process="scheduler"} 3.5
airflow_heartbeat_age_seconds{process="dag-processor"} 3.5
airflow_import_errors 0.0
airflow_dags 5.0
airflow_queued_task_age_seconds 0.0
airflow_volume_size_bytes{volume="logs"} 100.0
airflow_volume_available_bytes{volume="logs"} 50.0
airflow_volume_files{volume="logs"} 100.0
airflow_volume_available_files{volume="logs"} 50.0
`;

/** What is found where some lines are others. */
const findings = (lines: Record<string, string>) =>
    insideFindings(
        parseSamples(
            Object.entries(lines).reduce(
                (text, [name, value]) =>
                    `${text
                        .split("\n")
                        .filter((line) => !line.startsWith(`${name} `))
                        .join("\n")}\n${name} ${value}`,
                well,
            ),
        ),
    );

const logs = '{volume="logs"}';

/** Faults inside, and how they are told. */
const faults: readonly {
    readonly title: string;
    readonly lines: Record<string, string>;
    readonly wrong: RegExp;
    readonly remedy: RegExp;
    readonly isNotice?: boolean;
}[] = [
    {
        title: "a database that is away",
        lines: { airflow_database_up: "0.0" },
        wrong: /^the database does not answer/,
        remedy: /airflow-postgres/,
    },
    {
        title: "a scheduler that is silent",
        lines: { 'airflow_heartbeat_age_seconds{process="scheduler"}': "300.0" },
        wrong: /^the scheduler has not been heard of for 5 min: no task starts/,
        remedy: /kubectl logs of airflow-scheduler/,
    },
    {
        title: "a triggerer that was never there",
        lines: { 'airflow_heartbeat_age_seconds{process="triggerer"}': "+Inf" },
        wrong: /^the triggerer has never been heard of: deferred tasks wait/,
        remedy: /airflow-triggerer/,
    },
    {
        title: "import errors",
        lines: { airflow_import_errors: "1.0" },
        wrong: /^1 file of DAGs cannot be imported/,
        remedy: /the UI shows/,
        isNotice: true,
    },
    {
        title: "no DAG",
        lines: { airflow_dags: "0.0" },
        wrong: /^Airflow knows no DAG/,
        remedy: /dags\.delivery/,
        isNotice: true,
    },
    {
        title: "DAGs that are old",
        lines: { airflow_dags_changed_timestamp_seconds: String(Date.now() / 1_000 - 45 * 86_400) },
        wrong: /^the DAGs have not changed for 45 days/,
        remedy: /dags\.git\.ref/,
        isNotice: true,
    },
    {
        title: "a task that waits",
        lines: { airflow_queued_task_age_seconds: "10800.0" },
        wrong: /^a task has waited for its pod for 3 h/,
        remedy: /namespace of the workers/,
    },
    {
        title: "connections that are used up",
        lines: { airflow_database_connections: "95.0" },
        wrong: /^95 % of the connections/,
        remedy: /airflow\.options\.database/,
    },
    {
        title: "a volume that is nearly full",
        lines: { [`airflow_volume_available_bytes${logs}`]: "5.0" },
        wrong: /^the volume of logs is 95 % full/,
        remedy: /logs\.retentionDays/,
    },
    {
        title: "a volume that is full",
        lines: { [`airflow_volume_available_bytes${logs}`]: "0.0" },
        wrong: /^the volume of logs is full/,
        remedy: /logs\.maximumSize/,
    },
    {
        title: "a volume that takes no more files",
        lines: { [`airflow_volume_available_files${logs}`]: "1.0" },
        wrong: /few more files/,
        remedy: /logs\.retentionDays/,
    },
];

describe("The look inside", () => {
    it("has nothing to say of what is well, nor of what it does not know", () => {
        expect(insideFindings(parseSamples(well))).to.deep.equal([]);
        expect(insideFindings(parseSamples("Traceback: what is no sample 1\n"))).to.deep.equal([]);
    });

    for (const { title, lines, wrong, remedy, isNotice } of faults) {
        it(`tells of ${title}, and what to do`, () => {
            const found = findings(lines);
            expect(found).to.have.lengthOf(1);
            expect(found[0].wrong).to.match(wrong);
            expect(found[0].remedy).to.match(remedy);
            expect(found[0].isNotice).to.equal(isNotice);
        });
    }

    it("has the limits of the alert rules", () => {
        const expr = (name: string) =>
            alertRules()
                .groups.flatMap(({ rules }) => rules)
                .find(({ alert }) => alert === name)?.expr;
        expect(expr("AirflowSchedulerSilent")).to.match(/> 120$/);
        expect(expr("AirflowDagProcessorSilent")).to.match(/> 300$/);
        expect(expr("AirflowTasksWait")).to.match(/> 900$/);
        expect(expr("AirflowVolumeNearlyFull")).to.match(/< 0\.1$/);
        expect(expr("AirflowVolumeFewFiles")).to.match(/< 0\.05$/);
        expect(expr("AirflowDatabaseConnections")).to.match(/> 0\.8$/);
    });
});

describe("What git-sync says", () => {
    const line = (msg: string, error?: string) => JSON.stringify({ ts: "2026-11-27", msg, error });

    it("is nothing while it reaches its repository, or has reached it again", () => {
        expect(gitSyncFindings("")).to.deep.equal([]);
        expect(gitSyncFindings(line("updated successfully"))).to.deep.equal([]);
        const again = [line("error syncing repo, will retry", "timeout"), line("updated successfully")].join("\n");
        expect(gitSyncFindings(again)).to.deep.equal([]);
    });

    for (const [error, remedy] of [
        ["fatal: Authentication failed for 'https://git.example.org/dags.git'", /another token or key/],
        ["fatal: couldn't find remote ref refs/heads/main", /is there such a branch/],
        ["fatal: unable to access: Could not resolve host: git.example.org", /is its server there/],
    ] as const) {
        it(`is told with what to do: ${error}`, () => {
            const found = gitSyncFindings(
                [line("update required"), line("error syncing repo, will retry", error), "no JSON"].join("\n"),
            );
            expect(found).to.have.lengthOf(1);
            expect(found[0].wrong).to.contain(error.slice(0, 40));
            expect(found[0].remedy).to.match(remedy);
        });
    }
});
