import { resolve } from "node:path";
import { askedEngines } from "../pulumi/engine";
import { type Override, parseOverrides } from "../pulumi/overrides";
import { projectName, readStackFile, stackFilePath } from "../pulumi/stackFile";
import { listed, UserError } from "../support/errors";

/** What every command takes, from the environment: `make` hands its variables on there. */
export interface Options {
    /** `STACK=`, default minikube. */
    readonly stack: string;
    /** The stack's own file: `Pulumi.<stack>.yaml`, or `CONFIG_FILE=`. */
    readonly stackFile: string;
    /** `CONFIG="key=value ..."`: settings for this run only. */
    readonly overrides: readonly Override[];
    /** `CLUSTER=` local (default), minikube, or the name of a kubectl context. */
    readonly cluster: string;
    /** `ENGINE=` pulumi or npm; without it the first that works. */
    readonly engine: string | undefined;
    /** `YES=1`: nothing is asked. */
    readonly yes: boolean;
    /** `VERBOSE=1`: all that Pulumi prints is shown, also where nobody watches. */
    readonly verbose: boolean;
}

/** Reads the options; one error lists everything that is wrong with them. */
export function readOptions(env: NodeJS.ProcessEnv = process.env): Options {
    const stack = setting(env, "STACK") ?? "minikube";
    const engine = setting(env, "ENGINE");
    const { overrides, faults } = parseOverrides(env.CONFIG ?? "", projectName);
    const all = [...faults.map((fault) => `CONFIG: ${fault}`)];
    if (!/^[A-Za-z0-9_.-]+$/.test(stack)) {
        all.push(`STACK: "${stack}" is no stack name; use letters, digits, "-", "_" and "."`);
    }
    if (engine !== undefined && !askedEngines.some((known) => known === engine)) {
        all.push(`ENGINE: "${engine}" is not known; use ${askedEngines.join(" or ")}, or leave it out`);
    }
    if (all.length > 0) {
        throw new UserError(listed("These settings cannot be used:", all));
    }
    const stackFile = setting(env, "CONFIG_FILE");
    return {
        stack,
        stackFile: stackFile === undefined ? stackFilePath(stack) : resolve(stackFile),
        overrides,
        cluster: setting(env, "CLUSTER") ?? "local",
        engine,
        yes: isYes(env.YES),
        verbose: isYes(env.VERBOSE),
    };
}

/** The text of the stack's own file. */
export function stackFileText(options: Options): string {
    return readStackFile(options.stackFile, options.stack);
}

/** A variable's value; empty counts as not given, since `make` hands on every variable. */
export function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
    const value = env[name]?.trim();
    return value === undefined || value === "" ? undefined : value;
}

/** Whether a switch such as `YES=1` is on. */
export function isYes(value: string | undefined): boolean {
    return ["1", "true", "yes", "y"].includes((value ?? "").trim().toLowerCase());
}
