import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryDirectory } from "../../../local/support/paths";
import { goTool } from "../../../local/tools/goTools";
import { cluster } from "./kubernetes";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

/** A number of Prometheus's, with its labels. */
export interface Result {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
}

/** An alert that is pending or firing. */
export interface Alert {
    readonly state: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
}

/** Where to look: pods with the annotations that a Prometheus without the operator is often told to look for. */
function configuration(namespaces: readonly string[], seconds: number): unknown {
    const source = (label: string) => `__meta_kubernetes_pod_${label}`;
    return {
        global: { scrape_interval: `${seconds}s`, evaluation_interval: `${seconds}s` },
        rule_files: ["alerts.yaml"],
        scrape_configs: [
            {
                job_name: "pods",
                kubernetes_sd_configs: [
                    { role: "pod", kubeconfig_file: cluster.kubeconfig, namespaces: { names: namespaces } },
                ],
                relabel_configs: [
                    {
                        source_labels: [source("annotation_prometheus_io_scrape")],
                        action: "keep",
                        regex: "true",
                    },
                    {
                        source_labels: [source("ip"), source("annotation_prometheus_io_port")],
                        separator: ":",
                        target_label: "__address__",
                    },
                    { source_labels: [source("annotation_prometheus_io_path")], target_label: "__metrics_path__" },
                    { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
                    { source_labels: [source("name")], target_label: "pod" },
                ],
            },
        ],
    };
}

/** A Prometheus on this machine, which is the cluster's node, with the repository's alert rules. */
export class Prometheus {
    private constructor(
        private readonly url: string,
        private readonly program: TestProgram,
        private readonly folder: string,
    ) {}

    /** Builds it if need be, starts it, and comes back when it answers. */
    public static async started(namespaces: readonly string[], seconds = 5): Promise<Prometheus> {
        const prometheus = await goTool("prometheus");
        const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-prometheus-"));
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        copyFileSync(join(repositoryDirectory, "components/monitoring/alerts.yaml"), join(folder, "alerts.yaml"));
        // JSON is YAML.
        writeFileSync(join(folder, "prometheus.yaml"), JSON.stringify(configuration(namespaces, seconds)));
        const program = await TestProgram.started(
            [
                prometheus,
                `--config.file=${join(folder, "prometheus.yaml")}`,
                `--storage.tsdb.path=${join(folder, "data")}`,
                `--web.listen-address=127.0.0.1:${port}`,
            ],
            { name: "Prometheus", answers: async () => (await fetch(`${url}/-/ready`)).ok, within: 60_000 },
            { cwd: folder },
        );
        return new Prometheus(url, program, folder);
    }

    /** What it said last, and what it looks at. */
    public readonly explain = async (): Promise<string> => {
        const targets = await this.get("targets?state=active").catch(String);
        return `${this.program.explain()}\n--- its targets ---\n${JSON.stringify(targets).slice(0, 4_000)}`;
    };

    /** The results of a query. */
    public async query(expr: string): Promise<Result[]> {
        const { result } = (await this.get(`query?query=${encodeURIComponent(expr)}`)) as {
            result: readonly { metric: Record<string, string>; value: readonly [number, string] }[];
        };
        return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    }

    /** Alerts that are pending or firing. */
    public async alerts(): Promise<readonly Alert[]> {
        return ((await this.get("alerts")) as { alerts: readonly Alert[] }).alerts;
    }

    /** How many targets answer. */
    public async answering(): Promise<number> {
        return (await this.query("up == 1")).length;
    }

    /** Stops it, and leaves nothing. */
    public async stop(): Promise<void> {
        await this.program.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    private async get(path: string): Promise<unknown> {
        const answer = await fetch(`${this.url}/api/v1/${path}`);
        const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string };
        if (status !== "success") {
            throw new Error(`Prometheus: ${error}`);
        }
        return data;
    }
}
