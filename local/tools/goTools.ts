import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBuilt } from "../support/buildCache";
import { buildKey } from "../support/buildKey";
import { output } from "../support/execution";

/** Programs that tests use, by the module that pins their versions and those of all they are made of. */
const modules = {
    kubeconform: "judges",
    "kube-score": "judges",
    "local-path-provisioner": "local-path-provisioner",
} as const;

/** A program that tests use. */
export type GoTool = keyof typeof modules;

const built = new Map<string, Promise<string>>();

/** The path of a tool; builds its module when the cache lacks it. */
export async function goTool(name: GoTool): Promise<string> {
    const module = modules[name];
    let directory = built.get(module);
    if (directory === undefined) {
        directory = ensureModule(module);
        built.set(module, directory);
    }
    return join(await directory, name);
}

async function ensureModule(module: string): Promise<string> {
    const source = join(__dirname, module);
    const files: Record<string, string> = {};
    for (const file of ["go.mod", "go.sum"]) {
        files[file] = await readFile(join(source, file), "utf8");
    }
    const flags = "-s -w";
    const compiler = await output(["go", "env", "GOVERSION", "GOOS", "GOARCH"], { cwd: source });
    const programs = Object.entries(modules).flatMap(([program, of]) => (of === module ? [program] : []));
    return await ensureBuilt({
        name: `${module}-${buildKey(files, compiler, flags)}`,
        title: `Building ${programs.join(" and ")} from Go modules`,
        fill: async (directory) => {
            await output(["go", "build", "-trimpath", "-ldflags", flags, "-o", `${directory}/`, "tool"], {
                cwd: source,
                env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" },
            });
        },
    });
}
