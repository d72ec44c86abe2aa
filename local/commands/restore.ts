import { Backups, chosen, RestoreFailed } from "../session/backups";
import { makeMissingDatabase } from "../session/missingDatabase";
import { setting } from "../session/options";
import { Session } from "../session/session";
import { processesAreReady, startProcesses, stopProcesses } from "../session/stoppedProcesses";
import { requireCluster } from "../session/targetCluster";
import { agree } from "../support/agreement";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Puts a backup in place of the database. Interrupted anywhere, it can be run again. */
async function restore(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open({ quiet: true });
    const { cluster, options } = session;
    await requireCluster(cluster);
    const outputs = await session.requireOutputs();
    const { namespaces } = outputs;
    const backups = await Backups.of(cluster, namespaces.airflow);
    const choice = chosen(setting(process.env, "FILE"), await backups.list());
    const name = "file" in choice ? await backups.upload(choice.file) : choice.backup;
    await backups.check(name);
    await agree(
        `This stops Airflow of stack ${options.stack}, and puts ${name} in place of its database: what was done since then is lost.`,
        options.yes,
        "Nothing was changed.",
    );
    await backups.endEarlier();
    await stopProcesses(cluster, namespaces.airflow);
    await makeMissingDatabase(cluster, outputs);
    let restored: string;
    try {
        restored = await backups.restore(name);
    } catch (error) {
        if (error instanceof RestoreFailed) {
            say(error.message);
            return await afterFailure(error.loaded);
        }
        throw error;
    }
    await startProcesses(cluster, namespaces.airflow);
    await processesAreReady(cluster, namespaces.airflow);
    say(`${restored}\nAirflow runs again (${watch.elapsed()}).`);
    return 0;

    /** A database that was left as it was gets its Airflow back. */
    async function afterFailure(loaded: boolean): Promise<number> {
        if (loaded) {
            say("Airflow stays stopped. Run make restore again when the reason is mended.");
        } else {
            await startProcesses(cluster, namespaces.airflow);
            say("Nothing was restored, and Airflow is started again with the database that was there.");
        }
        return 1;
    }
}

main(restore);
