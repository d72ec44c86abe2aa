import { setTimeout as pause } from "node:timers/promises";

/** How long to wait for something, how often to look, and how to tell what it is when time is up. */
export interface Waiting {
    /** Milliseconds. */
    readonly within: number;
    /** Milliseconds between two looks. */
    readonly every?: number;
    /** What is waited for, as in "waited 30 s for ...". */
    readonly what: string;
    /** More to tell when time is up. */
    readonly explain?: () => Promise<string> | string;
}

/** Looks again and again until `look` hands back something other than undefined or false, or the deadline has passed. */
export async function waitFor<T>(look: () => Promise<T | undefined | false>, waiting: Waiting): Promise<T> {
    const deadline = Date.now() + waiting.within;
    let lastError: unknown;
    for (;;) {
        try {
            const found = await look();
            lastError = undefined;
            if (found !== undefined && found !== false) {
                return found;
            }
        } catch (error) {
            if (error instanceof Hopeless) {
                throw error;
            }
            lastError = error;
        }
        if (Date.now() >= deadline) {
            const explained = waiting.explain === undefined ? "" : `\n${await waiting.explain()}`;
            const failed = lastError instanceof Error ? ` (last: ${lastError.message})` : "";
            throw new Error(`waited ${waiting.within / 1000} s for ${waiting.what}${failed}${explained}`);
        }
        await pause(waiting.every ?? 1_000);
    }
}

/** Thrown by a look that knows that waiting longer is no use. */
export class Hopeless extends Error {}
