import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stateFolder } from "./stackLocks";

/**
 * Removes attributes of state files that a killed run has left half written. The CLI replaces a state file as a whole, but not
 * the file of attributes beside it; a state whose attributes are cut off it does not read at all ("failed to load checkpoint:
 * EOF"), and one without attributes it does.
 *
 * @param backend A backend's URL; only `file:` ones have such files.
 */
export function removeBrokenAttributes(backend: string): void {
    const state = stateFolder(backend);
    const folder = state === undefined ? "" : join(state, ".pulumi");
    const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
    const attributes = names.filter((name) => name.endsWith(".attrs")).map((name) => join(folder, name));
    for (const file of attributes.filter((path) => !isJson(path))) {
        rmSync(file, { force: true });
    }
}

function isJson(path: string): boolean {
    try {
        JSON.parse(readFileSync(path, "utf8"));
        return true;
    } catch {
        return false;
    }
}
