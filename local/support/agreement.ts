import { createInterface } from "node:readline/promises";
import { UserError } from "./errors";
import { say } from "./progress";

/**
 * Says what is going to happen, and asks whether that is wanted.
 *
 * @param yes Whether somebody has agreed before.
 * @param otherwise What is told when nobody agrees.
 */
export async function agree(what: string, yes: boolean, otherwise: string): Promise<void> {
    say(what);
    if (yes) {
        return;
    }
    if (!process.stdin.isTTY) {
        throw new UserError("Nobody is here to agree. Run it with YES=1 if this is what you want.");
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question('Type "yes" to go on: ').finally(() => terminal.close());
    if (answer.trim().toLowerCase() !== "yes") {
        throw new UserError(otherwise);
    }
}
