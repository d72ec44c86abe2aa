import { shortHash } from "../kubernetes/hash";
import { names } from "../kubernetes/names";
import { script } from "../kubernetes/script";
import { jobScriptFiles, type ScriptFiles } from "../pods/scriptFiles";

/** Scripts of the Job that has the volumes prepared, and of the pod that prepares them. */
export function preparationScripts(): ScriptFiles {
    const files = ["prepare_directories.py", "prepare_volumes.py"];
    return jobScriptFiles(Object.fromEntries(files.map((file) => [file, script(__dirname, file)])));
}

/** Name of the ConfigMap that has them, which changes with them: the Job hands it to the pod as text. */
export function preparationScriptsName(): string {
    return `${names.permissions}-scripts-${shortHash(preparationScripts())}`;
}
