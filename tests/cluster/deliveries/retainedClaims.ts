import { randomBytes } from "node:crypto";
import type { StackOutputs } from "../../../local/session/session";

/** The keys that a database which outlives its stack needs, as a user would pin them. */
export function pinnedKeys(): { readonly fernetKey: string; readonly databasePassword: string } {
    return {
        fernetKey: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
        databasePassword: randomBytes(18).toString("base64url"),
    };
}

/** The claim that holds some data, as the output `retained` names it. */
export function claimOf(
    retained: StackOutputs["retained"],
    noun: "dags" | "logs" | "database",
): { readonly namespace: string; readonly name: string } {
    const found = retained.find(({ data }) => data.split(", ").includes(noun));
    if (found?.namespace === undefined || found.claim === undefined) {
        throw new Error(`no claim of ${noun} is retained: ${JSON.stringify(retained)}`);
    }
    return { namespace: found.namespace, name: found.claim };
}
