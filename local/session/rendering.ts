import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keysFor, pinned } from "../pulumi/databaseKeys";
import type { Override } from "../pulumi/overrides";
import { projectName, stackValue } from "../pulumi/stackFile";
import { resourcesOf, type StackState, type StateResource } from "../pulumi/stackState";
import { stateDirectory } from "../support/paths";
import { Session } from "./session";

const renderDirectory = join(stateDirectory, "render");

/** The provider's setting that makes it write files and speak to no cluster, and those that do not go with it. */
const yamlSetting = "renderYamlToDirectory";
const clusterSettings = ["context", "kubeconfig", "cluster", "upsertExistingObjects"];

/**
 * The state that a stack would have, with all objects, found without a cluster: the program runs against a state of its own,
 * with a provider that only writes files. Names and keys are those of the deployed stack, where there is one, else those of the
 * rendering before, so that two renderings of the same stack do not differ. Undefined when the program failed.
 *
 * @param showSecrets Whether the state has its secrets in plain text.
 */
export async function renderedState({ showSecrets }: { showSecrets: boolean }): Promise<StackState | undefined> {
    const deployed = await Session.open({ quiet: true, forFiles: true });
    const directory = join(renderDirectory, deployed.options.stack);
    // The provider writes Secrets there in plain text, and the path must not change from one rendering to the next.
    mkdirSync(renderDirectory, { recursive: true, mode: 0o700 });
    try {
        const env = { ...process.env, PULUMI_BACKEND_URL: `file://${renderDirectory}`, YES: "1" };
        const overrides = [...keysForRendering(deployed), ...(await deployed.plainSecrets()), ...intoFiles(directory)];
        const rendering = await Session.open({ quiet: true, env, overrides, forFiles: true });
        const before = await rendering.take();
        const real = await deployed.state({ showSecrets: true });
        if (resourcesOf(real).length > 0) {
            await rendering.replaceState(asIfRendered(real, directory));
        }
        const code = await rendering.up(before, { flags: ["--skip-preview"], tell: "nothing" });
        return code === 0 ? await rendering.state({ showSecrets }) : undefined;
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}

/** Keys without which a database that outlives its stack is refused, where they are not pinned yet; the same each time. */
function keysForRendering({ options, stackFileText: text }: Session): readonly Override[] {
    const database = stackValue(text, `${projectName}:database`) as { retain?: boolean } | undefined;
    const there = pinned(text);
    const missing = keysFor(text).filter(({ setting }) => database?.retain === true && !there.includes(setting));
    return missing.map(({ setting, make }): Override => {
        const file = join(renderDirectory, `${options.stack}.${setting}`);
        if (!existsSync(file)) {
            writeFileSync(file, make(), { mode: 0o600 });
        }
        return { key: `${projectName}:${setting}`, path: [], value: readFileSync(file, "utf8") };
    });
}

function intoFiles(directory: string): readonly Override[] {
    return [
        { key: `kubernetes:${yamlSetting}`, path: [], value: directory },
        ...clusterSettings.map((name) => ({ key: `kubernetes:${name}`, path: [], value: undefined })),
    ];
}

/** A deployed stack's state as it would be if its objects had been written to files. */
export function asIfRendered(state: StackState, directory: string): StackState {
    const resources = resourcesOf(state).map((resource) =>
        resource.type === "pulumi:providers:kubernetes" ? renderingProvider(resource, directory) : resource,
    );
    return { ...state, deployment: { ...state.deployment, resources, pending_operations: [] } };
}

function renderingProvider(provider: StateResource, directory: string): StateResource {
    const rendering = (values: StateResource["inputs"] = {}) => ({
        ...Object.fromEntries(Object.entries(values).filter(([key]) => !clusterSettings.includes(key))),
        [yamlSetting]: directory,
    });
    return { ...provider, inputs: rendering(provider.inputs), outputs: rendering(provider.outputs) };
}
