import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Backend, findBackend, isService, sayBackend } from "../pulumi/backend";
import { chooseEngine, type Engine, probesOf, type StartedEngine, sayEngine, startEngine } from "../pulumi/engine";
import { removeBrokenAttributes } from "../pulumi/fileAttributes";
import { runQuietly, type Told } from "../pulumi/operation";
import type { Override } from "../pulumi/overrides";
import { ProjectFolder } from "../pulumi/projectFolder";
import { overrideStackFile, projectName, stackNamespaces } from "../pulumi/stackFile";
import { describeLock, readStackLocks, type StackLocks } from "../pulumi/stackLocks";
import {
    hasPendingOperations,
    hasVolumesOfBefore,
    identify,
    objectsOf,
    parseHistory,
    parseState,
    resourcesOf,
    type StackState,
    type StateResource,
    unrecordedCreations,
    withoutPendingOperations,
} from "../pulumi/stackState";
import { hasPassedTypeCheck, rememberTypeCheck, withoutTypeCheck } from "../pulumi/typeCheckMemory";
import { waitFor } from "../support/deadline";
import { listed, UserError } from "../support/errors";
import { output, run } from "../support/execution";
import { stateDirectory } from "../support/paths";
import { say } from "../support/progress";
import { keptPassword } from "./keptPassword";
import { hasUnknown, removeUnknown, removeUnrecorded } from "./lostObjects";
import { localNfsSettings } from "./nfsServerSettings";
import { type Options, readOptions, stackFileText } from "./options";
import { type Cluster, chooseCluster, clusterEnvironment, clusterOverrides, sayCluster } from "./targetCluster";

/** What the program hands back; see index.ts. */
export interface StackOutputs {
    readonly url: string;
    /** What the cluster says of an Ingress or a load balancer; empty, or missing in a stack of before, where it says nothing. */
    readonly publicAddress?: string;
    /** Empty where there is no first user. */
    readonly adminUser: string;
    readonly adminPassword: string;
    /** Whether the password lies in a Secret of somebody else's, and not in the stack. */
    readonly isPasswordKept?: boolean;
    readonly namespaces: { readonly airflow: string; readonly workers: string; readonly storage?: string };
    readonly openUi: string;
    readonly retained: readonly {
        readonly data: string;
        readonly place?: string;
        readonly namespace?: string;
        readonly claim?: string;
        readonly reuseWith?: string;
    }[];
}

/** Who can log in, as commands print it. */
export function loginLines({ adminUser }: StackOutputs, password: string): string[] {
    return adminUser === ""
        ? ["  User      whom auth in the stack lets in"]
        : [`  User      ${adminUser}`, `  Password  ${password}`];
}

/** How a session is opened. */
export interface SessionOptions {
    /** Nothing is said of what was picked. */
    readonly quiet?: boolean;
    /** Settings and surroundings; the process's own by default. */
    readonly env?: NodeJS.ProcessEnv;
    /** Settings of the stack file that win over all others. */
    readonly overrides?: readonly Override[];
    /** The stack is written to files, for whatever cluster: nothing of this one is put into its settings, and nothing there is changed. */
    readonly forFiles?: boolean;
}

/** How an `up` goes on. */
export interface UpOptions {
    /** Flags of `pulumi up`, besides those that the session knows itself. */
    readonly flags?: readonly string[];
    /** What is told at the end, where nobody watches; the result by default. */
    readonly tell?: Told;
}

/** The CLI that a session has started, and where it works. */
export interface Started {
    readonly engine: StartedEngine;
    readonly backend: Backend;
    readonly folder: ProjectFolder;
    /** In which the CLI finds backend, passphrase, cluster and its plugins. */
    readonly env: NodeJS.ProcessEnv;
}

/**
 * The provider's setting that makes it take over an object that exists, in place of failing. A run that was killed or interrupted
 * leaves objects that no state knows; any other time, an object that exists is somebody else's.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/
 */
const takeOver: Override = { key: "kubernetes:upsertExistingObjects", path: [], value: true };

/** One run of a command: its options, the cluster and the Pulumi CLI that it picked. */
export class Session {
    private started: Promise<Started> | undefined;
    /** Whether the run before this one was killed, as far as a lock tells. */
    private wasKilled = false;
    /** Whether the last update of the stack did not come to its end. */
    private wasCutOff = false;

    private constructor(
        public readonly options: Options,
        public readonly cluster: Cluster,
        public readonly engine: Engine,
        private readonly env: NodeJS.ProcessEnv,
        private readonly quiet: boolean,
        private readonly forFiles: boolean,
        private settings: string,
    ) {}

    /** The stack file of this run, overrides included. */
    public get stackFileText(): string {
        return this.settings;
    }

    /** Adds settings of this run that were found out only now; before {@link start}. */
    public add(overrides: readonly Override[]): void {
        this.settings = withOverrides(this.settings, overrides);
    }

    /** Reads the options, checks them against the stack file, and picks cluster and CLI; says so unless `quiet`. */
    public static async open({
        quiet = false,
        env = process.env,
        overrides = [],
        forFiles = false,
    }: SessionOptions = {}): Promise<Session> {
        const options = readOptions(env);
        const cluster = chooseCluster(options.cluster, env);
        const settings = [...clusterOverrides(cluster), ...options.overrides, ...overrides];
        const asked = withOverrides(stackFileText(options), settings);
        const stackFile = forFiles ? asked : withOverrides(asked, await localNfsSettings(cluster, asked));
        const engine = await chooseEngine(options.engine, probesOf(env));
        if (!quiet) {
            sayCluster(cluster);
            sayEngine(engine);
        }
        return new Session(options, cluster, engine, clusterEnvironment(cluster, env), quiet, forFiles, stackFile);
    }

    /** Starts the CLI, which may have to be built first; once a session. */
    public start(): Promise<Started> {
        this.started ??= this.startOnce();
        return this.started;
    }

    /** Stack files of the project folder beside that of this run's stack; the folder of `make shell` has all. */
    public async addStackFile(stack: string, text: string): Promise<void> {
        const { folder } = await this.start();
        folder.writeStackFile(stack, withOverrides(text, clusterOverrides(this.cluster)));
    }

    /**
     * Makes sure that the stack exists and that nobody else changes it, and reads its state, secrets left encrypted. A stack
     * that a killed run has left locked is unlocked.
     */
    public async take(): Promise<StackState> {
        const { held, abandoned } = await this.settledLocks();
        if (held.length > 0) {
            throw new UserError(
                `Stack ${this.options.stack} is being changed by ${held.map(describeLock).join(" and by ")}. ` +
                    "Wait for its end, then run this again. Nothing was changed.",
            );
        }
        if (abandoned.length > 0) {
            say("The last run was killed and left the stack locked; it is unlocked.");
            await this.read(["cancel", "--yes"]);
            this.wasKilled = true;
        }
        const exported = await this.readIfThere(["stack", "export"]);
        if (exported === undefined) {
            await this.pulumi(["stack", "init", this.options.stack, "--no-select", "--non-interactive"]);
        } else {
            const [last] = parseHistory(await this.read(["stack", "history", "--json", "--page-size", "1"]));
            this.wasCutOff = last !== undefined && last.result !== "succeeded";
        }
        return parseState(exported ?? "");
    }

    /** Shows what `up` would do. */
    public async preview(): Promise<number> {
        return await this.operate(["preview"]);
    }

    /**
     * Brings what is deployed to what the stack says.
     *
     * @param state What {@link take} has read.
     */
    public async up(state: StackState, { flags = [], tell }: UpOptions = {}): Promise<number> {
        if (this.forFiles) {
            return await this.write(state, flags, tell);
        }
        const unrecorded = unrecordedCreations(state).length;
        if (unrecorded > 0) {
            say("The last run was killed while it made objects; those that exist are taken over.");
        }
        // What a killed run has removed may still be recorded, and what an interrupted one has changed is not: the provider of
        // Kubernetes records no update that was cancelled.
        const isAfterCut = this.wasKilled || this.wasCutOff || hasPendingOperations(state);
        const refresh = isAfterCut ? ["--refresh"] : [];
        const takesOver =
            unrecorded > 0 ||
            hasVolumesOfBefore(state) ||
            (isAfterCut && (await hasUnknown(this.cluster, state, stackNamespaces(this.settings))));
        const code = await this.operate(["up", ...this.agreed, ...new Set([...flags, ...refresh])], {
            overrides: takesOver ? [takeOver] : [],
            tell,
        });
        if (code === 0 && unrecorded > 0) {
            await this.settle(unrecordedCreations(state));
        }
        if (code === 0 && isAfterCut) {
            await removeUnknown(this.cluster, await this.state());
        }
        return code;
    }

    /** Removes what the stack has made. */
    public async destroy(flags: readonly string[] = []): Promise<number> {
        return await this.operate(["destroy", ...this.agreed, ...flags]);
    }

    /** Runs a command of the CLI that changes nothing in a cluster, with `input` as its standard input; returns what it printed. */
    public async read(args: readonly string[], input?: string): Promise<string> {
        return await this.pulumi([...args, "--stack", this.options.stack], input);
    }

    /** The stack's outputs, secrets included; undefined when nothing is deployed. */
    public async outputs(): Promise<StackOutputs | undefined> {
        const outputs = JSON.parse((await this.readIfThere(["stack", "output", "--json", "--show-secrets"])) ?? "{}");
        return isDeployed(outputs) ? outputs : undefined;
    }

    /** Whether the stack has ever been made. */
    public async exists(): Promise<boolean> {
        return (await this.readIfThere(["stack", "export"])) !== undefined;
    }

    /** Secret settings of the stack file in plain text, where only the stack's own backend can decrypt them. */
    public async plainSecrets(): Promise<readonly Override[]> {
        const { backend } = await this.start();
        const read = ["config", "--json", "--show-secrets"];
        const config = isService(backend) ? ((await this.readIfThere(read)) ?? "{}") : "{}";
        const values = Object.entries(JSON.parse(config) as Record<string, { value?: string; secret?: boolean }>);
        return values
            .filter(([, { secret }]) => secret === true)
            .map(([key, { value }]): Override => ({ key, path: [], value }));
    }

    /** The stack's state; secrets in it are in plain text only when asked for. Empty without a stack. */
    public async state({ showSecrets = false } = {}): Promise<StackState> {
        const secrets = showSecrets ? ["--show-secrets"] : [];
        return parseState((await this.readIfThere(["stack", "export", ...secrets])) ?? "");
    }

    /** Puts a state in place of the stack's own. */
    public async replaceState(state: StackState): Promise<void> {
        await this.read(["stack", "import", "--force", "--non-interactive"], JSON.stringify(state));
    }

    /** The stack's outputs, or an error that says what to do first. */
    public async requireOutputs(): Promise<StackOutputs> {
        const outputs = await this.outputs();
        if (outputs === undefined) {
            throw new UserError(`Stack ${this.options.stack} is not deployed (or not to its end). Run: make up`);
        }
        if (outputs.adminPassword !== "" || outputs.adminUser === "") {
            return outputs;
        }
        const { airflow } = outputs.namespaces;
        const adminPassword = await keptPassword(this.cluster, airflow, this.stackFileText);
        return { ...outputs, adminPassword, isPasswordKept: true };
    }

    /** Flags by which the CLI goes ahead without asking: on a cluster of this machine, or with YES=1. */
    private get agreed(): readonly string[] {
        // On a cluster of this machine a plan to agree to only costs time: make preview shows it without touching anything.
        const unasked = this.cluster.kind === "context" ? [] : ["--skip-preview"];
        return this.cluster.kind !== "context" || this.options.yes ? ["--yes", ...unasked] : [];
    }

    private async startOnce(): Promise<Started> {
        const engine = await startEngine(this.engine, probesOf(this.env).installed());
        const backend = await findBackend(engine, this.env);
        removeBrokenAttributes(backend.url);
        if (!this.quiet) {
            sayBackend(backend);
        }
        const folder = ProjectFolder.make({
            stackFiles: { [this.options.stack]: this.stackFileText },
            plugins: engine.plugins,
        });
        return { engine, backend, folder, env: { ...this.env, ...engine.env, ...backend.env } };
    }

    private async operate(
        args: readonly string[],
        { overrides = [], tell = "result" }: { overrides?: readonly Override[]; tell?: Told } = {},
    ): Promise<number> {
        const { engine, folder, env } = await this.start();
        folder.writeStackFile(this.options.stack, withOverrides(folder.readStackFile(this.options.stack), overrides));
        const checked = hasPassedTypeCheck();
        const surroundings = { env: checked ? { ...env, ...withoutTypeCheck } : env, cwd: folder.path };
        const command = [engine.program, ...args, "--stack", this.options.stack];
        const watched = process.stdin.isTTY && process.stdout.isTTY;
        const code = await (watched
            ? run(command, surroundings)
            : this.options.verbose || args[0] === "preview"
              ? run([...command, "--non-interactive"], surroundings)
              : runQuietly(command, { ...surroundings, tell }));
        if (code === 0 && !checked && args[0] !== "destroy") {
            rememberTypeCheck();
        }
        return code;
    }

    /** The stack's locks. A run that was just killed needs a moment to end. */
    private async settledLocks(): Promise<StackLocks> {
        const { backend } = await this.start();
        const read = () => readStackLocks(backend.url, projectName, this.options.stack);
        const settled = async () => read().held.length === 0;
        await waitFor(settled, { within: 2_000, every: 200, what: "the end of another run" }).catch(() => undefined);
        return read();
    }

    /** Writes the stack to files. What a run of before had begun is on no cluster, so nothing there is its own to remove or take over. */
    private async write(state: StackState, flags: readonly string[], tell?: Told): Promise<number> {
        if (hasPendingOperations(state)) {
            await this.replaceState(withoutPendingOperations(state));
        }
        return await this.operate(["up", ...this.agreed, ...flags], { tell });
    }

    /**
     * Takes out the records of creations, which the run that has just ended has made good. Objects that have got another name in
     * it are left over from the killed one, and are removed.
     */
    private async settle(creations: readonly StateResource[]): Promise<void> {
        const state = await this.state();
        const recorded = new Set(objectsOf(resourcesOf(state)).map(identify));
        const leftOver = creations.filter(
            (creation) =>
                !objectsOf([creation])
                    .map(identify)
                    .every((id) => recorded.has(id)),
        );
        await removeUnrecorded(this.cluster, leftOver);
        await this.replaceState(withoutPendingOperations(state));
    }

    private async readIfThere(args: readonly string[]): Promise<string | undefined> {
        if (this.engine.kind === "built" && !this.env.PULUMI_BACKEND_URL && !existsSync(ownStacks)) {
            // Nothing was ever deployed from here, so nothing has to be built to tell.
            return undefined;
        }
        try {
            return await this.read(args);
        } catch (error) {
            if (error instanceof UserError && /no stack (named|called)/i.test(error.message)) {
                return undefined;
            }
            throw error;
        }
    }

    private async pulumi(args: readonly string[], input?: string): Promise<string> {
        const { engine, folder, env } = await this.start();
        return await output([engine.program, ...args], { env, cwd: folder.path, input });
    }
}

const ownStacks = join(stateDirectory, "pulumi", ".pulumi", "stacks");

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

function isDeployed(outputs: unknown): outputs is StackOutputs {
    return typeof outputs === "object" && outputs !== null && "adminPassword" in outputs && "namespaces" in outputs;
}
