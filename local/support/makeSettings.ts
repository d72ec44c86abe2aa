import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryDirectory } from "./paths";

/** The settings that make hands on to commands, as the Makefile lists them. */
export function makeSettings(makefile: string = readFileSync(join(repositoryDirectory, "Makefile"), "utf8")): string[] {
    return /^settings := (.*)$/m.exec(makefile)?.[1]?.trim().split(/\s+/) ?? [];
}

/**
 * Names of variables that somebody may have set for a make of their own and that another one, started by a program, must not
 * see: settings, make's own, and where Pulumi's state is. Which Pulumi is used, and how the local cluster is, holds for all.
 */
export function foreignVariables(env: NodeJS.ProcessEnv = process.env): string[] {
    const machine = ["ENGINE", "CLUSTER_RANGE", "CLUSTER_RESOLVERS"];
    const settings = new Set(makeSettings().filter((name) => !machine.includes(name)));
    return Object.keys(env).filter(
        (name) =>
            settings.has(name) || /^(KUBECONFIG|MAKE\w*|MFLAGS|PULUMI_(BACKEND_URL|CONFIG_\w+|STACK))$/.test(name),
    );
}
