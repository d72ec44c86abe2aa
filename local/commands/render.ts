import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setting } from "../session/options";
import { Session } from "../session/session";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { say } from "../support/progress";

/** Writes all manifests of a stack as YAML files. Needs no cluster; Secrets hold generated values in plain text. */
async function render(): Promise<number> {
    const out = setting(process.env, "OUT");
    if (out === undefined) {
        throw new UserError("Where to? make render OUT=manifests (any folder that is empty or not there yet)");
    }
    const directory = resolve(out);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (readdirSync(directory).length > 0) {
        throw new UserError(`${directory} is not empty. Choose another OUT, or remove what is in it.`);
    }
    const code = await renderTo(directory);
    if (code === 0) {
        say(`Written to ${directory}. Its Secrets are in plain text: keep it to yourself.`);
    }
    return code;
}

async function renderTo(directory: string): Promise<number> {
    const session = await Session.open();
    if (session.engine.kind === "local") {
        return await session.operate(["render", "--out", directory]);
    }
    // With the real CLI rendering is a deployment to a folder. One stack can't do both, so this one has a state of its own.
    const state = mkdtempSync(join(tmpdir(), "airflow-kubernetes-render-"));
    try {
        process.env.PULUMI_BACKEND_URL = `file://${state}`;
        process.env.PULUMI_CONFIG_PASSPHRASE = "";
        const apart = await Session.open({ quiet: true });
        await apart.select();
        const folder = { key: "kubernetes:renderYamlToDirectory", path: [], value: directory };
        return await apart.operate(["up", "--yes", "--skip-preview"], [folder]);
    } finally {
        rmSync(state, { recursive: true, force: true });
    }
}

main(render);
