import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildRequirements, mountHelpers, nfsClient } from "../nfs";
import { UserError } from "../support/errors";
import { capture, output } from "../support/execution";
import { ensurePackages } from "../support/packages";
import { requireRoot } from "../support/root";
import { link } from "./binaries";
import { paths } from "./layout";
import { nodeMountHelpers, nodePid } from "./node";
import { packagesFor } from "./packages";

/** Whether a list of file systems (/proc/filesystems) has NFS. */
export function hasNfs(fileSystems: string): boolean {
    return /^\S*\s+nfs4?$/m.test(fileSystems);
}

/** Whether the kernel can mount NFS; loads its module where there is one. */
export async function kernelHasNfs(): Promise<boolean> {
    const has = () => hasNfs(readFileSync("/proc/filesystems", "utf8"));
    if (!has()) {
        await capture(["modprobe", "--quiet", "nfs"]).catch(() => undefined);
    }
    return has();
}

/** What a machine needs for mounting NFS, as packages it lacks: the machine's own client, or what local/nfs is built with. */
export function nfsPackages(kernel: boolean): string[] {
    const needs = kernel ? [{ name: "mount.nfs", package: "nfs-common" }] : buildRequirements;
    return packagesFor(needs);
}

/**
 * Makes the running cluster's node able to mount NFS: with the machine's own client where its kernel has one, else with that
 * of local/nfs, which is built when the cache lacks it. Only a cluster whose stack mounts NFS needs it; a call costs nothing
 * when it is there. `kernel` says which of the two, for tests.
 */
export async function ensureNfsClient(kernel?: boolean): Promise<void> {
    requireRoot("Making the local cluster mount NFS");
    if (kernel === undefined) {
        await ensureNfsClient(await kernelHasNfs());
        return;
    }
    await ensurePackages(nfsPackages(kernel));
    await mkdir(paths.mountHelpers, { recursive: true });
    if (kernel) {
        for (const name of await readdir(paths.mountHelpers)) {
            await rm(join(paths.mountHelpers, name));
        }
    } else {
        await requireFuse();
        const client = await nfsClient();
        for (const name of mountHelpers) {
            await link(client, join(paths.mountHelpers, name));
        }
    }
    const node = await nodePid();
    if (node !== undefined) {
        await output(["nsenter", `--mount=/proc/${node}/ns/mnt`, "--", "sh", "-euc", nodeMountHelpers]);
    }
}

async function requireFuse(): Promise<void> {
    const version = (await capture(["pkg-config", "--modversion", "fuse3"])).stdout.trim();
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 3 || (major === 3 && minor < 12)) {
        throw new UserError(
            `Mounting NFS needs libfuse 3.12 or newer here (this is ${version || "none"}), since the kernel has no NFS client: install the kernel's module nfs (Ubuntu: linux-modules-extra-$(uname -r)), or use Debian 12 or Ubuntu 24.04.`,
        );
    }
    if (!existsSync("/dev/fuse")) {
        throw new UserError(
            "Mounting NFS needs /dev/fuse here, since the kernel has no NFS client: in a container, start it with --device /dev/fuse.",
        );
    }
}
