import { resolve } from "node:path";
import { findPassphrase } from "../configuration/passphrase";
import { readProject } from "../configuration/project";
import { neededUrns } from "../deployment/dependencyGraph";
import { stackType } from "../deployment/urn";
import type { Print } from "../display/consoleObserver";
import type { ResourceState } from "../state/resourceState";
import { StackStore } from "../state/stackStore";
import { shown } from "../values/masking";
import { isMap, isSecret, type PropertyMap, type PropertyValue, signatureKey } from "../values/propertyValue";
import type { CommandOptions } from "./commandOptions";
import { exitCodes } from "./exitCodes";

/** Prints the outputs of a stack, or one of them, and nothing else. */
export async function stackOutput(
    options: CommandOptions & { readonly json: boolean; readonly showSecrets: boolean },
    name: string | undefined,
    print: Print,
): Promise<number> {
    const { state } = await openStore(options);
    const root = state.resources.find((resource) => resource.type === stackType && !resource.pendingDelete);
    const outputs = shown(root?.outputs ?? {}, options.showSecrets) as PropertyMap;
    if (name === undefined) {
        const lines = Object.entries(outputs).map(([key, value]) => `${key}\t${asText(value)}`);
        (options.json ? [JSON.stringify(outputs, undefined, 2)] : lines).forEach((line) => void print(line));
        return exitCodes.ok;
    }
    const value = outputs[name];
    if (value === undefined) {
        throw new Error(`stack ${options.stack} has no output "${name}"`);
    }
    print(options.json ? JSON.stringify(value, undefined, 2) : asText(value));
    return exitCodes.ok;
}

/** Prints the state as Pulumi's deployment JSON. Secrets stay encrypted unless asked for. */
export async function stackExport(
    options: CommandOptions & { readonly showSecrets: boolean },
    print: Print,
): Promise<number> {
    const store = await openStore(options);
    const { state } = store;
    const deployment = {
        manifest: { time: new Date().toISOString(), magic: "", version: "" },
        secrets_providers: { type: "passphrase", state: { salt: state.encryptionSalt } },
        resources: state.resources.map((resource) =>
            exported(resource, (value) => (options.showSecrets ? openly(value) : store.sealed(value))),
        ),
        ...(state.pending.length === 0
            ? {}
            : {
                  pending_operations: state.pending.map(({ kind, resource }) => ({
                      type: { create: "creating", update: "updating", delete: "deleting" }[kind],
                      resource: { urn: resource.urn, type: resource.type, id: resource.id },
                  })),
              }),
    };
    print(JSON.stringify({ version: 3, deployment }, undefined, 4));
    return exitCodes.ok;
}

function exported(resource: ResourceState, seal: (value: PropertyValue) => PropertyValue): object {
    const optional = {
        id: resource.id,
        parent: resource.parent,
        provider: resource.provider,
        deletedWith: resource.deletedWith,
        protect: resource.protect,
        retainOnDelete: resource.retainOnDelete,
        external: resource.external,
        delete: resource.pendingDelete,
    };
    return {
        urn: resource.urn,
        custom: resource.custom,
        type: resource.type,
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "" && value !== false)),
        inputs: seal(resource.inputs),
        outputs: seal(resource.outputs),
        ...(resource.initErrors.length > 0 ? { initErrors: resource.initErrors } : {}),
        ...(neededUrns(resource).length > 0
            ? { dependencies: resource.dependencies, propertyDependencies: resource.propertyDependencies }
            : {}),
        created: resource.created,
        modified: resource.modified,
    };
}

/** Secrets as Pulumi exports them when they are to be shown: marked, with their JSON. */
function openly(value: PropertyValue): PropertyValue {
    if (isSecret(value)) {
        return { [signatureKey]: value[signatureKey] ?? "", plaintext: JSON.stringify(value.value ?? null) };
    }
    if (Array.isArray(value)) {
        return value.map(openly);
    }
    return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, openly(inner)])) : value;
}

async function openStore(options: CommandOptions): Promise<StackStore> {
    const project = readProject(resolve(options.cwd));
    return StackStore.open(options.stateDirectory, project.name, options.stack, () => findPassphrase(console.error));
}

function asText(value: PropertyValue): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
