import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessRecord, processRecord, signal as signalProcess } from "../../../local/cluster/processes";
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

/**
 * Kills a process group, and then what its processes had started in groups of their own: Pulumi's providers outlive a CLI that is
 * killed, as they outlive Ctrl-C.
 */
export function killWithDescendants(leader: number): void {
    const children = new Map<number, number[]>();
    for (const line of execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n")) {
        const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
        children.set(parent, [...(children.get(parent) ?? []), pid]);
    }
    const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
    const records = below(leader).flatMap((pid) => processRecord(pid) ?? []);
    signal(leader, "SIGKILL");
    for (const record of records) {
        signalProcess(record, "SIGKILL");
    }
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
