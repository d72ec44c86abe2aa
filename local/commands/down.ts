import { parse } from "yaml";
import { projectName } from "../pulumi/stackFile";
import { resourcesOf, unrecordedCreations, withoutPendingOperations } from "../pulumi/stackState";
import { refreshFlags, removeUnrecorded } from "../session/lostObjects";
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
    const code = await session.destroy(await refreshFlags(cluster, state, options.stack));
    if (code !== 0) {
        say(`Not finished after ${watch.elapsed()}. make status tells what is left; make down goes on from here.`);
        return code;
    }
    if (unrecordedCreations(state).length > 0) {
        await removeUnrecorded(cluster, unrecordedCreations(state));
        await session.replaceState(withoutPendingOperations(await session.state()));
    }
    say(`\nDown (${watch.elapsed()}). ${whatStays(session.stackFileText, cluster.kind === "local")}`);
    return 0;
}

/** What a destroy leaves, by the stack's own settings. */
export function whatStays(stackFile: string, local: boolean): string {
    const { config } = (parse(stackFile) ?? {}) as { config?: Record<string, unknown> };
    const database = config?.[`${projectName}:database`] as { retain?: boolean } | undefined;
    const storage = config?.[`${projectName}:storage`] as { hostPath?: string } | undefined;
    const where = storage?.hostPath === undefined ? "" : ` (${storage.hostPath} on the node)`;
    return [
        database?.retain === true
            ? `DAGs, logs and the database stay on their volumes${where}; the next make up finds them.`
            : `DAGs and logs stay on their volumes${where}; the database is gone.`,
        local ? "The local cluster runs on: make cluster-down stops it, make clean removes it with all data." : "",
    ]
        .join("\n")
        .trim();
}

if (require.main === module) {
    main(down);
}
