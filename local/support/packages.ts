import { existsSync } from "node:fs";
import { UserError } from "./errors";
import { capture } from "./execution";
import { withHeartbeat } from "./progress";

async function isInstalled(name: string): Promise<boolean> {
    const { code, stdout } = await capture(["dpkg-query", "--status", name]).catch(() => ({ code: 1, stdout: "" }));
    return code === 0 && /^Status: install ok installed$/m.test(stdout);
}

/** Those of the Debian packages that this machine lacks; each once, sorted. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
    const wanted = [...new Set(names)].sort();
    const installed = await Promise.all(wanted.map(isInstalled));
    return wanted.filter((_, index) => !installed[index]);
}

// A package of somebody else's that stands in the way (Docker's containerd.io) is never removed for one of ours.
const options = ["-qq", "--yes", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=600"] as const;

/** Installs those of the Debian packages that the machine lacks; says which. Throws a `UserError` when apt-get cannot. */
export async function ensurePackages(names: readonly string[]): Promise<string[]> {
    const missing = await missingPackages(names);
    if (missing.length === 0) {
        return [];
    }
    if (!existsSync("/usr/bin/apt-get")) {
        throw new UserError(
            `Install ${missing.join(", ")} (names of Debian's packages): this machine has no apt-get to do it.`,
        );
    }
    const apt = (...arguments_: string[]) =>
        capture(["apt-get", ...arguments_], {
            env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "a" },
        });
    await withHeartbeat(`Installing Debian packages: ${missing.join(", ")}`, async () => {
        let result = await apt("install", ...options, ...missing);
        if (result.code !== 0) {
            // The lists may be missing, or name files that are gone from the mirror.
            await apt("update", "-qq", "-o", "DPkg::Lock::Timeout=600");
            result = await apt("install", ...options, ...missing);
        }
        if (result.code !== 0) {
            throw new UserError(
                `apt-get install ${missing.join(" ")} failed:\n${result.stderr.trim()}\n` +
                    "Run it by hand, then run this command again.",
            );
        }
    });
    return missing;
}
