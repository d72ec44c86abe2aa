import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessRecord, processRecord } from "../../../local/cluster/processes";
import { repositoryDirectory } from "../../../local/support/paths";

/** What a test run leaves for people to look at: screenshots, and what each command printed. */
export const outputDirectory = join(repositoryDirectory, "test-output");

const record = join(outputDirectory, "process-groups.json");

/** Removes what the last test run left for people to look at. */
export function clearOutput(): void {
    const names = existsSync(outputDirectory) ? readdirSync(outputDirectory) : [];
    for (const name of names.filter((candidate) => candidate.endsWith(".log") || candidate === "screenshots")) {
        rmSync(join(outputDirectory, name), { recursive: true, force: true });
    }
}

/** Remembers a process group, so that the next test run can end it if this one is killed. */
export function remember(leader: number): void {
    mkdirSync(outputDirectory, { recursive: true });
    const running = processRecord(leader);
    if (running !== undefined) {
        appendFileSync(record, `${JSON.stringify(running)}\n`);
    }
}

/** Ends the process groups that a killed test run left; a pid that belongs to something else by now is let alone. */
export function endRemembered(): void {
    const lines = existsSync(record) ? readFileSync(record, "utf8").split("\n").filter(Boolean) : [];
    for (const leader of lines.map((line) => JSON.parse(line) as ProcessRecord)) {
        if (isAlive(leader)) {
            signal(leader.pid, "SIGKILL");
        }
    }
    rmSync(record, { force: true });
}

/** Sends a signal to a whole process group, as a terminal does; one that is gone is no error. */
export function signal(leader: number, name: NodeJS.Signals): void {
    try {
        process.kill(-leader, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
        }
    }
}
