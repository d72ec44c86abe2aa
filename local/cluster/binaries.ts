import { lstatSync, readlinkSync } from "node:fs";
import { mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type GoModule, goProgram, isBuilt, requiredVersion } from "../support/goProgram";
import { paths } from "./layout";

/** What is built from the Go modules under `go/`. */
export type GoBinary = "kubernetes" | "etcd" | "coredns" | "network-policies";

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

/** The linker's flags that tell a Kubernetes program its version: clients and the API server parse it and compare. */
export function kubernetesVersionFlags(version: string): string[] {
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
    return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((where) =>
        Object.entries(values).map(([name, value]) => `-X ${where}.${name}=${value}`),
    );
}

async function goModule(name: GoBinary): Promise<GoModule> {
    const directory = join(sources, name);
    if (name !== "kubernetes") {
        return { name, directory };
    }
    const version = requiredVersion(await readFile(join(directory, "go.mod"), "utf8"), "k8s.io/kubernetes");
    return {
        name,
        directory,
        hint: "about 6 minutes on 2 cores; kept for the next time",
        linkerFlags: kubernetesVersionFlags(version),
        links: kubernetesNames,
    };
}

/** The path of a program built from a Go module of this folder; builds it when the cache lacks it. */
export async function goBinary(name: GoBinary): Promise<string> {
    return join(await goProgram(await goModule(name)), name);
}

/** Whether the cache has what the cluster runs on the machine itself, as it is now; false without a Go to tell by. */
export async function areBinariesBuilt(): Promise<boolean> {
    const modules = await Promise.all([goModule("kubernetes"), goModule("etcd"), goModule("network-policies")]);
    const built = await Promise.all(modules.map(isBuilt)).catch(() => [false]);
    return built.every(Boolean);
}

/** Where the programs of the local cluster are found by name, kubectl among them. Filled by `up`. */
export function binDirectory(): string {
    return paths.binaries;
}

/** Builds all that the cluster runs on the machine itself and links it into `binDirectory`. */
export async function ensureBinaries(): Promise<void> {
    const kubernetes = await goBinary("kubernetes");
    const etcd = await goBinary("etcd");
    // After Kubernetes, most of whose packages it has.
    const networkPolicies = await goBinary("network-policies");
    await mkdir(paths.binaries, { recursive: true });
    for (const name of kubernetesNames) {
        await link(join(dirname(kubernetes), name), join(paths.binaries, name));
    }
    await link(etcd, join(paths.binaries, "etcd"));
    await link(networkPolicies, join(paths.binaries, "network-policies"));
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
