/** A Linux distribution, as /etc/os-release describes it. */
export interface Distribution {
    /** For people: "Ubuntu 24.04.1 LTS". */
    readonly name: string;
    /** "debian", "ubuntu", "fedora". */
    readonly id: string;
    /** What it is made from. */
    readonly like: readonly string[];
    /** "12", "24.04"; undefined for one that rolls. */
    readonly version: string | undefined;
    /** The release's name: "bookworm", "noble". Of one made from Ubuntu, Ubuntu's. */
    readonly codename: string | undefined;
}

/** Reads the text of /etc/os-release. */
export function parseOsRelease(text: string): Distribution {
    const values = Object.fromEntries(
        text
            .split("\n")
            .map((line) => /^([A-Z_]+)=(["']?)(.*)\2\s*$/.exec(line))
            .filter((match) => match !== null)
            .map(([, name, , value]) => [name, value]),
    ) as Record<string, string | undefined>;
    return {
        name: values.PRETTY_NAME ?? values.NAME ?? "an unknown Linux",
        id: values.ID ?? "",
        like: (values.ID_LIKE ?? "").split(" ").filter(Boolean),
        version: values.VERSION_ID,
        codename: values.UBUNTU_CODENAME ?? values.VERSION_CODENAME,
    };
}

/** What the local cluster is made for, for messages. */
export const supportedDistributions = "Debian 12 or later, or Ubuntu 22.04 or later";

const oldestVersion: Readonly<Record<string, number>> = { debian: 12, ubuntu: 22.04 };
const knownCodenames = ["bookworm", "trixie", "forky", "jammy", "noble"];

/** Whether the packages that the cluster and its images need can be had on a distribution: on these, and what is made from them. */
export function isSupported({ id, like, version, codename }: Distribution): boolean {
    const oldest = oldestVersion[id];
    if (oldest !== undefined) {
        // Without a version it is Debian's testing or unstable.
        return version === undefined || Number.parseFloat(version) >= oldest;
    }
    return like.some((other) => other in oldestVersion) && knownCodenames.includes(codename ?? "");
}
