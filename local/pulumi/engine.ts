import { lookup } from "node:dns/promises";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../support/errors";
import { capture, findOnPath } from "../support/execution";
import { repositoryDirectory, stateDirectory } from "../support/paths";
import { say } from "../support/progress";
import { arePulumiProgramsBuilt, pulumiPrograms } from "./programs";
import type { Plugin } from "./projectFolder";

/** The Pulumi CLI that runs the program. */
export interface Engine {
    /** `pulumi` lies on the PATH, `npm` is downloaded by the npm package, `built` is made from Go modules. */
    readonly kind: EngineKind;
    /** Why this one, for the line that tells. */
    readonly why: string;
}

export type EngineKind = (typeof engineKinds)[number];

/** What `ENGINE=` may ask for. */
export const askedEngines = ["pulumi", "npm"] as const;

const engineKinds = [...askedEngines, "built"] as const;

/** An engine that can be started. */
export interface StartedEngine extends Engine {
    /** The path of its program. */
    readonly program: string;
    /** Plugins that a project has to name, since nothing else finds them. */
    readonly plugins: readonly Plugin[];
    /** What it is started with besides the caller's own environment. */
    readonly env: NodeJS.ProcessEnv;
}

/** What the choice of an engine has to find out; tests put their own answers here. */
export interface EngineProbes {
    /** The `pulumi` on the PATH. */
    readonly installed: () => string | undefined;
    /** Whether the npm package `pulumi` has its CLI, or can download it. */
    readonly npmPackageWorks: () => Promise<boolean>;
    /** Whether the CLI made from Go modules is in the cache. */
    readonly built: () => Promise<boolean>;
}

const downloadSite = "get.pulumi.com";
const npmProgram = join(repositoryDirectory, "node_modules", ".bin", "pulumi");

/** Picks the engine that `ENGINE=` names, else the first that works here. */
export async function chooseEngine(
    asked: string | undefined,
    probes: EngineProbes = probesOf(process.env),
): Promise<Engine> {
    if (asked === "npm") {
        if (!(await probes.npmPackageWorks())) {
            throw new UserError(
                `ENGINE=npm: the npm package pulumi cannot run: it downloads the CLI from ${downloadSite}, which cannot be reached.`,
            );
        }
        return { kind: "npm", why: "ENGINE=npm asks for it" };
    }
    if (probes.installed() !== undefined) {
        return { kind: "pulumi", why: asked === "pulumi" ? "ENGINE=pulumi asks for it" : "it is on the PATH" };
    }
    if (asked === "pulumi") {
        throw new UserError("ENGINE=pulumi: there is no pulumi on the PATH. Install it, or leave ENGINE out.");
    }
    // Another CLI than the one before would meet a state that a newer provider may have written.
    if (await probes.built()) {
        return { kind: "built", why: "no pulumi is on the PATH, and this one is built already" };
    }
    if (await probes.npmPackageWorks()) {
        return { kind: "npm", why: "no pulumi is on the PATH" };
    }
    return {
        kind: "built",
        why: `no pulumi is on the PATH, and ${downloadSite} cannot be reached for the npm package`,
    };
}

/** Looks for engines as a process with this environment would find them. */
export function probesOf(env: NodeJS.ProcessEnv): EngineProbes {
    return { installed: () => findOnPath("pulumi", env.PATH), npmPackageWorks, built: arePulumiProgramsBuilt };
}

/** Says which engine was picked, and why. */
export function sayEngine(engine: Engine): void {
    const names = {
        pulumi: "pulumi",
        npm: "pulumi, by its npm package",
        built: "pulumi, built from Go modules with stand-ins for its Node.js host and random provider",
    };
    say(`Pulumi:  ${names[engine.kind]} (${engine.why})`);
}

/** What is said of the start of an engine before it begins, a line each; nothing when it is there. */
export async function plannedPulumi(engine: Engine): Promise<readonly string[]> {
    return engine.kind === "built" && !(await arePulumiProgramsBuilt())
        ? [
              "builds Pulumi and its Kubernetes provider from Go modules: about 9 minutes on 2 cores, kept for the next time",
          ]
        : [];
}

/** Makes an engine ready to run; builds it where that was the choice. */
export async function startEngine(engine: Engine, installed: string | undefined): Promise<StartedEngine> {
    // A warning about a newer version, and a request for it, at each run.
    const quiet = { PULUMI_SKIP_UPDATE_CHECK: "true" };
    // Without a salt in its stack file each run would make a new one, and encrypt the state anew.
    const env = { ...quiet, PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true" };
    switch (engine.kind) {
        case "pulumi":
            return { ...engine, program: installed ?? "pulumi", plugins: [], env };
        case "npm":
            return { ...engine, program: npmProgram, plugins: [], env };
        case "built": {
            const { pulumi, languages, providers } = await pulumiPrograms();
            const own = {
                PULUMI_HOME: join(stateDirectory, "pulumi-home"),
                PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            };
            return {
                ...engine,
                program: pulumi,
                plugins: [
                    ...languages.map(({ name, path }): Plugin => ({ kind: "language", name, path })),
                    ...providers.map(({ name, path }): Plugin => ({ kind: "resource", name, path })),
                ],
                env: { ...env, ...own },
            };
        }
    }
}

async function npmPackageWorks(): Promise<boolean> {
    const manifest = join(repositoryDirectory, "node_modules", "pulumi", "package.json");
    if (!existsSync(manifest)) {
        return false;
    }
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    const downloaded = existsSync(join(home, "versions", version, "bin", "pulumi"));
    if (!downloaded && !(await resolves(downloadSite))) {
        return false;
    }
    if (!downloaded) {
        say(`Pulumi:  the npm package pulumi downloads the CLI ${version}, which may take some minutes ...`);
    }
    const answer = await capture([npmProgram, "version"], { cwd: repositoryDirectory, timeout: 300_000 });
    if (answer.code !== 0) {
        say(`Pulumi:  the npm package pulumi does not work: ${answer.stderr.trim().split("\n").at(-1) ?? ""}`);
    }
    return answer.code === 0;
}

async function resolves(host: string): Promise<boolean> {
    const answer = lookup(host).then(
        () => true,
        () => false,
    );
    const limit = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
    return await Promise.race([answer, limit]);
}
