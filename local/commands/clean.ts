import { clusterReset } from "../cluster";
import { refreshFlags } from "../session/lostObjects";
import { Session } from "../session/session";
import { isRunning } from "../session/targetCluster";
import { agree } from "../support/agreement";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Removes the deployment, its data, the stack's state and the local cluster. What was built stays cached. */
async function clean(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open();
    const local = session.cluster.kind === "local";
    await agree(
        local
            ? `This removes the local cluster with everything in it: Airflow, DAGs, logs, database, and the state of stack ${session.options.stack}.`
            : `This destroys stack ${session.options.stack} on ${session.cluster.context} and forgets its state.`,
        session.options.yes,
        "Nothing was removed.",
    );
    if (await isRunning(session.cluster)) {
        const state = await session.take();
        const code = await session.destroy(await refreshFlags(session.cluster, state, session.options.stack));
        if (code !== 0 && !local) {
            say("The destroy failed, so nothing else was removed. make status tells what is wrong.");
            return code;
        }
    } else if (!local) {
        throw new UserError(`${session.cluster.context} does not answer, so nothing was removed.`);
    }
    if (local) {
        await clusterReset();
    }
    await forget(session);
    say(
        local
            ? `Clean (${watch.elapsed()}). Built programs and images stay cached.`
            : `Clean (${watch.elapsed()}). DAGs and logs stay where the volumes of ${session.cluster.context} keep them.`,
    );
    return 0;
}

/** Removes what the CLI knows of the stack. The stack file is the user's, and pinned keys may be in it. */
async function forget(session: Session): Promise<void> {
    if (await session.exists()) {
        await session.take();
        await session.read(["stack", "rm", "--yes", "--force", "--preserve-config", "--non-interactive"]);
    }
}

main(clean);
