import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildRequirements } from "../nfs/index";
import { capture, systemPath } from "../support/execution";
import { withHeartbeat } from "../support/progress";

/** A program that the cluster calls or is built with, and the Debian package it comes in. */
interface Program {
    name: string;
    package: string;
    /** Where it lies when it is not on the PATH. */
    directories?: readonly string[];
}

/** Where the CNI plugins lie: Debian's place, then the one everybody else uses. */
export const cniDirectories = ["/usr/lib/cni", "/opt/cni/bin"] as const;

const programs: readonly Program[] = [
    { name: "containerd", package: "containerd" },
    { name: "ctr", package: "containerd" },
    { name: "containerd-shim-runc-v2", package: "containerd" },
    { name: "runc", package: "runc" },
    { name: "ptp", package: "containernetworking-plugins", directories: cniDirectories },
    { name: "portmap", package: "containernetworking-plugins", directories: cniDirectories },
    { name: "host-local", package: "containernetworking-plugins", directories: cniDirectories },
    { name: "ip", package: "iproute2" },
    { name: "nft", package: "nftables" },
    { name: "iptables-save", package: "iptables" },
    { name: "unshare", package: "util-linux" },
    { name: "nsenter", package: "util-linux" },
    { name: "mount", package: "mount" },
    ...buildRequirements,
];

function isThere(program: Program): boolean {
    const directories = program.directories ?? systemPath().split(delimiter);
    return directories.some((directory) => existsSync(join(directory, program.name)));
}

/** The programs that are not on this machine. */
export function missingPrograms(): Program[] {
    return programs.filter((program) => !isThere(program));
}

/** The packages that have the programs, each once. */
export function packagesOf(missing: readonly { package: string }[]): string[] {
    return [...new Set(missing.map((program) => program.package))].sort();
}

/** Installs the Debian packages of the programs that are missing. */
export async function ensurePackages(): Promise<void> {
    const missing = packagesOf(missingPrograms());
    if (missing.length === 0) {
        return;
    }
    const apt = (arguments_: string[]) =>
        capture(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600", ...arguments_], {
            env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "a" },
        });
    const install = () => apt(["install", "--yes", "--no-install-recommends", ...missing]);
    await withHeartbeat(`Installing Debian packages: ${missing.join(", ")}`, async () => {
        let result = await install();
        if (result.code !== 0) {
            // The lists may be missing or name files that are gone from the mirror.
            await apt(["update"]);
            result = await install();
        }
        if (result.code !== 0) {
            throw new Error(
                `apt-get install ${missing.join(" ")} failed:\n${result.stderr.trim()}\n` +
                    "Try it by hand, then run this command again.",
            );
        }
    });
    if (missing.includes("containerd") && existsSync("/run/systemd/system")) {
        // The package starts a containerd of the machine, which nobody asked for: the cluster runs its own.
        await capture(["systemctl", "disable", "--now", "containerd.service"]);
    }
    const still = packagesOf(missingPrograms());
    if (still.length > 0) {
        throw new Error(`apt-get installed ${still.join(", ")}, but programs of them are not where they should be.`);
    }
}
