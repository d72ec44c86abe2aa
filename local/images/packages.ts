import { existsSync } from "node:fs";
import { capture } from "../support/execution";
import { withHeartbeat } from "../support/progress";

async function isInstalled(name: string): Promise<boolean> {
    const { code, stdout } = await capture(["dpkg-query", "--status", name]);
    return code === 0 && /^Status: install ok installed$/m.test(stdout);
}

/** Installs those of the Debian packages that the machine lacks. */
export async function ensurePackages(names: readonly string[]): Promise<void> {
    if (!existsSync("/usr/bin/apt-get")) {
        throw new Error("building images needs apt: use a machine with Debian 12 or later, or Ubuntu 22.04 or later");
    }
    const installed = await Promise.all(names.map(isInstalled));
    const missing = names.filter((_, index) => !installed[index]);
    if (missing.length === 0) {
        return;
    }
    const install = () =>
        capture(["apt-get", "install", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", ...missing], {
            env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "a" },
        });
    await withHeartbeat(`Installing Debian packages: ${missing.join(", ")}`, async () => {
        let result = await install();
        if (result.code !== 0) {
            // The lists may be missing, or name files that are gone from the mirror.
            await capture(["apt-get", "update", "-qq", "-o", "DPkg::Lock::Timeout=600"]);
            result = await install();
        }
        if (result.code !== 0) {
            throw new Error(`apt-get install ${missing.join(" ")} failed:\n${result.stderr.trim()}`);
        }
    });
}
