import { join } from "node:path";
import { type CommandOptions, type CommandResult, command, tryCommand } from "../support/command";
import { kubeconfigPath, paths } from "./layout";

function withDefaults(arguments_: readonly string[], kubeconfig: string): string[] {
    // A half-stopped control plane accepts connections and answers nothing.
    return [`--kubeconfig=${kubeconfig}`, "--request-timeout=10s", ...arguments_];
}

/** Runs kubectl on the local cluster and hands back what it prints. */
export function kubectl(
    arguments_: readonly string[],
    options: CommandOptions & { kubeconfig?: string } = {},
): Promise<string> {
    const { kubeconfig = kubeconfigPath, ...rest } = options;
    return command(join(paths.binaries, "kubectl"), withDefaults(arguments_, kubeconfig), { timeout: 60_000, ...rest });
}

/** Runs kubectl on the local cluster and hands back how it ended. */
export function tryKubectl(arguments_: readonly string[]): Promise<CommandResult> {
    return tryCommand(join(paths.binaries, "kubectl"), withDefaults(arguments_, kubeconfigPath), { timeout: 30_000 });
}
