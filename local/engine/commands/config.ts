import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { findPassphrase } from "../configuration/passphrase";
import { readProject } from "../configuration/project";
import { setConfig, stackFilePath } from "../configuration/stackFile";
import { parsePropertyPath } from "../values/propertyPath";
import type { CommandOptions } from "./commandOptions";
import { exitCodes } from "./exitCodes";

/** Writes one value into a stack file, encrypted with --secret. A value that is not given is read from stdin. */
export async function configSet(
    options: CommandOptions & { readonly secret: boolean; readonly path: boolean },
    key: string | undefined,
    value: string | undefined,
): Promise<number> {
    if (key === undefined) {
        throw new Error("config set needs a key");
    }
    const project = readProject(resolve(options.cwd));
    const [first, ...rest] = options.path ? parsePropertyPath(key) : [key];
    const name = String(first);
    const path = [name.includes(":") ? name : `${project.name}:${name}`, ...rest];
    const text = value ?? readFileSync(0, "utf8").replace(/\r?\n$/, "");
    const file = stackFilePath(project.directory, options.stack, options.configFile);
    await setConfig(file, path, text, options.secret ? findPassphrase(console.error) : undefined);
    return exitCodes.ok;
}
