import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildDirectory, ensureBuilt } from "./buildCache";
import { buildKey } from "./buildKey";
import { output } from "./execution";

/** What is built from a Go module of this project: one program or several. */
export interface GoModule {
    /** What the build is called in the cache; also the program's name, where `packages` names none. */
    readonly name: string;
    /** The folder of its go.mod. All files below it count as sources. */
    readonly directory: string;
    /** The packages to build, such as `tool`; each program has its package's name. Default: the folder's own package. */
    readonly packages?: readonly string[];
    /** What is said of the build while it goes on, after its name: "about 6 minutes on 2 cores". */
    readonly hint?: string;
    /** Build tags. */
    readonly tags?: readonly string[];
    /** Flags of the linker besides those that leave out what only debuggers need. */
    readonly linkerFlags?: readonly string[];
    /** Flags of the compiler for packages that match a pattern: `pattern=flags`. */
    readonly compilerFlags?: readonly string[];
    /** Files of the folder that are made at build time, by name. */
    readonly generate?: () => Promise<Readonly<Record<string, string>>>;
    /** Further names of the program. */
    readonly links?: readonly string[];
    /** Where builds are kept. Default: `bin` in the cache. */
    readonly cache?: string;
}

// What makes a build the same in every checkout and on every machine, and programs that need no library of the system.
const environment = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };

/** What the compiler's version and the machine's kind are known by. */
const compilerSettings = ["GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140"];

/** The version that a go.mod requires of a module. Throws when it requires none. */
export function requiredVersion(goMod: string, module: string): string {
    const version = goMod.match(new RegExp(`^(?:require)?\\s*${module.replaceAll(".", "\\.")} (v\\S+)`, "m"))?.[1];
    if (version === undefined) {
        throw new Error(`go.mod requires no ${module}`);
    }
    return version;
}

/** The arguments of `go build` but where to and with which generated files. */
export function buildArguments(module: GoModule): string[] {
    const tags = module.tags ?? [];
    return [
        "-trimpath",
        ...(tags.length > 0 ? ["-tags", tags.join(",")] : []),
        ...(module.compilerFlags ?? []).map((flags) => `-gcflags=${flags}`),
        "-ldflags",
        ["-s", "-w", ...(module.linkerFlags ?? [])].join(" "),
        ...(module.packages ?? ["."]),
    ];
}

const running = new Map<string, Promise<string>>();

/** The directory that holds the programs of a Go module; builds them when the cache lacks them. */
export function goProgram(module: GoModule): Promise<string> {
    const known = running.get(module.name);
    if (known !== undefined) {
        return known;
    }
    const result = ensureProgram(module);
    running.set(module.name, result);
    return result;
}

/** Whether the cache has the programs of a Go module as it is now. */
export async function isBuilt(module: GoModule): Promise<boolean> {
    return existsSync(buildDirectory({ name: module.name, key: await keyOf(module), cache: module.cache }));
}

async function keyOf(module: GoModule): Promise<string> {
    const { directory } = module;
    const compiler = await output(["go", "env", ...compilerSettings], {
        cwd: directory,
        env: { ...process.env, ...environment },
    });
    const flags = JSON.stringify([environment, buildArguments(module), module.links ?? []]);
    return buildKey(await sources(directory), compiler, flags);
}

async function ensureProgram(module: GoModule): Promise<string> {
    const { directory, name } = module;
    return await ensureBuilt({
        name,
        key: await keyOf(module),
        cache: module.cache,
        title: `Building ${name} from Go modules${module.hint === undefined ? "" : ` (${module.hint})`}`,
        fill: async (into) => {
            const target = module.packages === undefined ? join(into, name) : `${into}/`;
            const generated = join(into, "generated");
            await mkdir(generated);
            const overlay = await writeOverlay(module, generated);
            // Ends with this process, however that ends: the next build must not meet this one.
            const build = [
                "setpriv",
                "--pdeathsig=INT",
                "go",
                "build",
                ...overlay,
                "-o",
                target,
                ...buildArguments(module),
            ];
            // Garbage is collected less often; that saves the compiler a sixth of its time and changes nothing in what it makes.
            await output(build, { cwd: directory, env: { ...process.env, ...environment, GOGC: "300" } });
            await rm(generated, { recursive: true });
            for (const link of module.links ?? []) {
                await symlink(name, join(into, link));
            }
        },
    });
}

/** The files of a folder and of those below it, by their path from there. */
async function sources(directory: string): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) {
            const file = join(entry.parentPath, entry.name);
            files[file.slice(directory.length + 1)] = await readFile(file, "utf8");
        }
    }
    return files;
}

/** Puts the generated files where Go takes them for files of the module: nothing is written among the sources. */
async function writeOverlay(module: GoModule, folder: string): Promise<string[]> {
    if (module.generate === undefined) {
        return [];
    }
    const replace: Record<string, string> = {};
    for (const [name, content] of Object.entries(await module.generate())) {
        const file = join(folder, name);
        await writeFile(file, content);
        replace[join(module.directory, name)] = file;
    }
    const overlay = join(folder, "overlay.json");
    await writeFile(overlay, JSON.stringify({ Replace: replace }));
    return ["-overlay", overlay];
}
