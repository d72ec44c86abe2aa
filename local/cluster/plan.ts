import type { ImageName } from "../images";
import { missingPackages } from "../support/packages";
import { diskNeeds, type Made, made } from "./disk";
import { nodeDevice } from "./layout";
import { isMachineChangedNow, settingsToChange } from "./machine";
import { kernelHasNfs, nfsPackages } from "./nfs";
import { clusterNeeds, packagesFor } from "./packages";
import { gibibytes } from "./preflight";
import { addresses } from "./ranges";

/** What a start of the cluster is going to do on this machine. */
export interface Plan {
    /** Debian packages that are still to be installed. */
    readonly packages: readonly string[];
    /** Kernel settings that are to be changed. */
    readonly settings: readonly string[];
    /** Whether devices, routes and rules are still to be made. */
    readonly network: boolean;
    readonly made: Made;
    /** Images that are still to be built. */
    readonly images: readonly string[];
    /** Bytes that are going to be written. */
    readonly disk: number;
}

/** What is said of it before it begins, a line each; nothing when there is nothing to do. */
export function planLines({ packages, settings, network, made: done, images, disk }: Plan): string[] {
    const lines: string[] = [];
    if (packages.length > 0) {
        lines.push(`installs the Debian packages ${packages.join(", ")}`);
    }
    if (packages.includes("containerd")) {
        lines.push("switches off the service containerd that its package starts, until make clean");
    }
    if (network) {
        const { range } = addresses();
        lines.push(
            `makes the network device ${nodeDevice} with routes for ${range}, nftables tables (kube-proxy, airflow-kubernetes), and accepting rules in the firewall, until make cluster-down`,
        );
    }
    if (settings.length > 0) {
        lines.push(`changes the kernel settings ${settings.join(", ")}, until make cluster-down`);
    }
    if (!done.programs) {
        lines.push(
            "builds Kubernetes, etcd, CoreDNS and kube-network-policies from Go modules: about 9 minutes on 2 cores, kept for the next time",
        );
    }
    if (images.length > 0) {
        lines.push(`builds the images ${images.join(", ")}: 1 to 3 minutes, kept for the next time`);
    }
    if (lines.length > 0 && (!done.programs || images.length > 0)) {
        lines.push(`writes up to ${gibibytes(disk)} to disk`);
    }
    return lines;
}

/** What `clusterUp`, `ensureImages` and, with `nfs`, `ensureNfsClient` would install, change and build now; empty when nothing. */
export async function plannedChanges(images: readonly ImageName[], nfs = false): Promise<string[]> {
    const { imagePackages, unbuiltImages } = await import("../images/index.js");
    const isUp = isMachineChangedNow();
    // A cluster that runs has its own.
    const all: readonly ImageName[] = isUp ? images : ["pause", "coredns", ...images];
    const packages = [
        ...packagesFor(clusterNeeds),
        ...imagePackages(all),
        ...(nfs ? nfsPackages(await kernelHasNfs()) : []),
    ];
    return planLines({
        packages: await missingPackages(packages),
        settings: isUp ? [] : settingsToChange(),
        network: !isUp,
        made: await made(),
        images: unbuiltImages(all),
        disk: (await diskNeeds()).reduce((sum, { needed }) => sum + needed, 0),
    });
}
