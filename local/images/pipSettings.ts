import { accessSync, constants } from "node:fs";
import { UserError } from "../support/errors";
import { capture } from "../support/execution";

/** What the pip of a build has to know to reach its index. */
export interface PipSettings {
    /** A pip.conf; undefined when there is nothing to say. */
    readonly configuration: string | undefined;
    /** The file with the certificates that it is to trust; undefined leaves that to pip. */
    readonly certificates: string | undefined;
}

// Where the secret with the certificates lies during a build.
const mountedCertificates = "/run/secrets/ca-certificates.crt";

// What says how to reach an index. All else, such as a folder of wheels, is this machine's own affair.
const kept = ["index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries"];

/** What of `pip config list` a build needs. A variable of the environment beats a file, as it does for pip. */
export function pipSettings(configList: string): PipSettings {
    const values = new Map<string, string>();
    let certificates: string | undefined;
    // Two names for one setting.
    const list = configList.replaceAll(".default-timeout=", ".timeout=");
    for (const line of list.split("\n")) {
        const [, section, key, value] = /^(:env:|global|install|download)\.([\w-]+)='(.*)'$/.exec(line.trim()) ?? [];
        if (section === undefined) {
            continue;
        }
        const text = value.replaceAll("\\n", "\n    ").replaceAll("\\'", "'");
        const isFree = section === ":env:" || !list.includes(`:env:.${key}=`);
        if (key === "cert" && isFree) {
            certificates = text;
        } else if (kept.includes(key) && isFree) {
            values.set(key, text);
        }
    }
    if (certificates !== undefined) {
        values.set("cert", mountedCertificates);
    }
    const lines = [...values].map(([key, text]) => `${key} = ${text}\n`);
    return { configuration: lines.length === 0 ? undefined : `[global]\n${lines.join("")}`, certificates };
}

/** The settings of this machine's pip; none where there is no pip. */
export async function machinePipSettings(): Promise<PipSettings> {
    const listed = await capture(["python3", "-m", "pip", "config", "list"]).catch(() => undefined);
    const settings = pipSettings(listed?.code === 0 ? listed.stdout : "");
    if (settings.certificates !== undefined) {
        // Better here than in the middle of a build.
        requireReadable(settings.certificates);
    }
    return settings;
}

function requireReadable(file: string): void {
    try {
        accessSync(file, constants.R_OK);
    } catch {
        throw new UserError(`pip's setting cert names ${file}, which cannot be read; see python3 -m pip config list`);
    }
}
