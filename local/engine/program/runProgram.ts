import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { cacheDirectory } from "../../support/paths";
import type { Project } from "../configuration/project";
import type { ConfigValues } from "../configuration/stackFile";
import type { Deployment } from "../deployment/deployment";
import { monitorMethods } from "../protocol/monitor";
import { logMethods, type ProgramMessage } from "../protocol/programLog";

/** What a program is run with. */
export interface ProgramOptions {
    readonly project: Project;
    readonly stack: string;
    readonly config: ConfigValues;
    readonly dryRun: boolean;
    /** Type check; the slow part of a start, so only the first of two passes has it. */
    readonly typeCheck: boolean;
    readonly deployment: Deployment;
    readonly parallel: number;
    readonly log: (message: ProgramMessage) => void;
    /** A line that the program printed. */
    readonly print: (line: string) => void;
}

/** How a program ended. */
export interface ProgramResult {
    /** It ran to its end; what it did not register is not wanted. */
    readonly completed: boolean;
    /** Why not, when nobody has said it yet. */
    readonly problem?: string;
}

/** The SDK's exit code when it has already shown what was wrong. */
const shownFailure = 32;
const messageLimit = 400 * 1024 * 1024;

/** Starts a program that is to register its resources at an address, and tells how it ended. */
export type ProgramLauncher = (options: ProgramOptions, address: string) => Promise<ProgramResult>;

/** Starts the program in a process of its own, as the CLI's Node host does. */
export const launchNode: ProgramLauncher = (options, address) => ended(start(options, address), options);

/** Runs a program with a deployment to register its resources in. */
export async function runProgram(options: ProgramOptions, launch: ProgramLauncher): Promise<ProgramResult> {
    const server = new Server({
        "grpc.max_receive_message_length": messageLimit,
        "grpc.max_send_message_length": messageLimit,
    });
    serve(server, ResourceMonitorService, monitorMethods(options.deployment));
    serve(server, EngineService, logMethods(options.log));
    const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
            error ? reject(error) : resolve(bound),
        ),
    );
    try {
        return await launch(options, `127.0.0.1:${port}`);
    } finally {
        await options.deployment.settle();
        server.forceShutdown();
    }
}

function serve(server: Server, service: unknown, methods: { [method: string]: unknown }): void {
    const definition = service as ServiceDefinition;
    const implementation = Object.fromEntries(
        Object.keys(definition).map((name) => [
            name,
            methods[name] ??
                ((_call: unknown, callback: (error: object) => void) =>
                    callback({ code: status.UNIMPLEMENTED, message: `${name} is not supported by this engine` })),
        ]),
    );
    server.addService(definition, implementation as never);
}

function start(options: ProgramOptions, address: string): ChildProcess {
    const { project, stack, config } = options;
    const secretKeys = Object.keys(config).filter((key) => config[key]?.secret);
    const args = [
        require.resolve("@pulumi/pulumi/cmd/run", { paths: [project.directory] }),
        `--monitor=${address}`,
        `--engine=${address}`,
        "--organization=organization",
        `--project=${project.name}`,
        `--root-directory=${project.directory}`,
        `--stack=${stack}`,
        `--pwd=${project.directory}`,
        `--parallel=${options.parallel}`,
        ...(options.dryRun ? ["--dry-run"] : []),
        project.main,
    ];
    return spawn(process.execPath, args, {
        cwd: project.directory,
        stdio: ["ignore", "pipe", "pipe"],
        // A process group of its own: an interrupt at the terminal is for the engine, which ends the program in order.
        detached: true,
        env: {
            ...process.env,
            // Halves the loading of the libraries, from Node 22 on.
            NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory, "engine", "compiled"),
            PULUMI_CONFIG: JSON.stringify(
                Object.fromEntries(Object.entries(config).map(([key, { text }]) => [key, text])),
            ),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
            PULUMI_NODEJS_TYPESCRIPT: "true",
            PULUMI_NODEJS_TRANSPILE_ONLY: options.typeCheck ? (process.env.PULUMI_NODEJS_TRANSPILE_ONLY ?? "") : "true",
            PULUMI_CONFIG_PASSPHRASE: "",
        },
    });
}

async function ended(child: ChildProcess, options: ProgramOptions): Promise<ProgramResult> {
    for (const stream of [child.stdout, child.stderr]) {
        if (stream) {
            createInterface({ input: stream }).on("line", (line) => options.print(line));
        }
    }
    const watch = setInterval(() => {
        // A program that gets no more answers stands still. What is in flight is recorded before it goes.
        if (options.deployment.stopped) {
            clearInterval(watch);
            void options.deployment.settle().then(() => child.kill("SIGKILL"));
        }
    }, 50);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (exit, killed) => resolve([exit, killed]));
    });
    clearInterval(watch);
    if (code === 0) {
        return { completed: true };
    }
    if (code === shownFailure || options.deployment.stopped) {
        return { completed: false };
    }
    return { completed: false, problem: `the program ended with ${signal ?? `exit code ${code}`}` };
}
