import { main } from "../support/main";
import { clusterDown, clusterReset, clusterStatus, clusterUp } from "./index";

const usage = `Usage: node --import tsx local/cluster/cli.ts <command>

  up      installs, builds and starts what the cluster lacks; changes nothing when it runs
  down    stops it; its data stays
  status  says which parts run and what is wrong; exit code 0 when it can be used
  reset   stops it and empties it: objects, certificates, the node's disks
`;

async function status(): Promise<number> {
    const { running, parts, problems, kubeconfigPath } = await clusterStatus();
    for (const [name, pid] of Object.entries(parts)) {
        console.log(`${name.padEnd(24)} ${pid === undefined ? "does not run" : `runs (pid ${pid})`}`);
    }
    console.log(running ? `ready: KUBECONFIG=${kubeconfigPath}` : `not ready: ${problems.join("; ")}`);
    return running ? 0 : 1;
}

const commands: Record<string, () => Promise<unknown>> = {
    up: () => clusterUp(),
    down: clusterDown,
    reset: clusterReset,
    status,
};

const chosen = commands[process.argv[2] ?? ""];
if (chosen === undefined || process.argv.length > 3) {
    process.stderr.write(usage);
    process.exitCode = 2;
} else {
    main(async () => {
        const code = await chosen();
        return typeof code === "number" ? code : 0;
    });
}
