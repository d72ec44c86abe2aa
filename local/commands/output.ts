import { isYes } from "../session/options";
import { Session } from "../session/session";
import { main } from "../support/main";

/** Prints the stack's outputs as JSON, and nothing else, on standard output. */
async function output(): Promise<undefined> {
    const session = await Session.open({ quiet: true });
    const secrets = isYes(process.env.SHOW_SECRETS) ? ["--show-secrets"] : [];
    process.stdout.write(await session.read(["stack", "output", "--json", ...secrets]));
}

main(output);
