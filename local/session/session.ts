import { chooseEngine, type Engine, engineEnvironment, sayEngine, selectStack } from "../pulumi/engine";
import type { Override } from "../pulumi/overrides";
import { overrideStackFile, withTemporaryStackFile } from "../pulumi/stackFile";
import { listed, UserError } from "../support/errors";
import { output, run } from "../support/execution";
import { repositoryDirectory } from "../support/paths";
import { type Options, readOptions, stackFileText } from "./options";
import { type Cluster, chooseCluster, clusterEnvironment, clusterOverrides, sayCluster } from "./targetCluster";

/** What the program hands back; see index.ts. */
export interface StackOutputs {
    readonly url: string;
    readonly adminUser: string;
    readonly adminPassword: string;
    readonly namespaces: { readonly airflow: string; readonly workers: string; readonly storage: string };
    readonly openUi: string;
    readonly retained: readonly {
        readonly data: string;
        readonly place?: string;
        readonly namespace?: string;
        readonly claim?: string;
    }[];
}

/** One run of a command: its options, the cluster and the engine that it picked. */
export class Session {
    private constructor(
        public readonly options: Options,
        public readonly cluster: Cluster,
        public readonly engine: Engine,
        private readonly env: NodeJS.ProcessEnv,
        /** The stack file of this run, overrides included. */
        public readonly stackFileText: string,
    ) {}

    /** Reads the options, checks them against the stack file, and picks cluster and engine; says so unless `quiet`. */
    public static async open({ quiet = false } = {}): Promise<Session> {
        const options = readOptions();
        const cluster = chooseCluster(options.cluster);
        const stackFile = withOverrides(stackFileText(options), [...clusterOverrides(cluster), ...options.overrides]);
        const engine = await chooseEngine(options.engine);
        if (!quiet) {
            sayCluster(cluster);
            sayEngine(engine);
        }
        const env = await engineEnvironment(engine, clusterEnvironment(cluster));
        return new Session(options, cluster, engine, env, stackFile);
    }

    /** Makes sure that the engine knows the stack. */
    public async select(): Promise<void> {
        await selectStack(this.engine, this.options.stack, this.env);
    }

    /** Runs an operation of the engine (preview, up, destroy, render) on our terminal; returns its exit code. */
    public async operate(args: readonly string[], extra: readonly Override[] = []): Promise<number> {
        const text = withOverrides(this.stackFileText, extra);
        return await withTemporaryStackFile(this.options.stack, text, (path) =>
            run([...this.engine.command, ...args, "--stack", this.options.stack, "--config-file", path, ...quietly()], {
                env: this.env,
                cwd: repositoryDirectory,
            }),
        );
    }

    /** Runs a command of the engine that touches no cluster, with `input` as its standard input; returns what it printed. */
    public async read(args: readonly string[], input?: string): Promise<string> {
        return await output([...this.engine.command, ...args, "--stack", this.options.stack], {
            env: this.env,
            cwd: repositoryDirectory,
            input,
        });
    }

    /** The stack's outputs, secrets included; undefined when nothing is deployed. */
    public async outputs(): Promise<StackOutputs | undefined> {
        const outputs = JSON.parse((await this.readIfThere(["stack", "output", "--json", "--show-secrets"])) ?? "{}");
        return isDeployed(outputs) ? outputs : undefined;
    }

    /** What the engine remembers of the stack, secrets in plain text; an empty text without a stack. */
    public async exported(): Promise<string> {
        return (await this.readIfThere(["stack", "export", "--show-secrets"])) ?? "{}";
    }

    /** The stack's outputs, or an error that says what to do first. */
    public async requireOutputs(): Promise<StackOutputs> {
        const outputs = await this.outputs();
        if (outputs === undefined) {
            throw new UserError(`Stack ${this.options.stack} is not deployed (or not to its end). Run: make up`);
        }
        return outputs;
    }

    /** Whether the engine may go ahead without asking: on a cluster of this machine, or with YES=1. */
    public get agreed(): readonly string[] {
        return this.cluster.kind !== "context" || this.options.yes ? ["--yes"] : [];
    }

    private async readIfThere(args: readonly string[]): Promise<string | undefined> {
        try {
            return await this.read(args);
        } catch (error) {
            if (error instanceof UserError && /no stack (named|called)/i.test(error.message)) {
                return undefined;
            }
            throw error;
        }
    }
}

function withOverrides(text: string, overrides: readonly Override[]): string {
    const changed = overrideStackFile(text, overrides);
    if (changed.faults.length > 0) {
        throw new UserError(
            listed(
                "These settings cannot be used:",
                changed.faults.map((fault) => `CONFIG: ${fault}`),
            ),
        );
    }
    return changed.text;
}

function quietly(): readonly string[] {
    return process.stdin.isTTY && process.stdout.isTTY ? [] : ["--non-interactive"];
}

function isDeployed(outputs: unknown): outputs is StackOutputs {
    return typeof outputs === "object" && outputs !== null && "adminPassword" in outputs && "namespaces" in outputs;
}
