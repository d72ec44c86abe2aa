import { projectName, stackValue } from "../pulumi/stackFile";
import { resourcesOf, unrecordedCreations, withoutPendingOperations } from "../pulumi/stackState";
import { refreshFlags, removeUnrecorded } from "../session/lostObjects";
import { unnamedData } from "../session/retained";
import { Session } from "../session/session";
import { stackNeeds } from "../session/stackNeeds";
import { isRunning, requireCluster, startCluster } from "../session/targetCluster";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Removes everything that the stack made. What lies on its volumes stays. */
async function down(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open();
    const { cluster, options } = session;
    const known = await session.state();
    if (resourcesOf(known).length === 0 && unrecordedCreations(known).length === 0) {
        say(`Nothing of stack ${options.stack} is deployed.`);
        return 0;
    }
    if (cluster.kind === "local" && !(await isRunning(cluster))) {
        say("The local cluster is stopped; it is started, so that what is in it can be removed.");
        await startCluster(cluster, stackNeeds(session.stackFileText));
    }
    await requireCluster(cluster);
    const state = await session.take();
    const retained = (await session.outputs())?.retained ?? [];
    const code = await session.destroy(await refreshFlags(cluster, state, options.stack));
    if (code !== 0) {
        say(`Not finished after ${watch.elapsed()}. make status tells what is left; make down goes on from here.`);
        return code;
    }
    if (unrecordedCreations(state).length > 0) {
        await removeUnrecorded(cluster, unrecordedCreations(state));
        await session.replaceState(withoutPendingOperations(await session.state()));
    }
    const unnamed = unnamedData(session.stackFileText, retained);
    say(`\nDown (${watch.elapsed()}). ${whatStays(session.stackFileText, cluster.kind === "local", unnamed)}`);
    return 0;
}

/** What a destroy leaves, by the stack's own settings, and what is to be done to find it again. */
export function whatStays(stackFile: string, local: boolean, unnamed?: string): string {
    const database = stackValue(stackFile, `${projectName}:database`) as { retain?: boolean } | undefined;
    const storage = stackValue(stackFile, `${projectName}:storage`) as { hostPath?: string } | undefined;
    const where = storage?.hostPath === undefined ? "" : ` (${storage.hostPath} on the node)`;
    const found = unnamed === undefined ? "; the next make up finds them" : "";
    return [
        database?.retain === true
            ? `DAGs, logs and the database stay on their volumes${where}${found}.`
            : `DAGs and logs stay on their volumes${where}${found}; the database is gone.`,
        ...(unnamed === undefined ? [] : [unnamed]),
        local ? "The local cluster runs on: make cluster-down stops it, make clean removes it with all data." : "",
    ]
        .join("\n")
        .trim();
}

if (require.main === module) {
    main(down);
}
