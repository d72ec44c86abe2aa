import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { findPassphrase } from "../configuration/passphrase";
import { readProject } from "../configuration/project";
import { stackConfig } from "../configuration/stackConfig";
import { readStackFile, stackFilePath } from "../configuration/stackFile";
import { Deployment } from "../deployment/deployment";
import { ConsoleObserver, type Print } from "../display/consoleObserver";
import type { KubernetesObject } from "../kubernetes/kubernetesObject";
import { KubernetesProvider } from "../kubernetes/kubernetesProvider";
import { prepareDirectory, writeManifest } from "../kubernetes/manifestFiles";
import { RenderProvider } from "../kubernetes/renderProvider";
import { runProgram } from "../program/runProgram";
import { TypeCheckMemory } from "../program/typeCheckMemory";
import { Providers } from "../providers/providers";
import { RandomProvider } from "../random/randomProvider";
import { emptyState, MemoryStore } from "../state/stackStore";
import type { CommandOptions } from "./commandOptions";
import { exitCodes } from "./exitCodes";
import { secretTexts } from "./secretTexts";
import { kubernetesSettings, namespaceSettings } from "./stackContext";

/** Writes every object of a program to a file of its own, without a cluster and without touching the state. */
export async function render(
    options: CommandOptions & { readonly out: string | undefined },
    print: Print,
    signal: AbortSignal,
): Promise<number> {
    if (options.out === undefined) {
        throw new Error("render needs --out DIR");
    }
    const directory = resolve(options.out);
    const project = readProject(resolve(options.cwd));
    const stackFile = stackFilePath(project.directory, options.stack, options.configFile);
    const values = await readStackFile(stackFile, project.name, () => findPassphrase(console.error));
    const config = stackConfig(project, options.stack, values);
    const store = new MemoryStore(emptyState(project.name, options.stack));
    const objects: KubernetesObject[] = [];
    const providers = new Providers(
        {
            kubernetes: (settings) =>
                new RenderProvider(
                    new KubernetesProvider(kubernetesSettings(settings), store.state.id),
                    (object) => void objects.push(object),
                ),
            random: () => new RandomProvider(),
        },
        { kubernetes: namespaceSettings(config, "kubernetes"), random: {} },
        (urn) => store.state.resources.find((resource) => resource.urn === urn),
    );
    const secrets = secretTexts(config, store.state);
    const observer = new ConsoleObserver(() => undefined, true, secrets);
    const failures = new ConsoleObserver(print, true, secrets);
    const deployment = new Deployment({
        project: project.name,
        stack: options.stack,
        dryRun: false,
        store,
        providers,
        observer: {
            step: (step) => observer.step(step),
            progress: () => undefined,
            note: (line) => failures.note(line),
            error: (urn, message) => failures.error(urn, message),
        },
        parallel: options.parallel,
        signal,
        nameSeed: store.state.id,
        learnSecrets: (found) => found.forEach((secret) => void secrets.add(secret)),
    });
    const result = await runProgram(
        {
            project,
            stack: options.stack,
            config,
            dryRun: false,
            typeCheck: !new TypeCheckMemory(project.directory).passed,
            deployment,
            parallel: options.parallel,
            log: (message) => failures.log(message),
            print: (line) => failures.note(`  ${line}`),
        },
        options.launch,
    );
    if (result.problem) {
        failures.error("", result.problem);
    }
    if (!result.completed || deployment.failures > 0) {
        failures.finish("Rendering failed");
        return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    prepareDirectory(directory);
    objects.forEach((object) => void writeManifest(directory, object));
    print(`Wrote ${objects.length} manifests to ${directory}. Secrets in them are plain text: only you can read them.`);
    return exitCodes.ok;
}
