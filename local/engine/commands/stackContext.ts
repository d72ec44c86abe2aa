import { resolve } from "node:path";
import { findPassphrase } from "../configuration/passphrase";
import { type Project, readProject } from "../configuration/project";
import { stackConfig } from "../configuration/stackConfig";
import { type ConfigValues, readStackFile, stackFilePath } from "../configuration/stackFile";
import { KubernetesProvider, type KubernetesSettings } from "../kubernetes/kubernetesProvider";
import { Providers } from "../providers/providers";
import { RandomProvider } from "../random/randomProvider";
import type { StackState } from "../state/resourceState";
import { StackStore } from "../state/stackStore";
import type { PropertyMap } from "../values/propertyValue";
import type { CommandOptions } from "./commandOptions";

/** A stack and all that a command needs to work on it. */
export interface StackContext {
    readonly project: Project;
    readonly stack: string;
    readonly stackFile: string;
    readonly config: ConfigValues;
    readonly store: StackStore;
    /** Another one for each run that finds another state. */
    readonly nameSeed: string;
}

/**
 * Finds the project and reads the stack's file and state. Commands that run the program also have the configuration
 * checked.
 */
export async function openStack(options: CommandOptions, checked = true): Promise<StackContext> {
    const project = readProject(resolve(options.cwd));
    const stackFile = stackFilePath(project.directory, options.stack, options.configFile);
    let known: string | undefined;
    const passphrase = (): string => {
        known ??= findPassphrase((line) => console.error(line));
        return known;
    };
    const [values, store] = await Promise.all([
        readStackFile(stackFile, project.name, passphrase),
        StackStore.open(options.stateDirectory, project.name, options.stack, passphrase),
    ]);
    return {
        project,
        stack: options.stack,
        stackFile,
        config: checked ? stackConfig(project, options.stack, values) : values,
        store,
        nameSeed: `${store.state.id} ${store.state.generation}`,
    };
}

/** The providers for a state, as the stack's configuration sets them up. */
export function stackProviders(
    config: ConfigValues,
    state: () => StackState,
    tellUnreachable: (reason: string) => void,
): Providers {
    return new Providers(
        {
            kubernetes: (settings) => new KubernetesProvider(kubernetesSettings(settings), state().id),
            random: () => new RandomProvider(),
        },
        { kubernetes: namespaceSettings(config, "kubernetes"), random: {} },
        (urn) => state().resources.find((resource) => resource.urn === urn && !resource.pendingDelete),
        tellUnreachable,
    );
}

/** The settings of a Kubernetes provider. The SDK writes anything but text as JSON. */
export function kubernetesSettings(settings: PropertyMap): KubernetesSettings {
    const text = (name: string): string => {
        const value = settings[name];
        return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
    };
    const flag = (name: string): boolean => text(name) === "true";
    return {
        kubeconfig: text("kubeconfig") || undefined,
        context: text("context") || undefined,
        cluster: text("cluster") || undefined,
        namespace: text("namespace"),
        patchForce: flag("enablePatchForce"),
        upsertExistingObjects: flag("upsertExistingObjects"),
        secretMutable: flag("enableSecretMutable"),
        configMapMutable: flag("enableConfigMapMutable"),
    };
}

/** The settings under `<namespace>:` in a stack's configuration. */
export function namespaceSettings(config: ConfigValues, namespace: string): PropertyMap {
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => key.startsWith(`${namespace}:`))
            .map(([key, { text }]) => [key.slice(namespace.length + 1), text]),
    );
}
