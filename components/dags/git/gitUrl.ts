/** Where a repository lies, and how it is read. */
export interface GitUrl {
    readonly protocol: "https" | "http" | "ssh";
    /** Name or address of the server, in lower case. */
    readonly host: string;
    /** Port, if it is not the protocol's own. */
    readonly port?: number;
    /** User of ssh. */
    readonly user?: string;
}

/**
 * Splits a repository's URL; undefined for one that the deliveries cannot read. What comes before an `@` is for ssh only, and
 * never a password: a URL is shown in logs.
 */
export function parseGitUrl(repository: string): GitUrl | undefined {
    return remoteUrl(repository) ?? shortUrl(repository);
}

/** Whether a URL carries something that may be a password, so that it must not be shown. */
export function holdsCredentials(repository: string): boolean {
    const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(repository)?.[1];
    return authority !== undefined && (authority.includes(":") || !/^(git\+)?ssh:/i.test(repository));
}

/** `https://host/path` and `ssh://user@host/path`. */
function remoteUrl(repository: string): GitUrl | undefined {
    if (!/^(https?|ssh):\/\/[^\s?#\\]+$/.test(repository) || !URL.canParse(repository)) {
        return undefined;
    }
    const { protocol, hostname, port, username, password, pathname } = new URL(repository);
    const ssh = protocol === "ssh:";
    if (hostname === "" || pathname.length < 2 || password !== "" || (username !== "") !== ssh) {
        return undefined;
    }
    return {
        protocol: ssh ? "ssh" : protocol === "https:" ? "https" : "http",
        host: hostname.toLowerCase(),
        ...(port !== "" && { port: Number(port) }),
        ...(ssh && { user: username }),
    };
}

/** `user@host:path`, which git takes for ssh. */
function shortUrl(repository: string): GitUrl | undefined {
    const match = /^([A-Za-z0-9_][\w.-]*)@([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)[^\s:\\]+$/.exec(repository);
    return match === null ? undefined : { protocol: "ssh", host: match[2].toLowerCase(), user: match[1] };
}
