import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AirflowMetrics } from "../../components/monitoring/airflowMetrics";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";
import { localPython, type PythonWithAirflow } from "./localPython";

/** The file that they lie in. */
const file = join(repositoryDirectory, "components/monitoring/metricsRegistry.json");

const mark = "METRICS";

/** Asks Airflow's own registry of metrics. */
const program = `
import importlib.metadata, json
from airflow._shared.observability.metrics.metrics_registry import YAML_REGISTRY_PATH, read_metrics_yaml

metrics = [{"name": metric["name"], "type": metric["type"]} for metric in read_metrics_yaml(str(YAML_REGISTRY_PATH))]
print("${mark}" + json.dumps({
    "airflow": importlib.metadata.version("apache-airflow-core"),
    "metrics": sorted(metrics, key=lambda metric: ("{" in metric["name"], metric["name"])),
}))
`;

/** The metrics of an Airflow. Those whose names have a part that differs come last: a rule for them would match others, too. */
export async function registeredMetrics(python: PythonWithAirflow): Promise<AirflowMetrics> {
    const printed = await python(["-c", program]);
    return JSON.parse(printed.slice(printed.lastIndexOf(mark) + mark.length)) as AirflowMetrics;
}

if (require.main === module) {
    main(async () => {
        writeFileSync(file, `${JSON.stringify(await registeredMetrics(localPython), undefined, 4)}\n`);
        return 0;
    });
}
