import { expect } from "chai";
import { parse } from "yaml";
import { airflowMetrics } from "../../../components/monitoring/airflowMetrics";
import {
    type MappingRule,
    mappingRule,
    prometheusName,
    prometheusNames,
    statsdMapping,
} from "../../../components/monitoring/statsdMapping";
import { versions } from "../../../components/settings/airflowKubernetesDefaults";
import { registeredMetrics } from "../../../local/development/airflowMetrics";
import { localPython } from "../../../local/development/localPython";
import { requireLocalAirflow } from "../../support/localAirflow";

const { airflow, metrics } = airflowMetrics();
const mapping = parse(statsdMapping()) as { mappings: readonly MappingRule[] };

/** The rule that the exporter takes for what is reported: exact ones before patterns. */
function ruleFor(reported: string, type: string): MappingRule | undefined {
    return mapping.mappings.find(
        ({ match, match_type, match_metric_type }) =>
            match_metric_type === type &&
            (match_type === "regex" ? new RegExp(match).test(reported) : match === reported),
    );
}

describe("the mapping of metrics", () => {
    it("is that of the Airflow which the component runs", () => {
        expect(airflow).to.equal(versions.airflow);
        expect(metrics.length).to.be.greaterThan(100);
    });

    it("has one rule for each metric of Airflow's, and a name of its own for each", () => {
        expect(mapping.mappings).to.have.lengthOf(metrics.length);
        const names = metrics.map(prometheusName);
        expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
        for (const name of prometheusNames()) {
            expect(name).to.match(/^airflow(_[a-z0-9]+)+$/);
        }
    });

    it("knows a metric whatever stands for the part of its name that differs, and takes no other for it", () => {
        for (const metric of metrics) {
            const reported = `airflow.${metric.name.replaceAll(/\{\w+\}/g, "some.thing-2")}`;
            const type = metric.type === "timer" ? "observer" : metric.type;
            expect(ruleFor(reported, type), metric.name).to.deep.equal(mappingRule(metric));
        }
    });

    it("names units as Prometheus does, and labels what a name holds", () => {
        expect(prometheusName({ name: "ti.finish", type: "counter" })).to.equal("airflow_ti_finish_total");
        expect(prometheusName({ name: "pool.open_slots", type: "gauge" })).to.equal("airflow_pool_open_slots");
        expect(prometheusName({ name: "dagrun.dependency-check", type: "timer" })).to.equal(
            "airflow_dagrun_dependency_check_seconds",
        );
        expect(mappingRule({ name: "{job_name}_heartbeat_failure", type: "counter" })).to.deep.equal({
            match: "^airflow\\.(.+)_heartbeat_failure$",
            match_type: "regex",
            match_metric_type: "counter",
            name: "airflow_heartbeat_failure_total",
            labels: { job_name: "$1" },
        });
    });

    it("is what an Airflow on this machine says of its metrics", async function () {
        this.timeout(120_000);
        await requireLocalAirflow(this);
        expect(await registeredMetrics(localPython)).to.deep.equal(airflowMetrics());
    });
});
