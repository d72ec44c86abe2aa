import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { CommandOptions } from "../../../../local/engine/commands/commandOptions";
import { destroy } from "../../../../local/engine/commands/destroy";
import { refresh } from "../../../../local/engine/commands/refresh";
import { stackExport, stackOutput } from "../../../../local/engine/commands/stack";
import { preview, up } from "../../../../local/engine/commands/update";
import { SecretCipher } from "../../../../local/engine/configuration/secretCipher";
import type { ProgramLauncher, ProgramOptions, ProgramResult } from "../../../../local/engine/program/runProgram";
import type { ResourceState } from "../../../../local/engine/state/resourceState";
import { emptyState, StackStore, stateFile } from "../../../../local/engine/state/stackStore";
import { FakeCluster } from "./fakeCluster";

/** A program as a function, run inside of the test's process with the real SDK. */
export type TestProgram = () => unknown;

/** What a command did. */
export interface TestRun {
    readonly code: number;
    readonly output: string;
    /** The last line. */
    readonly summary: string;
}

/** The SDK keeps its settings in a store for each program; this is what its own inline programs use. */
const sdk = require("@pulumi/pulumi/runtime/state") as {
    withLocalStorage<T>(work: () => T): T;
};
let sharedSalt: Promise<string> | undefined;
const passphrase = "correct horse battery staple";

/** A stack with a program, a state folder and a fake cluster of its own, for one test. */
export class TestStack {
    public readonly directory: string;
    private readonly kubeconfigBefore = process.env.KUBECONFIG;
    private readonly passphraseBefore = process.env.PULUMI_CONFIG_PASSPHRASE;

    private constructor(public readonly cluster: FakeCluster) {
        this.directory = mkdtempSync(join(tmpdir(), "engine-test-"));
        this.write("Pulumi.yaml", "name: demo\nruntime: nodejs\n");
        this.write("kubeconfig", cluster.kubeconfig);
        process.env.KUBECONFIG = join(this.directory, "kubeconfig");
        process.env.PULUMI_CONFIG_PASSPHRASE = passphrase;
    }

    public static async start(): Promise<TestStack> {
        const stack = new TestStack(await FakeCluster.start());
        // A salt of its own for each stack would cost each test the time that deriving a key takes.
        sharedSalt ??= SecretCipher.create(passphrase).then(({ salt }) => salt);
        const file = stateFile(stack.stateDirectory, "demo", "test");
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, JSON.stringify(emptyState("demo", "test", await sharedSalt)), { mode: 0o600 });
        return stack;
    }

    public stop(): void {
        this.cluster.stop();
        rmSync(this.directory, { recursive: true, force: true });
        restore("KUBECONFIG", this.kubeconfigBefore);
        restore("PULUMI_CONFIG_PASSPHRASE", this.passphraseBefore);
    }

    /** Writes a file beside the stack's Pulumi.yaml. */
    public write(name: string, content: string): void {
        writeFileSync(join(this.directory, name), content);
    }

    /** Makes the stack what the program says, in one pass unless `planned`. */
    public up(program: TestProgram, options: Partial<CommandOptions> = {}, signal = never()): Promise<TestRun> {
        return this.run(up, program, { skipPreview: true, ...options }, signal);
    }

    public preview(program: TestProgram, options: Partial<CommandOptions> = {}): Promise<TestRun> {
        return this.run(preview, program, options, never());
    }

    public refresh(options: Partial<CommandOptions> = {}): Promise<TestRun> {
        return this.run(refresh, nothing, options, never());
    }

    /** What `stack output` or `stack export` prints. */
    public async printed(
        command: "output" | "export",
        flags: { json?: boolean; showSecrets?: boolean } = {},
    ): Promise<string> {
        const lines: string[] = [];
        const options = { ...this.options(nothing), json: true, showSecrets: false, ...flags };
        const print = (line: string): void => void lines.push(line);
        await (command === "output" ? stackOutput(options, undefined, print) : stackExport(options, print));
        return lines.join("\n");
    }

    public destroy(options: Partial<CommandOptions> = {}, signal = never()): Promise<TestRun> {
        return this.run(destroy, nothing, { skipPreview: true, ...options }, signal);
    }

    /** The state as a next run finds it. */
    public async resources(): Promise<readonly ResourceState[]> {
        return (await this.store()).state.resources.filter((resource) => resource.custom);
    }

    /** The state of the resource with a logical name. */
    public async resource(name: string): Promise<ResourceState | undefined> {
        return (await this.resources()).find((resource) => resource.urn.endsWith(`::${name}`));
    }

    public store(): Promise<StackStore> {
        return StackStore.open(this.stateDirectory, "demo", "test", () => passphrase);
    }

    public get stateDirectory(): string {
        return join(this.directory, "state");
    }

    private async run(
        command: (options: CommandOptions, print: (line: string) => void, signal: AbortSignal) => Promise<number>,
        program: TestProgram,
        options: Partial<CommandOptions>,
        signal: AbortSignal,
    ): Promise<TestRun> {
        const lines: string[] = [];
        const code = await command({ ...this.options(program), ...options }, (line) => void lines.push(line), signal);
        return { code, output: lines.join("\n"), summary: lines.at(-1) ?? "" };
    }

    private options(program: TestProgram): CommandOptions {
        return {
            stateDirectory: this.stateDirectory,
            launch: inline(program),
            cwd: this.directory,
            stack: "test",
            yes: true,
            skipPreview: false,
            expectNoChanges: false,
            nonInteractive: true,
            parallel: 16,
        };
    }
}

/** Runs a program in this process; a process of its own for each would take seconds. */
function inline(program: TestProgram): ProgramLauncher {
    return (options, address) =>
        sdk.withLocalStorage(async (): Promise<ProgramResult> => {
            // What a program exports are the stack's outputs.
            const { project, stack, parallel, dryRun, config } = options;
            pulumi.runtime.resetOptions(project.name, stack, parallel, address, address, dryRun, "organization");
            pulumi.runtime.setAllConfig(
                Object.fromEntries(Object.entries(config).map(([key, { text }]) => [key, text])),
                Object.keys(config).filter((key) => config[key]?.secret),
            );
            const failures = new Set<unknown>();
            const restoreListeners = catchRejections(failures);
            try {
                const finished = pulumi.runtime
                    .runInPulumiStack(async () => program())
                    .then(() => pulumi.runtime.disconnect());
                finished.catch(() => undefined);
                await Promise.race([finished, stopped(options.deployment)]);
            } catch (error) {
                failures.add(error);
            } finally {
                await new Promise((resolve) => setImmediate(resolve));
                restoreListeners();
            }
            const shown = [...failures].filter((error) => (error as { code?: number }).code !== 14);
            shown.forEach((error) => void options.log({ severity: "error", text: (error as Error).message, urn: "" }));
            return { completed: failures.size === 0 && !options.deployment.stopped };
        });
}

/** A process of its own would end when its requests are refused; here the program just stands still. */
async function stopped(deployment: ProgramOptions["deployment"]): Promise<void> {
    while (!deployment.stopped) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await deployment.settle();
}

function catchRejections(failures: Set<unknown>): () => void {
    const before = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (error) => void failures.add(error));
    return () => {
        process.removeAllListeners("unhandledRejection");
        before.forEach((listener) => void process.on("unhandledRejection", listener));
    };
}

function restore(name: string, value: string | undefined): void {
    if (value === undefined) {
        delete process.env[name];
    } else {
        process.env[name] = value;
    }
}

function never(): AbortSignal {
    return new AbortController().signal;
}

function nothing(): void {}
