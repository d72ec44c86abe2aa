import { UserError } from "./errors";

/** What a command is put behind to run as root with the same Node and Go: plain sudo has a PATH of its own. */
export const asRoot = 'sudo env "PATH=$PATH"';

/** Whether this is root on Linux. */
export function isRoot(): boolean {
    return process.platform === "linux" && process.getuid?.() === 0;
}

/** Throws a `UserError` unless this is root; `what` as in "Stopping the local cluster". */
export function requireRoot(what: string): void {
    if (!isRoot()) {
        throw new UserError(`${what} needs root on Linux. Run the same command as ${asRoot} make ...`);
    }
}
