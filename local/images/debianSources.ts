import { capture, output } from "../support/execution";

const format = ["ORIGIN", "CODENAME", "COMPONENT", "REPO_URI"].map((field) => `$(${field})`).join("|");

/**
 * The lines of a sources.list for a Debian release, from what `apt-get indextargets` says about the machine's own sources: the
 * same mirrors, with the release's name in place of the machine's. Empty when the machine has no source of Debian.
 */
export function debianSources(indexTargets: string, suite: string): string[] {
    const lines = indexTargets.split("\n").flatMap((line) => {
        const [origin, codename, component, uri] = line.split("|");
        const archive = /^[a-z]+((?:-(?:updates|security))?)$/.exec(codename ?? "")?.[1];
        return origin === "Debian" && component === "main" && archive !== undefined
            ? [`deb ${uri} ${suite}${archive} main`]
            : [];
    });
    return [...new Set(lines)];
}

/** What of the machine's settings for apt decides how it reaches its sources. */
export function accessSettings(aptConfig: string): string {
    return aptConfig
        .split("\n")
        .filter((line) =>
            /^Acquire::(http|https|ftp|Retries|ForceIPv|Check-Date|Check-Valid-Until)\b.*"[^"]+";$/.test(line),
        )
        .map((line) => `${line}\n`)
        .join("");
}

/** The machine's mirrors, for a release of Debian. Empty means: Debian's own. */
export async function machineSources(suite: string): Promise<string[]> {
    const indexTargets = () => output(["apt-get", "indextargets", "--format", format, "Created-By: Packages"]);
    const sources = debianSources(await indexTargets(), suite);
    if (sources.length > 0) {
        return sources;
    }
    // apt knows whose source it is once it has read it.
    await capture(["apt-get", "update", "-qq"]);
    return debianSources(await indexTargets(), suite);
}

/** The machine's proxy, certificates and the like, as a configuration of apt. */
export async function machineAccess(): Promise<string> {
    return accessSettings(await output(["apt-config", "dump", "--no-empty"]));
}
