import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findOnPath } from "../support/execution";
import { type GoModule, goProgram, isBuilt, requiredVersion } from "../support/goProgram";
import { repositoryDirectory } from "../support/paths";
import { embeddedFiles } from "./go/kubernetes/embedded";

/**
 * What the built provider for Kubernetes calls itself: the release that its module was made a day after. Programs ask for the
 * version of their npm package, which no module has.
 */
const kubernetesProviderVersion = "4.25.0";

/** A plugin that was built, as a project file names it under `plugins`. */
export interface BuiltPlugin {
    readonly name: string;
    /**
     * What it says of itself. For people only: in a project file Pulumi compares it with the version of the npm package and
     * leaves the plugin out when they differ.
     */
    readonly version: string;
    /** The folder that it lies in. */
    readonly path: string;
}

/** Pulumi, built from Go modules. */
export interface PulumiPrograms {
    /** The path of the CLI. */
    readonly pulumi: string;
    /** Its version, without a "v". */
    readonly version: string;
    readonly languages: readonly BuiltPlugin[];
    readonly providers: readonly BuiltPlugin[];
}

const modules = join(__dirname, "go");

/** The CLI with the two stand-ins, which are made of the same packages. */
function cliModule(version: string, randomVersion: string): GoModule {
    return {
        name: "pulumi",
        directory: join(modules, "cli"),
        packages: ["tool", "./pulumi-language-nodejs", "./pulumi-resource-random"],
        hint: "about 4 minutes on 2 cores; kept for the next time",
        // As its own releases are built: no C library is asked for users and no tracing of gRPC drags reflection in.
        tags: ["osusergo", "grpcnotrace"],
        linkerFlags: [
            `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
            `-X main.version=${randomVersion}`,
        ],
    };
}

/** The provider for Kubernetes. */
const kubernetesProviderModule: GoModule = {
    name: "pulumi-resource-kubernetes",
    directory: join(modules, "kubernetes"),
    hint: "about 5 minutes on 2 cores; kept for the next time",
    linkerFlags: [
        `-X github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=${kubernetesProviderVersion}`,
    ],
    // Most of its code is the provider's own SDK for Go, of which it uses a little: compiling it without optimisation saves
    // minutes, and nobody waits for what it does.
    compilerFlags: ["github.com/pulumi/pulumi-kubernetes/sdk/v4/...=-N -l"],
    generate: () => embeddedFiles(kubernetesProviderVersion),
};

/** The CLI and the two stand-ins; builds them when the cache lacks them. */
export async function pulumiCli(): Promise<PulumiPrograms> {
    const { version, randomVersion } = await versions();
    const path = await goProgram(cliModule(version, randomVersion));
    return {
        pulumi: join(path, "pulumi"),
        version: version.slice(1),
        languages: [{ name: "nodejs", version: version.slice(1), path }],
        providers: [{ name: "random", version: randomVersion, path }],
    };
}

/**
 * Pulumi's CLI, its language host for Node.js, and its providers for random values and Kubernetes; builds what the cache
 * lacks, one after the other: each takes all processors.
 */
export async function pulumiPrograms(): Promise<PulumiPrograms> {
    const cli = await pulumiCli();
    const path = await goProgram(kubernetesProviderModule);
    const kubernetes = { name: "kubernetes", version: kubernetesProviderVersion, path };
    return { ...cli, providers: [...cli.providers, kubernetes] };
}

/** Whether the cache has all of them. False where there is no Go to ask. */
export async function arePulumiProgramsBuilt(): Promise<boolean> {
    if (findOnPath("go") === undefined) {
        return false;
    }
    const { version, randomVersion } = await versions();
    return (await isBuilt(cliModule(version, randomVersion))) && (await isBuilt(kubernetesProviderModule));
}

async function versions(): Promise<{ readonly version: string; readonly randomVersion: string }> {
    const goMod = await readFile(join(modules, "cli", "go.mod"), "utf8");
    return {
        version: requiredVersion(goMod, "github.com/pulumi/pulumi/sdk/v3"),
        randomVersion: await packageVersion("@pulumi/random"),
    };
}

async function packageVersion(name: string): Promise<string> {
    const file = join(repositoryDirectory, "node_modules", name, "package.json");
    return (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
}
