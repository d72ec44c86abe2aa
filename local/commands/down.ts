import { parse } from "yaml";
import { resourcesOf } from "../pulumi/databaseKeys";
import { projectName } from "../pulumi/stackFile";
import { Session } from "../session/session";
import { isRunning, requireCluster, startCluster } from "../session/targetCluster";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Removes everything that the stack made. What lies on its volumes stays. */
async function down(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open();
    if (resourcesOf(await session.exported()).length === 0) {
        say(`Nothing of stack ${session.options.stack} is deployed.`);
        return 0;
    }
    if (session.cluster.kind === "local" && !(await isRunning(session.cluster))) {
        say("The local cluster is stopped; it is started, so that what is in it can be removed.");
        await startCluster(session.cluster);
    }
    await requireCluster(session.cluster);
    await session.select();
    const code = await session.operate([
        "destroy",
        ...session.agreed,
        ...(session.agreed.length > 0 ? ["--skip-preview"] : []),
    ]);
    if (code === 0) {
        say(`\nDown (${watch.elapsed()}). ${whatStays(session.stackFileText, session.cluster.kind === "local")}`);
    }
    return code;
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
