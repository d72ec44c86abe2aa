import { lstatSync, readlinkSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureBuilt } from "../support/buildCache";
import { buildKey } from "../support/buildKey";
import { output } from "../support/execution";
import { paths } from "./layout";

/** What is built from the Go modules under `go/`. */
export type GoBinary = "kubernetes" | "etcd" | "coredns";

/** The names by which the program "kubernetes" is called: it is what its name says. */
export const kubernetesNames = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
    "kubeadm",
    "storage-provisioner",
] as const;

const sources = join(__dirname, "go");

/** The version that a go.mod requires of a module. */
export function requiredVersion(goMod: string, module: string): string {
    const version = goMod.match(new RegExp(`^(?:require)?\\s*${module.replaceAll(".", "\\.")} (v\\S+)`, "m"))?.[1];
    if (version === undefined) {
        throw new Error(`go.mod requires no ${module}`);
    }
    return version;
}

/** The linker's flags that tell a Kubernetes program its version: clients and the API server parse it and compare. */
export function kubernetesVersionFlags(version: string): string {
    const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
    const values = {
        gitVersion: version,
        gitMajor: major,
        gitMinor: minor,
        gitTreeState: "clean",
        // Neither is known from a module, and a changing date would make each build another file.
        gitCommit: "0000000000000000000000000000000000000000",
        buildDate: "1970-01-01T00:00:00Z",
    };
    return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
        .flatMap((where) => Object.entries(values).map(([name, value]) => `-X ${where}.${name}=${value}`))
        .join(" ");
}

let compiler: Promise<string> | undefined;

async function build(name: GoBinary): Promise<{ key: string; flags: string }> {
    const source = join(sources, name);
    const files: Record<string, string> = {};
    for (const file of await readdir(source)) {
        files[file] = await readFile(join(source, file), "utf8");
    }
    compiler ??= output(["go", "env", "GOVERSION", "GOOS", "GOARCH"], { cwd: source });
    const stamps =
        name === "kubernetes"
            ? ` ${kubernetesVersionFlags(requiredVersion(files["go.mod"], "k8s.io/kubernetes"))}`
            : "";
    const flags = `-s -w${stamps}`;
    return { key: `${name}-${buildKey(files, await compiler, flags)}`, flags };
}

const running = new Map<GoBinary, Promise<string>>();

/** The path of a program built from a Go module of this folder; builds it when the cache lacks it. */
export function goBinary(name: GoBinary): Promise<string> {
    let result = running.get(name);
    if (result === undefined) {
        result = ensureBinary(name);
        running.set(name, result);
    }
    return result;
}

async function ensureBinary(name: GoBinary): Promise<string> {
    const { key, flags } = await build(name);
    const hint = name === "kubernetes" ? " (about 6 minutes on 2 cores; kept for the next time)" : "";
    const directory = await ensureBuilt({
        name: key,
        title: `Building ${name} from Go modules${hint}`,
        fill: async (into) => {
            await output(["go", "build", "-trimpath", "-ldflags", flags, "-o", join(into, name), "."], {
                cwd: join(sources, name),
                env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" },
            });
            if (name === "kubernetes") {
                for (const link of kubernetesNames) {
                    await symlink(name, join(into, link));
                }
            }
        },
    });
    return join(directory, name);
}

/** Where the programs of the local cluster are found by name, kubectl among them. Filled by `up`. */
export function binDirectory(): string {
    return paths.binaries;
}

/** Builds all that the cluster runs on the machine itself and links it into `binDirectory`. */
export async function ensureBinaries(): Promise<void> {
    const kubernetes = await goBinary("kubernetes");
    const etcd = await goBinary("etcd");
    await mkdir(paths.binaries, { recursive: true });
    for (const name of kubernetesNames) {
        await link(join(dirname(kubernetes), name), join(paths.binaries, name));
    }
    await link(etcd, join(paths.binaries, "etcd"));
}

/** Makes a symbolic link, in place of one that leads elsewhere. */
export async function link(target: string, path: string): Promise<void> {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target) {
        return;
    }
    const temporary = `${path}.${process.pid}.tmp`;
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, path);
}
