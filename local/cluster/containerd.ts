import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../support/deadline";
import { UserError } from "../support/errors";
import { type CaptureOptions, capture, output } from "../support/execution";
import { writeConfiguration } from "./configuration";
import { containerdSocket, paths } from "./layout";
import { cniConfiguration } from "./network";
import { nodePid, onNode } from "./node";
import { cniDirectories } from "./packages";
import { logTail, type Part } from "./processes";

/** The image that holds a pod's namespaces. */
export const pauseImage = "registry.k8s.io/pause:3.10";

const cniConfigurationDirectory = join(paths.configuration, "cni");

/** containerd's configuration: all it keeps is under the cluster's directory or in the node's own /run. */
export function containerdConfiguration(cniDirectory: string): string {
    return `version = 2
root = "${paths.containerd}"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.internal.v1.opt"]
  path = "${paths.containerd}/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # A machine may lack the capability to lower scores (CAP_SYS_RESOURCE), and every pod would fail without this.
  restrict_oom_score_adj = true
  disable_apparmor = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniDirectory}"
    conf_dir = "${cniConfigurationDirectory}"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

/** Writes containerd's configuration and describes how it is started. */
export async function containerdPart(node: number): Promise<Part> {
    const cniDirectory = cniDirectories.find((directory) => existsSync(join(directory, "ptp"))) ?? cniDirectories[0];
    const text = containerdConfiguration(cniDirectory);
    const file = await writeConfiguration("containerd.toml", text);
    await mkdir(cniConfigurationDirectory, { recursive: true });
    const network = cniConfiguration();
    await writeConfiguration(join("cni", "10-airflow-kubernetes.conflist"), network);
    return onNode(node, {
        name: "containerd",
        command: ["containerd", "--config", file],
        configuration: [text, network],
    });
}

async function ctr(arguments_: readonly string[], options: CaptureOptions = {}): Promise<string> {
    const pid = await nodePid();
    if (pid === undefined) {
        throw new UserError("The local cluster is not running. Start it: make cluster-up (or make up).");
    }
    const entered = [
        `--mount=/proc/${pid}/ns/mnt`,
        "--",
        "ctr",
        "--address",
        containerdSocket,
        "--namespace",
        "k8s.io",
    ];
    return output(["nsenter", ...entered, ...arguments_], options);
}

/** Waits until containerd answers. */
export async function waitForContainerd(node: number): Promise<void> {
    const arguments_ = [`--mount=/proc/${node}/ns/mnt`, "--", "ctr", "--address", containerdSocket];
    await waitFor(
        async () => (await capture(["nsenter", ...arguments_, "plugins", "ls"], { timeout: 5_000 })).code === 0,
        {
            within: 60_000,
            every: 150,
            what: "containerd to answer",
            explain: async () => `Its log ends with:\n${await logTail("containerd")}`,
        },
    );
}

/** Imports the images of an OCI or Docker archive into the running cluster, under the names that the archive gives. */
export async function importImage(archivePath: string): Promise<void> {
    await ctr(["images", "import", "-"], { inputFile: archivePath });
}

/** The digest of an image that the running cluster has; undefined when it has none of that name. */
export async function imageDigest(name: string): Promise<string | undefined> {
    return findDigest(await ctr(["images", "list"]), name);
}

/** Removes the images of the running cluster whose names begin with a text, and what only they are made of. */
export async function removeImages(prefix: string): Promise<void> {
    const names = (await ctr(["images", "list", "--quiet"])).split("\n").filter((name) => name.startsWith(prefix));
    if (names.length > 0) {
        await ctr(["images", "remove", "--sync", ...names]);
    }
}

/** The digest of a name in what `ctr images list` prints. */
export function findDigest(list: string, name: string): string | undefined {
    for (const line of list.split("\n")) {
        const [reference, , digest] = line.split(/\s+/);
        if (reference === name) {
            return digest;
        }
    }
    return undefined;
}
