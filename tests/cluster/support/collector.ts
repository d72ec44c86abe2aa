import { waitFor } from "../../../local/support/deadline";
import { type Companion, lastLines, start } from "../../../local/support/execution";
import { goTool } from "../../../local/tools/goTools";
import { nodeAddress } from "./kubernetes";
import { freePort } from "./ports";
import { remember } from "./processes";

/** The OpenTelemetry Collector on this machine, at an address that pods reach: that of the node. It prints all that it gets. */
export class Collector {
    private said = "";

    private constructor(
        private readonly program: Companion,
        /** Addresses by protocol. */
        public readonly endpoints: { readonly http: string; readonly grpc: string },
    ) {
        for (const stream of [program.stdout, program.stderr]) {
            stream.on("data", (chunk: Buffer) => {
                this.said += chunk.toString();
            });
        }
    }

    /** Builds it if need be, starts it, and comes back when it answers. */
    public static async started(): Promise<Collector> {
        const collector = await goTool("collector");
        const address = await nodeAddress();
        const [http, grpc] = [`${address}:${await freePort()}`, `${address}:${await freePort()}`];
        const pipeline = { receivers: ["otlp"], exporters: ["debug"] };
        const configuration = {
            receivers: { otlp: { protocols: { http: { endpoint: http }, grpc: { endpoint: grpc } } } },
            exporters: { debug: { verbosity: "detailed" } },
            service: { pipelines: { metrics: pipeline, traces: pipeline }, telemetry: { metrics: { level: "none" } } },
        };
        // JSON is YAML.
        const program = await start([collector, `--config=yaml:${JSON.stringify(configuration)}`]);
        remember(program.pid);
        const made = new Collector(program, { http: `http://${http}`, grpc: `http://${grpc}` });
        await waitFor(async () => (await fetch(`${made.endpoints.http}/v1/metrics`)).status === 405, {
            within: 30_000,
            what: "the collector to answer",
            explain: made.explain,
        });
        return made;
    }

    /** What it said last. */
    public readonly explain = (): string => `--- the collector ---\n${lastLines(this.said, 100)}`;

    /** Names of the metrics that came. */
    public get metrics(): ReadonlySet<string> {
        return new Set([...this.said.matchAll(/^ +-> Name: (\S+)$/gm)].map(([, name]) => name as string));
    }

    /** Names of the spans that came, each with the attributes that were printed after it. */
    public get spans(): readonly { readonly name: string; readonly attributes: string }[] {
        return this.said
            .split(/^Span #\d+$/m)
            .slice(1)
            .map((text) => ({ name: /^ +Name +: (.+)$/m.exec(text)?.[1] ?? "", attributes: text }));
    }

    /** Attributes of the data points of a metric, as they were printed. */
    public points(metric: string): readonly string[] {
        return this.said.split(/^Metric #\d+$/m).filter((text) => text.includes(`-> Name: ${metric}\n`));
    }

    /** Stops it. */
    public async stop(): Promise<void> {
        await this.program.stop();
    }
}
