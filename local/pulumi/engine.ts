import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../support/errors";
import { capture, findOnPath, output } from "../support/execution";
import { repositoryDirectory, stateDirectory } from "../support/paths";
import { say } from "../support/progress";
import { projectName } from "./stackFile";
import { isLockedByTheDead } from "./staleLocks";

/** What runs the Pulumi program. All three take the same command line. */
export interface Engine {
    readonly kind: "pulumi" | "npm" | "local";
    readonly command: readonly string[];
    /** Why this one, for the line that tells. */
    readonly why: string;
}

/** What the choice of an engine has to find out; tests put their own answers here. */
export interface EngineProbes {
    /** The `pulumi` on the PATH. */
    readonly installed: () => string | undefined;
    /** Whether the npm package `pulumi` has its CLI, or can download it. */
    readonly npmPackageWorks: () => Promise<boolean>;
}

const downloadSite = "get.pulumi.com";

const commands = {
    npm: [join(repositoryDirectory, "node_modules", ".bin", "pulumi")],
    local: [process.execPath, "--import", "tsx", join(repositoryDirectory, "local", "engine", "cli.ts")],
};

/** Picks the engine that `ENGINE=` names, else the first that works here. */
export async function chooseEngine(
    asked: string | undefined,
    probes: EngineProbes = { installed: () => findOnPath("pulumi"), npmPackageWorks },
): Promise<Engine> {
    const pick = (kind: keyof typeof commands, why: string): Engine => ({ kind, command: commands[kind], why });
    if (asked === "local") {
        return pick("local", "ENGINE=local asks for it");
    }
    const installed = probes.installed();
    if (asked !== "npm" && installed !== undefined) {
        return {
            kind: "pulumi",
            command: [installed],
            why: asked === "pulumi" ? "ENGINE=pulumi asks for it" : "it is on the PATH",
        };
    }
    if (asked === "pulumi") {
        throw new UserError("ENGINE=pulumi: there is no pulumi on the PATH. Install it, or leave ENGINE out.");
    }
    if (await probes.npmPackageWorks()) {
        return pick("npm", asked === "npm" ? "ENGINE=npm asks for it" : "no pulumi is on the PATH");
    }
    if (asked === "npm") {
        throw new UserError(
            `ENGINE=npm: the npm package pulumi cannot run: it downloads the CLI from ${downloadSite}, which cannot be reached.`,
        );
    }
    return pick("local", `no pulumi is on the PATH, and ${downloadSite} cannot be reached for the npm package`);
}

/** Says which engine was picked, and why. */
export function sayEngine(engine: Engine): void {
    const names = { pulumi: "pulumi", npm: "the npm package pulumi", local: "local/engine" };
    say(`Engine:  ${names[engine.kind]} (${engine.why})`);
}

/**
 * The environment that an engine needs. The real CLI gets a state folder and a passphrase of this project's own when nobody
 * is logged in; local/engine keeps both by itself.
 */
export async function engineEnvironment(engine: Engine, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
    if (engine.kind === "local") {
        return env;
    }
    if (await loggedIn(engine, env)) {
        return env.PULUMI_BACKEND_URL?.startsWith("file:") ? { ...env, ...passphrase(env) } : env;
    }
    const state = join(stateDirectory, "pulumi");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    say(`State:   ${state} (nobody is logged in to a Pulumi backend)`);
    return { ...env, PULUMI_BACKEND_URL: `file://${state}`, ...passphrase(env) };
}

/** Selects the stack, and creates it where the real CLI does not know it yet; local/engine creates stacks as they come. */
export async function selectStack(engine: Engine, stack: string, env: NodeJS.ProcessEnv): Promise<void> {
    if (engine.kind !== "local") {
        if (isLockedByTheDead(env.PULUMI_BACKEND_URL ?? "", projectName, stack)) {
            say("The last run was killed and left the stack locked; it is unlocked.");
            await output([...engine.command, "cancel", "--yes", "--stack", stack], { env, cwd: repositoryDirectory });
        }
        const select = ["stack", "select", stack, "--create", "--non-interactive"];
        await output([...engine.command, ...select], { env, cwd: repositoryDirectory });
    }
}

async function loggedIn(engine: Engine, env: NodeJS.ProcessEnv): Promise<boolean> {
    if (env.PULUMI_BACKEND_URL || env.PULUMI_ACCESS_TOKEN) {
        return true;
    }
    const who = await capture([...engine.command, "whoami", "--non-interactive"], { env, cwd: repositoryDirectory });
    return who.code === 0;
}

/** Where the passphrase of the stacks' secrets is: the caller's, else a file that is made once. */
function passphrase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE) {
        return {};
    }
    const file = join(stateDirectory, "passphrase");
    if (!existsSync(file)) {
        mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
        writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
        say(`Passphrase of the stacks' secrets: made, in ${file}`);
    }
    return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
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
        say(`Engine:  the npm package pulumi downloads the CLI ${version} ...`);
    }
    return (await capture([...commands.npm, "version"], { cwd: repositoryDirectory, timeout: 300_000 })).code === 0;
}

async function resolves(host: string): Promise<boolean> {
    const answer = lookup(host).then(
        () => true,
        () => false,
    );
    const limit = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
    return await Promise.race([answer, limit]);
}
