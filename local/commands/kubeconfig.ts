import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { readOptions } from "../session/options";
import { chooseCluster } from "../session/targetCluster";
import { UserError } from "../support/errors";
import { main } from "../support/main";

/** Prints the path of the kubeconfig file that reaches the cluster: `export KUBECONFIG=$(make kubeconfig)`. */
async function kubeconfig(): Promise<undefined> {
    const cluster = chooseCluster(readOptions().cluster);
    const path = cluster.kubeconfig ?? (process.env.KUBECONFIG || join(homedir(), ".kube", "config"));
    if (!path.split(delimiter).some((file) => existsSync(file))) {
        const made = cluster.kind === "local" ? " make cluster-up makes it." : "";
        throw new UserError(`There is no ${path} yet.${made}`);
    }
    process.stdout.write(`${path}\n`);
}

main(kubeconfig);
