import { parse } from "yaml";
import { askedKey, nextStep, type RotatedKey } from "../pulumi/keyRotation";
import { projectName } from "../pulumi/stackFile";
import { resourcesOf } from "../pulumi/stackState";
import { setting, stackFileText } from "../session/options";
import { Session } from "../session/session";
import { main } from "../support/main";
import { say } from "../support/progress";

/** Sets the next step of a key's rotation in the stack file, as a secret: a new key before the old one, or the new one alone. */
async function rotateKey(): Promise<number> {
    const session = await Session.open();
    const key = askedKey(setting(process.env, "KEY"), session.stackFileText);
    await session.take();
    const { value, last } = nextStep(key, await currentValue(session, key));
    const option = ["--config-file", session.options.stackFile];
    await session.read(["config", "set", "--secret", `${projectName}:${key.setting}`, ...option], value);
    const { stack } = session.options;
    if (last) {
        say(`${key.setting}: the new key alone is set in ${session.options.stackFile}, encrypted.`);
        say(`Run: make up STACK=${stack}`);
        return 0;
    }
    say(`${key.setting}: a new key is set before the old one in ${session.options.stackFile}, encrypted.`);
    say(`Run: make up STACK=${stack}, which makes both known and uses the new one.`);
    say(`${key.wait === undefined ? "" : `${key.wait} `}Then run this again, which leaves out the old one.`);
    return 0;
}

/** The value in the stack file, or what the stack has made for itself. */
async function currentValue(session: Session, key: RotatedKey): Promise<string | undefined> {
    const name = `${projectName}:${key.setting}`;
    const { config } = (parse(stackFileText(session.options)) ?? {}) as { config?: Record<string, unknown> | null };
    if (config?.[name] !== undefined) {
        return (await session.read(["config", "get", name, "--config-file", session.options.stackFile])).trim();
    }
    return key.find(resourcesOf(await session.state({ showSecrets: true })));
}

main(rotateKey);
