import { type Key, keysFor, pinned } from "../pulumi/databaseKeys";
import { projectName } from "../pulumi/stackFile";
import { resourcesOf } from "../pulumi/stackState";
import { stackFileText } from "../session/options";
import { Session } from "../session/session";
import { main } from "../support/main";
import { say } from "../support/progress";

/** Moves the keys that the stack made for itself into its configuration, as secrets. Never prints one. */
async function pinKeys(): Promise<number> {
    const session = await Session.open();
    await session.take();
    const already = pinned(stackFileText(session.options));
    // Settings of this run count, too: the database may be named in CONFIG.
    const keys = keysFor(session.stackFileText);
    const resources = resourcesOf(await session.state({ showSecrets: true }));
    for (const key of keys) {
        if (already.includes(key.setting)) {
            say(`${key.setting}: pinned already, left as it is`);
            continue;
        }
        const found = key.find(resources);
        await pin(session, key, found ?? key.make());
        say(`${key.setting}: ${key.what}, ${found === undefined ? "made new" : "taken from the stack"} and pinned`);
    }
    say(`They are in ${session.options.stackFile}, encrypted; keep that file, and the passphrase, with your data.`);
    return 0;
}

async function pin(session: Session, key: Key, value: string): Promise<void> {
    const set = ["config", "set", "--secret", `${projectName}:${key.setting}`, "--config-file"];
    await session.read([...set, session.options.stackFile], value);
}

main(pinKeys);
