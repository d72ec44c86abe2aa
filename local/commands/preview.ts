import { main } from "./main";
import { Session } from "./session";

/** Shows what `make up` would do. Needs no cluster and starts none. */
async function preview(): Promise<number> {
    const session = await Session.open();
    await session.select();
    return await session.operate(["preview"]);
}

main(preview);
