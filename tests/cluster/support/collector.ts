import { goTool } from "../../../local/tools/goTools";
import { nodeAddress } from "./kubernetes";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

/** The OpenTelemetry Collector on this machine, at an address that pods reach: that of the node. It prints all that it gets. */
export class Collector {
    private constructor(
        private readonly program: TestProgram,
        /** Addresses by protocol. */
        public readonly endpoints: { readonly http: string; readonly grpc: string },
    ) {}

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
        const endpoints = { http: `http://${http}`, grpc: `http://${grpc}` };
        const program = await TestProgram.started([collector, `--config=yaml:${JSON.stringify(configuration)}`], {
            name: "the collector",
            answers: async () => (await fetch(`${endpoints.http}/v1/metrics`)).status === 405,
            within: 30_000,
        });
        return new Collector(program, endpoints);
    }

    /** What it said last. */
    public readonly explain = (): string => this.program.explain();

    /** Names of the metrics that came. */
    public get metrics(): ReadonlySet<string> {
        return new Set([...this.program.said.matchAll(/^ +-> Name: (\S+)$/gm)].map(([, name]) => name as string));
    }

    /** Names of the spans that came, each with the attributes that were printed after it. */
    public get spans(): readonly { readonly name: string; readonly attributes: string }[] {
        return this.program.said
            .split(/^Span #\d+$/m)
            .slice(1)
            .map((text) => ({ name: /^ +Name +: (.+)$/m.exec(text)?.[1] ?? "", attributes: text }));
    }

    /** Attributes of the data points of a metric, as they were printed. */
    public points(metric: string): readonly string[] {
        return this.program.said.split(/^Metric #\d+$/m).filter((text) => text.includes(`-> Name: ${metric}\n`));
    }

    /** Stops it. */
    public async stop(): Promise<void> {
        await this.program.stop();
    }
}
