import { PodUser } from "../../kubernetes/podSecurity";
import type { GitSettings } from "../../settings/dagsSettings";
import { check, checkText, whenKnown } from "../../validation/checks";
import type { Problem } from "../../validation/problems";
import { secretProblems } from "../../validation/secrets";
import { type GitUrl, holdsCredentials, parseGitUrl } from "./gitUrl";
import { knownHostsFault, publishedHosts, publishedKnownHosts } from "./knownHosts";
import { sshKeyFault } from "./sshKey";

const forms = "https://host/path, ssh://user@host/path or user@host:path";

/** Where a repository stands in the arguments, and who reads it. */
export interface RepositoryPlace {
    readonly path: string;
    /** What needs it, in words. */
    readonly reader: string;
    /** Whether Airflow itself reads it, as a bundle. */
    readonly isBundle: boolean;
}

/** Everything that is wrong with a repository, and with the way to get at it. */
export function gitProblems(place: RepositoryPlace, git: GitSettings, podUser: PodUser): Problem[] {
    const { path } = place;
    return [
        ...whenKnown(git.repository, (repository) => urlProblems(place, git, repository, podUser)),
        ...secretProblems(`${path}.token`, git.token, git.tokenSecret),
        ...secretProblems(`${path}.sshKey`, git.sshKey, git.sshKeySecret),
        ...checkText(`${path}.ref`, git.ref, validRef, "a branch, a tag, or all digits of a commit"),
        ...checkText(
            `${path}.subPath`,
            git.subPath,
            validSubPath,
            "a folder in the repository: a relative path without . and ..",
        ),
    ];
}

/** What is wrong with a URL, and with all that goes with another kind of URL. */
function urlProblems(place: RepositoryPlace, git: GitSettings, repository: string, podUser: PodUser): Problem[] {
    const url = parseGitUrl(repository);
    return [
        ...repositoryProblems(place, repository, url),
        ...(url?.protocol === "ssh" ? sshProblems(place, git, url) : []),
        ...check(
            url?.protocol !== "ssh" || podUser === PodUser.Image,
            `${place.path}.repository`,
            repository,
            "a repository over https with podSecurity.user platform: ssh does not run for a user without a name",
        ),
        ...(url !== undefined && url.protocol !== "ssh" ? httpProblems(place.path, git, url) : []),
    ];
}

function repositoryProblems(place: RepositoryPlace, repository: string, url?: GitUrl): Problem[] {
    const path = `${place.path}.repository`;
    if (repository === "") {
        return [{ path, allowed: `${forms}; ${place.reader} needs it` }];
    }
    if (holdsCredentials(repository)) {
        const remedy = `A URL is shown in logs. Set ${place.path}.token (https) or ${place.path}.sshKey (ssh).`;
        return [{ path, allowed: `${forms}, without a user's name or password for https`, remedy }];
    }
    return check(url !== undefined, path, repository, forms);
}

function sshProblems(place: RepositoryPlace, git: GitSettings, { host, port }: GitUrl): Problem[] {
    const { path, isBundle, reader } = place;
    const builtIn = (port === undefined || port === 22) && publishedKnownHosts(host) !== undefined;
    const name = port === undefined ? host : `[${host}]:${port}`;
    return [
        ...(git.sshKey === undefined && git.sshKeySecret === undefined
            ? [{ path: `${path}.sshKey`, allowed: "a private key, which a repository over ssh needs" }]
            : keyProblems(path, git.sshKey)),
        ...(isBundle && git.sshKeySecret !== undefined
            ? [
                  {
                      path: `${path}.sshKeySecret`,
                      allowed: `nothing with ${reader}: tasks get the key as a part of a connection`,
                      remedy: `Set ${path}.sshKey, or use a token over https.`,
                  },
              ]
            : []),
        ...given(`${path}.tokenSecret`, git.tokenSecret, "nothing with a repository over ssh: a token is for https"),
        ...given(`${path}.token`, git.token, "nothing with a repository over ssh: a token is for https"),
        ...given(`${path}.caCertificate`, git.caCertificate, "nothing with a repository over ssh: it is for https"),
        ...(git.knownHosts === undefined && !builtIn
            ? [
                  {
                      path: `${path}.knownHosts`,
                      allowed: `the public keys of ${name}; those of ${publishedHosts.join(", ")} are built in`,
                      remedy:
                          `Ask whoever runs the server for them, or run ssh-keyscan${port === undefined ? "" : ` -p ${port}`} ` +
                          `${host} and compare what it prints with what they publish.`,
                  },
              ]
            : []),
        ...whenKnown(git.knownHosts, (lines) =>
            lines === undefined ? [] : knownHostsProblems(path, lines, host, port),
        ),
    ];
}

function keyProblems(path: string, key: GitSettings["sshKey"]): Problem[] {
    const fault = typeof key === "string" ? sshKeyFault(key) : undefined;
    const allowed = "a private key in OpenSSH or PEM format, without a passphrase";
    return fault === undefined ? [] : [{ path: `${path}.sshKey`, allowed, remedy: `Of this one, ${fault}.` }];
}

function knownHostsProblems(path: string, knownHosts: string, host: string, port?: number): Problem[] {
    const fault = knownHostsFault(knownHosts, host, port);
    const allowed = "lines of a known_hosts file, such as ssh-keyscan prints";
    return fault === undefined ? [] : [{ path: `${path}.knownHosts`, allowed, remedy: `Here, ${fault}.` }];
}

function httpProblems(path: string, git: GitSettings, { protocol }: GitUrl): Problem[] {
    const plain = protocol === "http";
    return [
        ...given(`${path}.sshKey`, git.sshKey, "nothing with a repository over https: a key is for ssh"),
        ...given(`${path}.sshKeySecret`, git.sshKeySecret, "nothing with a repository over https: a key is for ssh"),
        ...given(`${path}.knownHosts`, git.knownHosts, "nothing with a repository over https: it is for ssh"),
        ...(plain && (git.token ?? git.tokenSecret) !== undefined
            ? [
                  {
                      path: `${path}.repository`,
                      value: git.repository,
                      allowed: "https with a token, which http would show to everybody on the way",
                  },
              ]
            : []),
        ...(typeof git.token === "string" && !/^[\x21-\x7e]+$/.test(git.token)
            ? [{ path: `${path}.token`, allowed: "a token in one line, without spaces" }]
            : []),
        ...checkText(`${path}.username`, git.username, (name) => /^[\x21-\x7e]+$/.test(name), "a name without spaces"),
        ...(typeof git.caCertificate === "string" && !/^-----BEGIN CERTIFICATE-----$/m.test(git.caCertificate)
            ? [
                  {
                      path: `${path}.caCertificate`,
                      allowed: "a certificate as PEM: -----BEGIN CERTIFICATE----- and so on",
                  },
              ]
            : []),
        ...(plain && git.caCertificate !== undefined
            ? [{ path: `${path}.caCertificate`, allowed: "nothing with a repository over http: it is for https" }]
            : []),
    ];
}

/** A problem when a value is given that would have no effect. */
function given(path: string, value: unknown, allowed: string): Problem[] {
    return value === undefined ? [] : [{ path, allowed }];
}

/**
 * The rules of git for names of branches and tags.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 */
function validRef(ref: string): boolean {
    return (
        /^[A-Za-z0-9_][\w./+@#%=,-]*$/.test(ref) &&
        !/\.\.|\/\/|@\{|\/\.|\.$|\/$/.test(ref) &&
        !ref.split("/").some((part) => part.endsWith(".lock"))
    );
}

function validSubPath(subPath: string): boolean {
    const parts = subPath.split("/");
    return (
        subPath === "" ||
        (!/[\s\\\0]/.test(subPath) && parts.every((part) => part !== "" && ![".", "..", ".git"].includes(part)))
    );
}
