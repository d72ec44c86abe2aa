import { join } from "node:path";
import { type CaptureOptions, type CommandResult, capture, output } from "../support/execution";
import { kubeconfigPath, paths } from "./layout";

function withDefaults(arguments_: readonly string[], kubeconfig: string): string[] {
    // A half-stopped control plane accepts connections and answers nothing.
    return [`--kubeconfig=${kubeconfig}`, "--request-timeout=10s", ...arguments_];
}

/** Runs kubectl on the local cluster and hands back what it prints. */
export function kubectl(
    arguments_: readonly string[],
    options: CaptureOptions & { kubeconfig?: string } = {},
): Promise<string> {
    const { kubeconfig = kubeconfigPath, ...rest } = options;
    return output([join(paths.binaries, "kubectl"), ...withDefaults(arguments_, kubeconfig)], {
        timeout: 60_000,
        ...rest,
    });
}

/** Runs kubectl on the local cluster and hands back how it ended. */
export function tryKubectl(arguments_: readonly string[]): Promise<CommandResult> {
    return capture([join(paths.binaries, "kubectl"), ...withDefaults(arguments_, kubeconfigPath)], { timeout: 30_000 });
}
