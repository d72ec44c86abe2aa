import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { attempt, type Recording } from "./mocks";

/** The folder that holds the program. */
export const root = join(__dirname, "../..");

/** Name of the project, which keys of a stack begin with. */
export const project = "airflow-kubernetes";

/** Values by key, as in a stack file without the project's name. */
export type StackValues = Record<string, unknown>;

/** A key as Pulumi.yaml declares it. */
export interface DeclaredKey {
    readonly type: string;
    readonly description?: string;
    readonly default?: unknown;
    readonly secret?: boolean;
}

/** What a run of the program gave. */
export interface ProgramRun extends Recording {
    /** Stack outputs. */
    readonly outputs: Record<string, pulumi.Output<unknown>>;
}

/** The keys that Pulumi.yaml declares. */
export function declaredKeys(): Record<string, DeclaredKey> {
    return (parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { config: Record<string, DeclaredKey> }).config;
}

/** The values of a stack file, with their full keys. */
export function stackFile(stack: string): StackValues {
    const text = readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
    return (parse(text) as { config: StackValues }).config;
}

/** The values of a stack file that are this project's. */
export function stackValues(stack: string): StackValues {
    return Object.fromEntries(
        Object.entries(stackFile(stack))
            .filter(([key]) => key.startsWith(`${project}:`))
            .map(([key, value]) => [key.slice(project.length + 1), value]),
    );
}

/** The values of the stack hosted, with what its file leaves to its user. */
export function hostedValues(): StackValues {
    const { dags, storage, ...values } = stackValues("hosted") as {
        dags: { git: object };
        storage: { nfsServer: object };
    };
    const git = { ...dags.git, repository: "https://git.example.org/dags.git" };
    const image = "registry.example.org/nfs-ganesha:4.3";
    const nfsServer = { ...storage.nfsServer, image, clients: ["10.0.0.0/24"] };
    return { ...values, dags: { ...dags, git }, storage: { ...storage, nfsServer } };
}

/** Keys with their values as the CLI hands them to a program: a declared default is used only for a key that is not set. */
export function withDeclaredDefaults(values: StackValues): Record<string, string> {
    const defaults = Object.fromEntries(
        Object.entries(declaredKeys()).map(([key, declared]) => [key, declared.default]),
    );
    return Object.fromEntries(
        Object.entries({ ...defaults, ...values })
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
}

/** Runs index.ts, which reads the stack's values and registers all, as the CLI would. */
export async function runProgram(
    values: StackValues,
    {
        preview = false,
        stack = "minikube",
        secretKeys = ["fernetKey", "databasePassword", "adminPassword"],
        kubernetes = { context: "minikube" } as Record<string, string>,
    } = {},
): Promise<ProgramRun> {
    const config = Object.fromEntries(Object.entries(kubernetes).map(([key, value]) => [`kubernetes:${key}`, value]));
    const own = Object.entries(withDeclaredDefaults(values)).map(([key, value]) => [`${project}:${key}`, value]);
    pulumi.runtime.setAllConfig(
        { ...config, ...Object.fromEntries(own) },
        secretKeys.map((key) => `${project}:${key}`),
    );
    const path = require.resolve("../../index");
    // Each run begins anew: the program acts when it is loaded.
    delete require.cache[path];
    let outputs: Record<string, pulumi.Output<unknown>> = {};
    try {
        const recording = await attempt(
            () => {
                outputs = require(path);
            },
            { preview, stack },
        );
        return { ...recording, outputs };
    } finally {
        pulumi.runtime.setAllConfig({});
    }
}

/** The value of a stack output, and whether it is secret. */
export async function outputValue(output: pulumi.Output<unknown>): Promise<{ value: unknown; secret: boolean }> {
    const secret = await pulumi.isSecret(output);
    const value = await new Promise((resolve) => output.apply(resolve));
    return { value, secret };
}
