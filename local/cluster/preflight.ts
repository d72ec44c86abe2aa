import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { arch, platform, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { capture } from "../support/execution";
import { cacheDirectory, clusterDirectory } from "../support/paths";
import { addresses, nodeDevice, paths } from "./layout";
import { missingPrograms, packagesOf } from "./packages";

const gibibyte = 1024 ** 3;
const memoryNeeded = 6 * gibibyte;
const diskNeededFirst = 10 * gibibyte;
const diskNeededLater = 2 * gibibyte;

/** What is looked at before anything is changed. */
export interface MachineFacts {
    platform: string;
    architecture: string;
    isRoot: boolean;
    /** As `go env GOVERSION` prints it; undefined without Go. */
    goVersion?: string;
    /** As `go env GOTOOLCHAIN` prints it: "local" forbids to download a newer Go. */
    goToolchain?: string;
    /** The newest version that the `go` lines of the modules ask for. */
    goNeeded: string;
    memory: number;
    /** Whether programs and images were built before: most of the space they need is taken then. */
    isBuilt: boolean;
    /** Free bytes in each directory that is written to. */
    free: Record<string, number>;
    missingPackages: readonly string[];
    hasApt: boolean;
    hasCgroups: boolean;
    routes: readonly Route[];
}

/** A route of the machine, as `ip -json route` prints it. */
export interface Route {
    dst: string;
    dev?: string;
}

/** What keeps the cluster from running, and what to do about it. */
export interface Problem {
    what: string;
    remedy: string;
}

function versionNumbers(version: string): number[] {
    return (/\d+(\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}

/** Whether a version ("go1.26.8", "1.25.0") is older than another. */
export function isOlder(version: string, than: string): boolean {
    const [left, right] = [versionNumbers(version), versionNumbers(than)];
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
        const difference = (left[index] ?? 0) - (right[index] ?? 0);
        if (difference !== 0) {
            return difference < 0;
        }
    }
    return false;
}

function addressRange(text: string): [number, number] {
    const [address = "", length = "32"] = text.split("/");
    const start = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
    const size = 2 ** (32 - Number(length));
    return [Math.floor(start / size) * size, Math.floor(start / size) * size + size - 1];
}

/** Whether two IPv4 ranges ("10.96.0.0/12", "10.1.2.3") have an address in common. */
export function overlap(left: string, right: string): boolean {
    const [leftStart, leftEnd] = addressRange(left);
    const [rightStart, rightEnd] = addressRange(right);
    return leftStart <= rightEnd && rightStart <= leftEnd;
}

function gibibytes(bytes: number): string {
    return `${(bytes / gibibyte).toFixed(1)} GiB`;
}

function goProblem(facts: MachineFacts): Problem | undefined {
    if (facts.goVersion === undefined) {
        return {
            what: "Go is not installed (no `go` on the PATH).",
            remedy: `Install Go ${facts.goNeeded} or newer from https://go.dev/dl and put its bin folder on the PATH.`,
        };
    }
    // From 1.21 on, Go fetches the version that a module asks for, unless it is told not to.
    const fetches = !isOlder(facts.goVersion, "1.21") && facts.goToolchain !== "local";
    return isOlder(facts.goVersion, facts.goNeeded) && !fetches
        ? {
              what: `Go is too old: ${facts.goVersion}, needed is ${facts.goNeeded} or newer.`,
              remedy: "Install a newer Go from https://go.dev/dl, or allow it to fetch one: `go env -w GOTOOLCHAIN=auto`.",
          }
        : undefined;
}

/** Everything that keeps the cluster from running on such a machine. */
export function problems(facts: MachineFacts): Problem[] {
    if (facts.platform !== "linux") {
        return [
            {
                what: `The local cluster runs on Linux only; this is ${facts.platform}.`,
                remedy: "Use minikube (https://minikube.sigs.k8s.io) and `make up CLUSTER=minikube`, or a Linux machine.",
            },
        ];
    }
    const found: (Problem | undefined)[] = [];
    if (!["x64", "arm64"].includes(facts.architecture)) {
        found.push({
            what: `The processor is ${facts.architecture}; Kubernetes runs here on x64 and arm64.`,
            remedy: "Use another machine.",
        });
    }
    if (!facts.isRoot) {
        found.push({
            what: "Not root: containers, network devices and mounts need it.",
            remedy: "Run the same command as root (sudo -E keeps your Go and your cache).",
        });
    }
    found.push(goProblem(facts));
    if (facts.memory < memoryNeeded) {
        found.push({
            what: `Too little memory: ${gibibytes(facts.memory)}, needed are ${gibibytes(memoryNeeded)}.`,
            remedy: "Use a machine with more memory, or a cluster elsewhere (CLUSTER=<kubectl context>).",
        });
    }
    const diskNeeded = facts.isBuilt ? diskNeededLater : diskNeededFirst;
    for (const [directory, free] of Object.entries(facts.free)) {
        if (free < diskNeeded) {
            found.push({
                what: `Too little disk: ${gibibytes(free)} free for ${directory}, needed are ${gibibytes(diskNeeded)}.`,
                remedy:
                    directory === clusterDirectory
                        ? "Free some space."
                        : "Free some space, or move it with AIRFLOW_KUBERNETES_CACHE.",
            });
        }
    }
    if (facts.missingPackages.length > 0 && !facts.hasApt) {
        found.push({
            what: `Programs are missing that the Debian packages ${facts.missingPackages.join(", ")} have, and there is no apt-get.`,
            remedy: "Install what your distribution calls them.",
        });
    }
    if (!facts.hasCgroups) {
        found.push({
            what: "No cgroups are mounted under /sys/fs/cgroup: containers cannot be limited.",
            remedy: "In a container, start it with --privileged; otherwise mount them.",
        });
    }
    for (const route of facts.routes) {
        const own = [addresses.pods, addresses.services, addresses.node].find((range) => overlap(range, route.dst));
        if (own !== undefined) {
            found.push({
                what: `The machine's network ${route.dst} (${route.dev ?? "route"}) overlaps with the cluster's own ${own}.`,
                remedy: "Disconnect that network (a VPN?), or use a cluster elsewhere (CLUSTER=<kubectl context>).",
            });
        }
    }
    return found.filter((problem) => problem !== undefined);
}

/** All problems as one message. */
export function problemMessage(found: readonly Problem[]): string {
    const lines = found.map(({ what, remedy }) => `  - ${what}\n    ${remedy}`);
    return `The local cluster cannot run here:\n${lines.join("\n")}`;
}

async function freeBytes(directory: string): Promise<number> {
    let existing = directory;
    while (!existsSync(existing)) {
        existing = dirname(existing);
    }
    const { bavail, bsize } = await statfs(existing);
    return bavail * bsize;
}

/** Routes to others: no default route, none of the cluster's own, no IPv6. */
export function foreignRoutes(ipRouteJson: string): Route[] {
    const all = JSON.parse(ipRouteJson || "[]") as (Route & { type?: string; gateway?: string; via?: unknown })[];
    return all.filter(
        (route) =>
            route.dst !== "default" &&
            !route.dst.includes(":") &&
            route.dev !== nodeDevice &&
            route.type !== "blackhole" &&
            !(route.dev?.startsWith("veth") && overlap(route.dst, addresses.pods)),
    );
}

async function goEnvironment(name: string): Promise<string | undefined> {
    try {
        const { code, stdout } = await capture(["go", "env", name]);
        return code === 0 ? stdout.trim() : undefined;
    } catch {
        return undefined;
    }
}

/** Whether a Go is on the PATH. */
export async function hasGo(): Promise<boolean> {
    return (await goEnvironment("GOVERSION")) !== undefined;
}

async function routes(): Promise<Route[]> {
    try {
        return foreignRoutes((await capture(["ip", "-json", "route", "show"])).stdout);
    } catch {
        // Without `ip` nothing can be said; it is installed later.
        return [];
    }
}

function newestGoNeeded(): string {
    const needed = ["kubernetes", "etcd", "coredns"].map(
        (module) => /^go (\S+)$/m.exec(readFileSync(join(__dirname, "go", module, "go.mod"), "utf8"))?.[1] ?? "1.0",
    );
    return needed.reduce((newest, version) => (isOlder(newest, version) ? version : newest));
}

/** Looks at this machine. */
export async function machineFacts(): Promise<MachineFacts> {
    return {
        platform: platform(),
        architecture: arch(),
        isRoot: process.getuid?.() === 0,
        goVersion: await goEnvironment("GOVERSION"),
        goToolchain: await goEnvironment("GOTOOLCHAIN"),
        goNeeded: newestGoNeeded(),
        memory: totalmem(),
        isBuilt: [join(cacheDirectory, "bin"), join(cacheDirectory, "images"), paths.containerd].every(existsSync),
        free: {
            [clusterDirectory]: await freeBytes(clusterDirectory),
            [cacheDirectory]: await freeBytes(cacheDirectory),
        },
        missingPackages: packagesOf(missingPrograms()),
        hasApt: existsSync("/usr/bin/apt-get"),
        hasCgroups: existsSync("/sys/fs/cgroup") && /\scgroup2?\s/.test(readFileSync("/proc/self/mounts", "utf8")),
        routes: await routes(),
    };
}

/** Throws one error that names everything that keeps the cluster from running on this machine. */
export async function preflight(): Promise<void> {
    const found = problems(await machineFacts());
    if (found.length > 0) {
        throw new Error(problemMessage(found));
    }
}
