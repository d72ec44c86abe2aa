import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture } from "../support/execution";
import { repositoryDirectory, stateDirectory } from "../support/paths";
import { say } from "../support/progress";
import type { StartedEngine } from "./engine";

/** Where the state of stacks is kept, and how it is reached. */
export interface Backend {
    /** Its URL, as in `pulumi login URL`. */
    readonly url: string;
    /** What names it, and the passphrase of its secrets, to the CLI. */
    readonly env: NodeJS.ProcessEnv;
}

/**
 * The backend that `PULUMI_BACKEND_URL` names, else the one that the person is logged in to, else a folder of this project's
 * own. A backend that keeps no secrets itself gets a passphrase: the caller's, else one that is made once.
 */
export async function findBackend(engine: StartedEngine, env: NodeJS.ProcessEnv): Promise<Backend> {
    const url = env.PULUMI_BACKEND_URL || (await loggedInTo(engine, env));
    if (url !== undefined) {
        const chosen = { PULUMI_BACKEND_URL: url };
        return { url, env: isService({ url }) ? chosen : { ...chosen, ...passphrase(env) } };
    }
    const state = join(stateDirectory, "pulumi");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const own = `file://${state}`;
    return { url: own, env: { PULUMI_BACKEND_URL: own, ...passphrase(env) } };
}

/** Whether a backend encrypts secrets itself, as Pulumi Cloud does. */
export function isService({ url }: Pick<Backend, "url">): boolean {
    return /^https?:/.test(url);
}

/** Says where the state is kept. */
export function sayBackend(backend: Backend): void {
    say(`State:   ${backend.url}`);
}

async function loggedInTo(engine: StartedEngine, env: NodeJS.ProcessEnv): Promise<string | undefined> {
    // The one that is built has a home of its own, in which nobody has ever logged in.
    if (engine.kind === "built" && !env.PULUMI_ACCESS_TOKEN) {
        return undefined;
    }
    const who = await capture([engine.program, "whoami", "--json", "--non-interactive"], {
        env: { ...env, ...engine.env },
        cwd: repositoryDirectory,
    });
    return who.code === 0 ? (JSON.parse(who.stdout) as { url?: string }).url : undefined;
}

function passphrase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE) {
        return {};
    }
    const file = join(stateDirectory, "passphrase");
    if (!existsSync(file)) {
        makeOnce(file, randomBytes(24).toString("base64url"));
        say(`Passphrase of the stacks' secrets: made, in ${file}`);
    }
    return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

/** Writes a file whole, unless another run has made it in the meantime. */
function makeOnce(file: string, content: string): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, content, { mode: 0o600 });
    try {
        linkSync(temporary, file);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
            throw error;
        }
    } finally {
        rmSync(temporary, { force: true });
    }
}
