import { nfsClients } from "../session/nfsServerSettings";
import { requirePins } from "../session/retained";
import { Session } from "../session/session";
import { requireFittingNodes } from "../session/singleNodeCheck";
import { isRunning } from "../session/targetCluster";
import { main } from "../support/main";

/** Shows what `make up` would do. Needs no cluster and starts none. */
async function preview(): Promise<number> {
    const session = await Session.open();
    if (await isRunning(session.cluster)) {
        await requireFittingNodes(session.cluster, session.stackFileText);
        session.add(await nfsClients(session.cluster, session.stackFileText));
    }
    await requirePins(session, await session.take());
    return await session.preview();
}

main(preview);
