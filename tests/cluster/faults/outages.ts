import { waitFor } from "../../../local/support/deadline";
import { kube } from "../support/kubernetes";
import { explainFaulty, faulty, faultyIsUp, isReady, kill, part, recovery } from "./faultInstallation";
import { outlived, timeIsOver } from "./outlived";

/** How long something is away, in milliseconds: what docs/reliability.md promises that tasks outlive. */
const outage = 120_000;

/** The api-server or the database away for two minutes, while tasks run, end and begin. */
export function outages(): void {
    describe("two minutes without", () => {
        before(faultyIsUp);

        const scaled: Record<string, string> = {
            "api-server": "deployment/airflow-api-server",
            postgres: "statefulset/airflow-postgres",
        };
        for (const [name, workload] of Object.entries(scaled)) {
            it(`${name}: tasks that run, end and begin succeed at their first try, and no other process is restarted`, async () => {
                const scale = (replicas: number) =>
                    kube(["scale", workload, "--namespace", faulty.namespaces.airflow, `--replicas=${replicas}`]);
                await outlived(["scheduler", "triggerer", "dag-processor"].map(part), async () => {
                    const begin = Date.now();
                    await scale(0);
                    await kill(part(name));
                    await timeIsOver(begin, outage);
                    await scale(1);
                    await waitFor(() => isReady(part(name)), { within: recovery, what: name, explain: explainFaulty });
                });
            });
        }
    });
}
