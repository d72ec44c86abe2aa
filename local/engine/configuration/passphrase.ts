import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stateDirectory } from "../../support/paths";

/** Where the passphrase is kept that this engine makes when it is given none. */
export const passphraseFile: string = join(stateDirectory, "passphrase");

/** The passphrase from where Pulumi takes it, else a kept one, which is made on first use and told of by `tell`. */
export function findPassphrase(tell: (line: string) => void): string {
    const given = process.env.PULUMI_CONFIG_PASSPHRASE;
    if (given !== undefined) {
        return given;
    }
    const file = process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
    if (file !== undefined) {
        return readFileSync(file, "utf8").trim();
    }
    if (existsSync(passphraseFile)) {
        return readFileSync(passphraseFile, "utf8").trim();
    }
    const made = randomBytes(24).toString("base64url");
    mkdirSync(dirname(passphraseFile), { recursive: true, mode: 0o700 });
    writeFileSync(passphraseFile, `${made}\n`, { mode: 0o600, flag: "wx" });
    tell(`Made a passphrase for the secrets in the state, kept in ${passphraseFile}`);
    return made;
}
