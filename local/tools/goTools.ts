import { join } from "node:path";
import { output } from "../support/execution";
import { type GoModule, goProgram, isBuilt } from "../support/goProgram";

/** Programs that tests use, by the module that pins their versions and those of all they are made of. */
const modules = {
    // The judge of workflows for GitHub.
    actionlint: "actionlint",
    collector: "collector",
    // What reads dashboards as Grafana's own types have them. Grafana itself is no Go module to build.
    dashboards: "dashboards",
    kubeconform: "judges",
    "kube-score": "judges",
    "local-path-provisioner": "local-path-provisioner",
    // Without the UI, whose files are not in the module.
    prometheus: "prometheus",
    promtool: "prometheus",
    registry: "registry",
    traefik: "traefik",
} as const;

/** How long modules take that take long. */
const hints: Readonly<Record<string, string>> = {
    collector: "about 2 minutes on 2 cores",
    dashboards: "about a minute on 2 cores",
    prometheus: "about 10 minutes on 2 cores",
    traefik: "about 10 minutes on 2 cores",
};

/** A program that tests use. */
export type GoTool = keyof typeof modules;

/** The path of a tool; builds its module when the cache lacks it. */
export async function goTool(name: GoTool): Promise<string> {
    return join(await goProgram(moduleOf(name)), name);
}

/** Whether the cache has a tool. */
export async function isToolBuilt(name: GoTool): Promise<boolean> {
    return await isBuilt(moduleOf(name));
}

/** Where the files of a module lie, in the version that the `go.mod` of a folder here names. */
export async function goModuleFiles(folder: string, module: string): Promise<string> {
    const download = ["go", "mod", "download", "-json", module];
    const cwd = join(__dirname, folder);
    return (JSON.parse(await output(download, { cwd, env: { ...process.env, GOWORK: "off" } })) as { Dir: string }).Dir;
}

function moduleOf(tool: GoTool): GoModule {
    const name = modules[tool];
    return { name, directory: join(__dirname, name), packages: ["tool"], hint: hints[name] };
}
