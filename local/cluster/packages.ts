import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../support/errors";
import { systemPath } from "../support/execution";
import { ensurePackages } from "../support/packages";
import { progress } from "../support/progress";
import { disableService } from "./machine";

/** A file that something needs, and the Debian package it comes in. */
export interface Need {
    readonly name: string;
    readonly package: string;
    /** Where it lies when it is not on the PATH. */
    readonly directories?: readonly string[];
}

/** Where the CNI plugins lie: Debian's place, then those that others use. */
export const cniDirectories = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"] as const;

const cniPlugin = (name: string): Need => ({
    name,
    package: "containernetworking-plugins",
    directories: cniDirectories,
});

/** The programs that the cluster calls. */
export const clusterNeeds: readonly Need[] = [
    { name: "containerd", package: "containerd" },
    { name: "ctr", package: "containerd" },
    { name: "containerd-shim-runc-v2", package: "containerd" },
    { name: "runc", package: "runc" },
    cniPlugin("ptp"),
    cniPlugin("portmap"),
    cniPlugin("host-local"),
    { name: "ip", package: "iproute2" },
    { name: "nft", package: "nftables" },
    { name: "iptables-save", package: "iptables" },
    { name: "unshare", package: "util-linux" },
    { name: "nsenter", package: "util-linux" },
    { name: "mount", package: "mount" },
];

function isThere({ name, directories = systemPath().split(delimiter) }: Need): boolean {
    return directories.some((directory) => existsSync(join(directory, name)));
}

/** The packages of the needs that this machine does not meet, each once: what comes from elsewhere counts as well. */
export function packagesFor(needs: readonly Need[], isMet: (need: Need) => boolean = isThere): string[] {
    return [...new Set(needs.filter((need) => !isMet(need)).map((need) => need.package))].sort();
}

/** Installs what the cluster calls, and other Debian packages with it. */
export async function ensureClusterPackages(others: readonly string[] = []): Promise<void> {
    const installed = await ensurePackages([...packagesFor(clusterNeeds), ...others]);
    // The package starts a containerd of the machine, which nobody asked for: the cluster runs its own.
    if (installed.includes("containerd") && (await disableService("containerd.service"))) {
        progress("Switched off the service containerd that the package has started; make clean switches it on again");
    }
    const still = packagesFor(clusterNeeds);
    if (still.length > 0) {
        throw new UserError(
            `Programs of ${still.join(", ")} are not where Debian has them: reinstall with apt-get install --reinstall ${still.join(" ")}.`,
        );
    }
}
