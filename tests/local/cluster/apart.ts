import { expect } from "chai";
import { capture, systemPath } from "../../../local/support/execution";
import { clusterDirectory, repositoryDirectory } from "../../../local/support/paths";

/** What `apart` runs with; it needs root, too. */
export const apartPrograms = ["unshare", "ip", "nft", "iptables"];

/**
 * Runs a shell script where nothing is the machine's: network, mounts and processes are its own, there are no cgroups, and the
 * cluster's directory is empty. `cluster COMMAND` in it is the program of local/cluster, and `load NAMES TEXT` runs
 * TypeScript with these names from its network.
 */
export async function apart(script: string, path = systemPath(process.env.PATH)): Promise<string[]> {
    const prelude = `
        umount --recursive --lazy /sys/fs/cgroup
        mount -t tmpfs test ${clusterDirectory}
        cluster() { "$NODE" --import tsx local/cluster/cli.ts "$1" 2>&1 | sed "s/^\\[[^]]*\\] //"; }
        load() { "$NODE" --import tsx --eval "const { $1 } = require('./local/cluster/network'); $2"; }
    `;
    const { code, stdout, stderr } = await capture(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "bash", "-euc", `${prelude}\n${script}`],
        { cwd: repositoryDirectory, env: { ...process.env, NODE: process.execPath, PATH: path }, timeout: 60_000 },
    );
    expect(code, stderr).to.equal(0);
    return stdout.trim().split("\n");
}
