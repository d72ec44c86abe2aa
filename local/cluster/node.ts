import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { waitFor } from "../support/deadline";
import { processesOfPart, processesOfPods, removeCgroups } from "./cgroups";
import { networkName, paths } from "./layout";
import { removePodNetwork } from "./network";
import {
    endProcesses,
    ensurePart,
    fingerprint,
    isAlive,
    type Part,
    type ProcessRecord,
    processRecord,
    readRecord,
    stopPart,
} from "./processes";

const helpersUpper = "/run/mount-helpers";

/**
 * Puts the mount helpers of the cluster's folder into the node's /sbin: a script for a shell in the node's mount namespace. It
 * writes through the overlay, which would not see what appears below it.
 */
export const nodeMountHelpers: string =
    `for file in ${paths.mountHelpers}/*; do ` +
    `[ ! -e "$file" ] || cp -P --remove-destination "$file" "$(readlink -f /sbin)/"; done`;

/** The process that holds the node's mount namespace, by the name that `ps` shows. */
const holderTitle = "airflow-kubernetes-node";

/** The parts that run on the node, in the order they are stopped in. The rest is the control plane. */
export const nodeParts = [
    "kubelet",
    "kube-proxy",
    "network-policies",
    "storage-provisioner",
    "containerd",
    "node",
] as const;

/** What lies where on the node: a directory of the cluster's, and the path at which pods and programs of the node see it. */
export const nodeMounts: readonly { source: string; target: string }[] = [
    { source: paths.data, target: "/data" },
    { source: paths.volumes, target: "/tmp/hostpath-provisioner" },
    { source: paths.kubelet, target: "/var/lib/kubelet" },
    { source: paths.cni, target: "/var/lib/cni" },
    { source: paths.podLogs, target: "/var/log/pods" },
    { source: paths.containerLogs, target: "/var/log/containers" },
];

/**
 * The script of the holder. Mounts of the machine are seen on the node, not the other way round; among the node and its
 * containers they are shared, as the kubelet expects. /run is the node's own: sockets and network namespaces of containers
 * lie at paths that containerd has built in. /sbin can be written to without a change to the machine's, for the helpers by
 * which mount(8) mounts NFS. When the last process of the namespace ends, the kernel takes all mounts away.
 */
export function holderScript(): string {
    const binds = nodeMounts.map(({ source, target }) => `mount --bind ${source} ${target}`);
    return [
        "set -e",
        `if ! grep -q ' /run .* - tmpfs ${networkName} ' /proc/self/mountinfo; then`,
        `  if [ "$1" != inside ]; then exec unshare --mount --propagation slave bash -c "$0" "$0" inside; fi`,
        ...binds.map((line) => `  ${line}`),
        `  mount -t tmpfs -o mode=0755,nosuid,nodev ${networkName} ${paths.run}`,
        `  mkdir -p ${paths.run}/containerd ${paths.run}/netns ${paths.run}/lock ${paths.run}/mount`,
        "  if [ -d /run/systemd/resolve ]; then",
        `    mkdir -p ${paths.run}/systemd/resolve`,
        `    mount --bind /run/systemd/resolve ${paths.run}/systemd/resolve`,
        "  fi",
        `  mount --move ${paths.run} /run`,
        `  mkdir -p ${helpersUpper}/upper ${helpersUpper}/work`,
        '  sbin="$(readlink -f /sbin)"',
        `  mount -t overlay -o "lowerdir=$sbin,upperdir=${helpersUpper}/upper,workdir=${helpersUpper}/work" ${networkName} "$sbin"`,
        `  ${nodeMountHelpers}`,
        "  mount --make-rshared /",
        "fi",
        `exec -a ${holderTitle} sleep infinity`,
    ].join("\n");
}

/** Whether a mount table (/proc/PID/mountinfo) is that of the node. */
export function isNodeMountTable(mountInfo: string): boolean {
    return new RegExp(` /run .* - tmpfs ${networkName} `).test(mountInfo);
}

/** All processes in the node's mount namespace. */
export function nodeProcesses(): ProcessRecord[] {
    const pods = new Set(processesOfPods());
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name) && !pods.has(Number(name)))
        .filter((name) => {
            try {
                return isNodeMountTable(readFileSync(`/proc/${name}/mountinfo`, "utf8"));
            } catch {
                return false;
            }
        })
        .map((name) => processRecord(Number(name)))
        .filter((record) => record !== undefined);
}

function holder(mountNamespaceOf?: number): Part {
    const script = holderScript();
    return { name: "node", command: ["bash", "-c", script, script], mountNamespaceOf };
}

/** Whether the node's mount namespace is held as it should be; hands back the pid to enter it by. */
export async function nodePid(): Promise<number | undefined> {
    const record = await readRecord("node");
    return record !== undefined && isAlive(record) && record.fingerprint === fingerprint(holder())
        ? record.pid
        : undefined;
}

/**
 * Makes the node's mount namespace and hands back a pid to enter it by. A lost holder is replaced as long as anything else
 * of the node lives; when nothing does, what the pods left is cleared away first.
 */
export async function ensureNode(): Promise<number> {
    const running = await nodePid();
    if (running !== undefined) {
        return running;
    }
    if (isAlive(await readRecord("node"))) {
        await stopNode();
    }
    const [survivor] = nodeProcesses();
    if (survivor === undefined) {
        await stopNode();
        for (const { source } of nodeMounts) {
            await mkdir(source, { recursive: true });
        }
        await mkdir(paths.run, { recursive: true });
    }
    await ensurePart(holder(survivor?.pid));
    const pid = (await readRecord("node"))?.pid ?? 0;
    const isReady = async () =>
        existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(holderTitle);
    await waitFor(isReady, {
        within: 10_000,
        every: 20,
        what: "the node's mount namespace",
        explain: () => `See ${paths.log}/node.log`,
    });
    return pid;
}

/** The part of a program that runs on the node. */
export function onNode(pid: number, part: Part): Part {
    return { ...part, mountNamespaceOf: pid };
}

function records(pids: readonly number[]): ProcessRecord[] {
    return pids.map((pid) => processRecord(pid)).filter((record) => record !== undefined);
}

/** Ends all that runs on the node, pods first and politely, and removes what they leave outside of its mount namespace. */
export async function stopNode(): Promise<void> {
    // Without the kubelet nothing starts them again.
    await stopPart("kubelet");
    await endProcesses(records(processesOfPods()), 8_000);
    for (const name of nodeParts.filter((part) => part !== "node")) {
        await stopPart(name);
    }
    // Containers' shims and file system helpers, and what an interrupted start left unrecorded.
    for (let round = 0; round < 10; round++) {
        const left = [...nodeProcesses(), ...records([...processesOfPods(), ...nodeParts.flatMap(processesOfPart)])];
        if (left.length === 0) {
            break;
        }
        await endProcesses(left, round === 0 ? 2_000 : 0);
    }
    await stopPart("node");
    await removePodNetwork();
    await removeCgroups("kubepods");
}
