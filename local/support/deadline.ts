import { setTimeout as pause } from "node:timers/promises";
import { Interrupted, UserError } from "./errors";

/** How long to wait for something, how often to look, and how to tell what it is when time is up. */
export interface Waiting {
    /** Milliseconds. */
    readonly within: number;
    /** Milliseconds between two looks; a second when left out. */
    readonly every?: number;
    /** What is waited for, as in "waited 30 s for ...". */
    readonly what: string;
    /** More to tell when time is up. */
    readonly explain?: () => Promise<string> | string;
}

/**
 * Looks again and again until `look` hands back something other than undefined or false. A look that fails counts as one that
 * found nothing, except when it knows better (`Hopeless`) or was interrupted; a `UserError` tells when time is up. Libraries
 * for this (p-wait-for) end at the first look that fails and cannot ask what to tell at the end.
 */
export async function waitFor<T>(look: () => Promise<T | undefined | false>, waiting: Waiting): Promise<T> {
    const deadline = Date.now() + waiting.within;
    for (;;) {
        let failed = "";
        try {
            const found = await look();
            if (found !== undefined && found !== false) {
                return found;
            }
        } catch (error) {
            if (error instanceof Hopeless || error instanceof Interrupted) {
                throw error;
            }
            failed = ` (last: ${error instanceof Error ? error.message : String(error)})`;
        }
        if (Date.now() >= deadline) {
            const explained = waiting.explain === undefined ? "" : `\n${await waiting.explain()}`;
            throw new UserError(`waited ${waiting.within / 1000} s for ${waiting.what}${failed}${explained}`);
        }
        await pause(waiting.every ?? 1_000);
    }
}

/** Thrown by a look that knows that waiting longer is no use. */
export class Hopeless extends UserError {}
