import { Backups } from "../session/backups";
import { setting } from "../session/options";
import { Session } from "../session/session";
import { requireCluster } from "../session/targetCluster";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Backs up the database now, and prints the name of the backup; `OUT=` copies it to a file, too. */
async function backup(): Promise<undefined> {
    const watch = new Stopwatch();
    const file = setting(process.env, "OUT");
    const session = await Session.open({ quiet: true });
    await requireCluster(session.cluster);
    const { namespaces } = await session.requireOutputs();
    const backups = await Backups.of(session.cluster, namespaces.airflow);
    const name = await backups.make();
    if (file !== undefined) {
        await backups.download(name, file);
    }
    say(
        `Backed up (${watch.elapsed()})${file === undefined ? "" : `, and copied to ${file}`}. make restore FILE=${name} restores it.`,
    );
    process.stdout.write(`${name}\n`);
}

main(backup);
