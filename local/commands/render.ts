import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { manifestsOf } from "../pulumi/manifests";
import { isYes, setting } from "../session/options";
import { renderedState } from "../session/rendering";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { say } from "../support/progress";

/** Writes all manifests of a stack as YAML files. Needs no cluster, and changes none. */
async function render(): Promise<number> {
    const out = setting(process.env, "OUT");
    if (out === undefined) {
        throw new UserError(
            "Where to? make render OUT=manifests (a folder that is not there yet, is empty, or was made by make render)",
        );
    }
    const directory = resolve(out);
    const earlier = manifestFolders(directory);
    const showSecrets = isYes(process.env.SHOW_SECRETS);
    const state = await renderedState({ showSecrets });
    if (state === undefined) {
        return 1;
    }
    for (const folder of earlier) {
        rmSync(join(directory, folder), { recursive: true });
    }
    const manifests = manifestsOf(state);
    for (const { file, text } of manifests) {
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        writeFileSync(join(directory, file), text, { mode: showSecrets ? 0o600 : 0o644 });
    }
    say(
        showSecrets
            ? `${manifests.length} manifests are in ${directory}. Their Secrets are in plain text: keep them to yourself.`
            : `${manifests.length} manifests are in ${directory}. Values of Secrets are left out; SHOW_SECRETS=1 writes them.`,
    );
    return 0;
}

/** What an earlier run has written to a folder; a folder that holds anything else is refused. */
function manifestFolders(directory: string): readonly string[] {
    mkdirSync(directory, { recursive: true });
    const names = readdirSync(directory).filter((name) => name !== ".git");
    const foreign = names.filter((name) => !/^(0-namespaces|1-cluster|2-[a-z0-9-]+)$/.test(name));
    if (foreign.length > 0) {
        throw new UserError(
            `${directory} holds something that make render has not written: ${foreign.slice(0, 3).join(", ")}. Choose another OUT.`,
        );
    }
    return names;
}

main(render);
