import { expect } from "chai";
import { OpenTelemetryProtocol } from "../../../components/settings/metricsArgs";
import { waitFor } from "../../../local/support/deadline";
import { Collector } from "../support/collector";
import { Installation, testPrefix } from "../support/installation";
import { TestServers } from "../support/testServers";
import { versionDag } from "./dags";
import { once } from "./once";

const dagId = "told";
const values = { http: OpenTelemetryProtocol.Http, grpc: OpenTelemetryProtocol.Grpc } as const;

describe("OpenTelemetry", () => {
    const on = Installation.modest(`${testPrefix}-telemetry`);
    let collector: Collector | undefined;

    after(async () => {
        await collector?.stop();
        await on.end();
    });

    /** A run that reports by one of the protocols. */
    function reportedBy(protocol: "http" | "grpc") {
        return once(`a run that reports by ${protocol}`, async () => {
            await collector?.stop();
            collector = await Collector.started();
            const made = collector;
            const servers = await TestServers.shared();
            const repository = await servers.repository("telemetry", "https");
            await repository.commit({ "told.py": versionDag(dagId, 1) });
            on.configure({
                dags: { delivery: "gitSync", git: repository.settings, gitSync: { periodSeconds: 5 } },
                ...repository.secrets,
                metrics: {
                    openTelemetry: { endpoint: made.endpoints[protocol], protocol: values[protocol], traces: true },
                },
            });
            await on.up();
            const runId = await on.trigger(dagId);
            const state = await on.runEnds(dagId, runId);
            return { made, state, runId };
        });
    }

    for (const protocol of ["http", "grpc"] as const) {
        const ran = reportedBy(protocol);

        it(`by ${protocol}: the collector gets metrics of the processes and of the task`, async () => {
            const { made, state } = await ran();
            expect(state).to.equal("success");
            const expected = ["airflow.scheduler_heartbeat", "airflow.dag_processor_heartbeat", "airflow.ti.finish"];
            await waitFor(async () => expected.every((name) => made.metrics.has(name)), {
                within: 120_000,
                what: expected.join(", "),
                explain: () => `${[...made.metrics].join(" ")}\n${made.explain()}`,
            });
            const points = made.points("airflow.ti.finish").join("\n");
            expect(points).to.contain(`dag_id: Str(${dagId})`).and.to.contain("state: Str(success)");
        });

        it(`by ${protocol}: and the trace of the run, with that of its task`, async () => {
            const { made, runId } = await ran();
            await waitFor(
                async () =>
                    ["dag_run", "task_run"].every((kind) => made.spans.some(({ name }) => name.startsWith(kind))),
                {
                    within: 120_000,
                    what: "spans of the run and of its task",
                    explain: () => `${made.spans.map(({ name }) => name).join("\n")}\n${made.explain()}`,
                },
            );
            expect(made.spans.filter(({ attributes }) => attributes.includes(runId))).to.not.deep.equal([]);
        });
    }
});
