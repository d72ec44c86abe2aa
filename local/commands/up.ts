import { Session, type StackOutputs } from "../session/session";
import { requireFittingNodes } from "../session/singleNodeCheck";
import { startCluster } from "../session/targetCluster";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** What to tell once Airflow runs. */
export function welcome(outputs: StackOutputs, stack: string, took: string): string {
    const other = stack === "minikube" ? "" : ` STACK=${stack}`;
    return [
        "",
        `Airflow is up (${took}).`,
        "",
        `  URL       ${outputs.url}   (after: make ui${other})`,
        `  User      ${outputs.adminUser}`,
        `  Password  ${outputs.adminPassword}`,
        "",
        "Next:",
        `  make run-dag DAG=example_pods${other}   runs an example in pods of its own and prints its log`,
        `  make ui${other}                         opens Airflow in the browser`,
        `  make status${other}                     shows pods and, in plain words, what is wrong`,
        `  make down${other}                       removes it all; DAGs and logs stay`,
        "",
    ].join("\n");
}

async function up(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open();
    await startCluster(session.cluster);
    await requireFittingNodes(session.cluster, session.stackFileText);
    await session.select();
    // On a cluster of this machine a plan to agree to only costs time: make preview shows it without touching anything.
    const unasked = session.cluster.kind === "context" ? [] : ["--skip-preview"];
    const code = await session.operate(["up", ...session.agreed, ...unasked]);
    if (code !== 0) {
        say(`Not finished after ${watch.elapsed()}. make status tells what is wrong; make up goes on from here.`);
        return code;
    }
    process.stdout.write(welcome(await session.requireOutputs(), session.options.stack, watch.elapsed()));
    return 0;
}

if (require.main === module) {
    main(up);
}
