import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../kubernetes/hash";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { literal } from "../kubernetes/literal";
import { script } from "../kubernetes/script";
import type { Mount } from "./airflowPod";
import { paths } from "./paths";

/** Python scripts of one workload, in a ConfigMap. */
export interface ScriptFiles {
    /** Name of the ConfigMap. It carries a hash of the scripts, so a pod never sees scripts of another version. */
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
}

/** Arguments of {@link mountedScripts}. */
export interface MountedScriptsArgs {
    readonly instance: string;
    /** Label of the workload. */
    readonly component: string;
    readonly namespace: pulumi.Input<string>;
    readonly scripts: ScriptFiles;
}

/** The script that runs another one, and again when that fails. */
const retryFile = "retry.py";

/**
 * Scripts of a workload.
 *
 * @param owner Name of the workload, without a hash of its own.
 * @param files Texts of the scripts by their file names.
 */
export function scriptFiles(owner: string, files: Readonly<Record<string, string>>): ScriptFiles {
    return { name: `${owner}-scripts-${shortHash(files)}`, files };
}

/** Scripts of a Job, with the one that retries them. */
export function jobScriptFiles(owner: string, files: Readonly<Record<string, string>>): ScriptFiles {
    return scriptFiles(owner, { ...files, [retryFile]: script(__dirname, retryFile) });
}

/** Where a pod finds the scripts of a ConfigMap. */
export function scriptsMount(configMap: pulumi.Input<string>): Mount {
    return {
        volume: { name: "scripts", configMap: { name: configMap } },
        mount: { name: "scripts", mountPath: paths.scripts, readOnly: true },
    };
}

/** Makes the ConfigMap of a workload's scripts. A workload with the mount depends on it. */
export function mountedScripts(
    name: string,
    { component, instance, namespace, scripts }: MountedScriptsArgs,
    opts: pulumi.CustomResourceOptions,
): Mount {
    const configMap = new k8s.core.v1.ConfigMap(
        name,
        {
            metadata: { name: scripts.name, namespace, labels: objectLabels(instance, component) },
            immutable: true,
            data: scripts.files,
        },
        { ...opts },
    );
    return scriptsMount(configMap.metadata.name);
}

/** The command that runs a script. */
export function scriptCommand(file: string, ...args: readonly pulumi.Input<string>[]): pulumi.Input<string>[] {
    return ["python", `${paths.scripts}/${file}`, ...args.map((text) => mapInput(text, literal))];
}

/** The command that runs a script up to four times. Its exit code 65 means that another try could not help. */
export function triedCommand(file: string, ...args: readonly pulumi.Input<string>[]): pulumi.Input<string>[] {
    return scriptCommand(retryFile, `${paths.scripts}/${file}`, ...args);
}
