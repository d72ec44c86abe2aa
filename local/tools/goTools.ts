import { join } from "node:path";
import { goProgram } from "../support/goProgram";

/** Programs that tests use, by the module that pins their versions and those of all they are made of. */
const modules = {
    kubeconform: "judges",
    "kube-score": "judges",
    "local-path-provisioner": "local-path-provisioner",
} as const;

/** A program that tests use. */
export type GoTool = keyof typeof modules;

/** The path of a tool; builds its module when the cache lacks it. */
export async function goTool(name: GoTool): Promise<string> {
    const module = modules[name];
    return join(await goProgram({ name: module, directory: join(__dirname, module), packages: ["tool"] }), name);
}
