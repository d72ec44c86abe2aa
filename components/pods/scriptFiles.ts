import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { literal } from "../kubernetes/literal";
import { replacedAfterDeletion, replacedWithData } from "../kubernetes/replacement";
import { script } from "../kubernetes/script";
import type { Mount } from "./airflowPod";
import { paths } from "./paths";

/** Texts of scripts, by their file names. */
export type ScriptFiles = Readonly<Record<string, string>>;

/** Arguments of {@link mountedScripts}. */
export interface MountedScriptsArgs {
    readonly instance: string;
    /** Label of the workload. */
    readonly component: string;
    readonly namespace: pulumi.Input<string>;
    readonly scripts: ScriptFiles;
    /**
     * Name of the ConfigMap, with a hash of the scripts, where something other than an Output has to know it.
     * @default - the provider's
     */
    readonly objectName?: string;
}

/** The script that runs another one, and again when that fails. */
const retryFile = "retry.py";

/** Scripts of a Job, with the one that retries them. */
export function jobScriptFiles(files: ScriptFiles): ScriptFiles {
    return { ...files, [retryFile]: script(__dirname, retryFile) };
}

/** Where a pod finds the scripts of a ConfigMap. */
export function scriptsMount(configMap: pulumi.Input<string>): Mount {
    return {
        volume: { name: "scripts", configMap: { name: configMap } },
        mount: { name: "scripts", mountPath: paths.scripts, readOnly: true },
    };
}

/**
 * Makes the ConfigMap of a workload's scripts. The provider names it, so that other scripts are another ConfigMap: a pod never sees
 * scripts of another version.
 */
export function mountedScripts(
    name: string,
    { component, instance, namespace, objectName, scripts }: MountedScriptsArgs,
    opts: pulumi.CustomResourceOptions,
): Mount {
    const configMap = new k8s.core.v1.ConfigMap(
        name,
        {
            metadata: { name: objectName, namespace, labels: objectLabels(instance, component) },
            immutable: true,
            data: scripts,
        },
        { ...(objectName === undefined ? replacedWithData : replacedAfterDeletion), ...opts },
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
