import { existsSync, readFileSync } from "node:fs";
import { arch, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { coerce, lt } from "semver";
import { UserError } from "../support/errors";
import { capture, findOnPath } from "../support/execution";
import { asRoot, isRoot } from "../support/root";
import { cgroupProblem } from "./cgroups";
import { type DiskNeed, diskNeeds } from "./disk";
import { type Distribution, isSupported, parseOsRelease, supportedDistributions } from "./distribution";
import { nodeDevice } from "./layout";
import { isMachineChangedNow } from "./machine";
import { occupied } from "./network";
import { addresses, isWithin, rangeSetting } from "./ranges";

const gibibyte = 1024 ** 3;
const memoryNeeded = 6 * gibibyte;
// The kernel keeps a part of what a machine has for itself.
const memoryShown = 5.4 * gibibyte;
const oldestKernel = "5.13.0";

/** A way to a Kubernetes that needs nothing of this machine. */
export interface Elsewhere {
    readonly hasMinikube: boolean;
    /** The current kubectl context, when its cluster answers. */
    readonly context?: string;
}

/** What is looked at before anything is changed. */
export interface MachineFacts {
    platform: string;
    /** Of Linux only. */
    distribution?: Distribution;
    architecture: string;
    /** The kernel's release, as `uname -r` prints it. */
    kernel: string;
    isRoot: boolean;
    elsewhere: Elsewhere;
    /** As `go env GOVERSION` prints it; undefined without Go. */
    goVersion?: string;
    /** As `go env GOTOOLCHAIN` prints it: "local" forbids to download a newer Go. */
    goToolchain?: string;
    /** The newest version that the `go` lines of the modules ask for. */
    goNeeded: string;
    /** Bytes that can be used. */
    memory: number;
    disks: readonly DiskNeed[];
    /** What is wrong with the control groups. */
    cgroups?: Problem;
    routes: readonly Route[];
    /** What of others stands where the cluster's own would be. */
    occupied: readonly string[];
}

/** A route of the machine, as `ip -json route` prints it. */
export interface Route {
    dst: string;
    dev?: string;
}

/** What keeps the cluster from running, and what to do about it; each without a dot at its end. */
export interface Problem {
    what: string;
    remedy: string;
}

/** Whether a version ("go1.26.8", "1.25.0", "6.1.0-18-amd64") is older than another. */
export function isOlder(version: string, than: string): boolean {
    return lt(coerce(version) ?? "0.0.0", coerce(than) ?? "0.0.0");
}

/** A size as people read it. */
export function gibibytes(bytes: number): string {
    return `${(bytes / gibibyte).toFixed(1)} GiB`;
}

function useElsewhere({ hasMinikube, context }: Elsewhere): string {
    if (hasMinikube) {
        return "use minikube, which is installed: make up CLUSTER=minikube";
    }
    return context === undefined
        ? "use minikube (https://minikube.sigs.k8s.io): make up CLUSTER=minikube"
        : `use the cluster that kubectl reaches: make up CLUSTER=${context}`;
}

function goProblem(facts: MachineFacts): Problem | undefined {
    if (facts.goVersion === undefined) {
        return {
            what: "Go is not installed (no `go` on the PATH)",
            remedy: `install Go ${facts.goNeeded} or newer from https://go.dev/dl and put its bin folder on the PATH`,
        };
    }
    // From 1.21 on, Go fetches the version that a module asks for, unless it is told not to.
    const fetches = !isOlder(facts.goVersion, "1.21") && facts.goToolchain !== "local";
    return isOlder(facts.goVersion, facts.goNeeded) && !fetches
        ? {
              what: `Go is too old: ${facts.goVersion}, needed is ${facts.goNeeded} or newer`,
              remedy: "install a newer Go from https://go.dev/dl, or allow it to fetch one: go env -w GOTOOLCHAIN=auto",
          }
        : undefined;
}

function hopeless(facts: MachineFacts): Problem | undefined {
    const remedy = useElsewhere(facts.elsewhere);
    if (facts.platform !== "linux") {
        return { what: `it runs on Linux only, and this is ${facts.platform}`, remedy };
    }
    if (facts.distribution === undefined || !isSupported(facts.distribution)) {
        const name = facts.distribution?.name ?? "an unknown Linux";
        return { what: `it is made for ${supportedDistributions}, and this is ${name}`, remedy };
    }
    if (!["x64", "arm64"].includes(facts.architecture)) {
        return { what: `it runs on x64 and arm64, and this is ${facts.architecture}`, remedy };
    }
    if (isOlder(facts.kernel, oldestKernel)) {
        return { what: `it needs Linux 5.13 or newer, and this is ${facts.kernel}`, remedy };
    }
    return facts.isRoot
        ? undefined
        : { what: "it needs root", remedy: `${remedy}, or run it as root: ${asRoot} make up` };
}

function routeProblem(route: Route): Problem | undefined {
    const { range, pods, services, node } = addresses();
    const own = [pods, services, node].find((other) => isWithin(route.dst, other));
    return own === undefined
        ? undefined
        : {
              what: `the machine's network ${route.dst} (${route.dev ?? "route"}) lies in the cluster's own ${own}`,
              remedy: `give it another range than ${range}, such as ${rangeSetting}=172.24.0.0/16`,
          };
}

/** Everything that keeps the cluster from running on such a machine; what makes the rest idle is alone. */
export function problems(facts: MachineFacts): Problem[] {
    const only = hopeless(facts);
    if (only !== undefined) {
        return [only];
    }
    const found: (Problem | undefined)[] = [goProblem(facts)];
    if (facts.memory < memoryShown) {
        found.push({
            what: `there is too little memory: ${gibibytes(facts.memory)}, needed are ${gibibytes(memoryNeeded)}`,
            remedy: "use a machine with more memory, or a cluster elsewhere (CLUSTER=<kubectl context>)",
        });
    }
    for (const { directories, free, needed } of facts.disks) {
        if (free < needed) {
            found.push({
                what: `there is too little disk for ${directories.join(", ")}: ${gibibytes(free)} free, needed are ${gibibytes(needed)}`,
                remedy: "free some space, or move the cache with AIRFLOW_KUBERNETES_CACHE=<folder>",
            });
        }
    }
    found.push(facts.cgroups, ...facts.routes.map(routeProblem));
    if (facts.occupied.length > 0) {
        found.push({
            what: `another Kubernetes runs on this machine, or has left something: ${facts.occupied.join(", ")}`,
            remedy: "use that one (CLUSTER=<kubectl context>), or stop it and remove what is left",
        });
    }
    return found.filter((problem) => problem !== undefined);
}

/** All problems as one message. */
export function problemMessage(found: readonly Problem[]): string {
    const lines = found.map(({ what, remedy }) => `${what}; ${remedy}.`);
    const [first, ...others] = lines;
    return others.length === 0
        ? `The local cluster cannot run here: ${first}`
        : `The local cluster cannot run here:\n${lines.map((line) => `  - ${line}`).join("\n")}`;
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
            !(route.dev?.startsWith("veth") && isWithin(route.dst, addresses().pods)),
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

async function findElsewhere(): Promise<Elsewhere> {
    const hasMinikube = findOnPath("minikube") !== undefined;
    if (hasMinikube || findOnPath("kubectl") === undefined) {
        return { hasMinikube };
    }
    const context = (await capture(["kubectl", "config", "current-context"])).stdout.trim();
    const answer = await capture(["kubectl", "get", "--raw", "/readyz", "--request-timeout=3s"], { timeout: 5_000 });
    return { hasMinikube, context: answer.code === 0 && context !== "" ? context : undefined };
}

function usableMemory(): number {
    // In a container it may be less than the machine has; no limit is shown as nothing, or as more than there is.
    const limit = process.constrainedMemory();
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Looks at this machine. */
export async function machineFacts(): Promise<MachineFacts> {
    const root = isRoot();
    const osRelease = ["/etc/os-release", "/usr/lib/os-release"].find(existsSync);
    const distribution = osRelease === undefined ? undefined : parseOsRelease(readFileSync(osRelease, "utf8"));
    const isHome = root && distribution !== undefined && isSupported(distribution);
    return {
        platform: platform(),
        distribution,
        architecture: arch(),
        kernel: release(),
        isRoot: root,
        elsewhere: isHome ? { hasMinikube: false } : await findElsewhere(),
        goVersion: await goEnvironment("GOVERSION"),
        goToolchain: await goEnvironment("GOTOOLCHAIN"),
        goNeeded: newestGoNeeded(),
        memory: usableMemory(),
        disks: await diskNeeds(),
        cgroups: cgroupProblem(),
        routes: await routes(),
        occupied: root && !isMachineChangedNow() ? await occupied() : [],
    };
}

/** Throws one `UserError` that names everything that keeps the cluster from running on this machine. */
export async function preflight(): Promise<void> {
    const found = problems(await machineFacts());
    if (found.length > 0) {
        throw new UserError(problemMessage(found));
    }
}
