import type { Problem } from "../problems";
import { check } from "../validation/checks";
import { secretProblems } from "../validation/secrets";
import { DagDelivery } from "./dagsArgs";
import type { GitSettings } from "./dagsSettings";
import { type GitUrl, holdsCredentials, parseGitUrl } from "./gitUrl";
import { knownHostsFault, publishedHosts, publishedKnownHosts } from "./knownHosts";
import { sshKeyFault } from "./sshKey";

const forms = "https://host/path, ssh://user@host/path or user@host:path";

/** Everything that is wrong with a repository, and with the way to get at it. */
export function gitProblems(delivery: DagDelivery, git: GitSettings): Problem[] {
    const url = parseGitUrl(git.repository);
    return [
        ...repositoryProblems(delivery, git, url),
        ...(url?.protocol === "ssh" ? sshProblems(delivery, git, url) : []),
        ...(url !== undefined && url.protocol !== "ssh" ? httpProblems(git, url) : []),
        ...secretProblems("dags.git.token", git.token, git.tokenSecret),
        ...secretProblems("dags.git.sshKey", git.sshKey, git.sshKeySecret),
        ...check(validRef(git.ref), "dags.git.ref", git.ref, "a branch, a tag, or all digits of a commit"),
        ...check(
            validSubPath(git.subPath),
            "dags.git.subPath",
            git.subPath,
            "a folder in the repository: a relative path without . and ..",
        ),
    ];
}

function repositoryProblems(delivery: DagDelivery, { repository }: GitSettings, url?: GitUrl): Problem[] {
    const path = "dags.git.repository";
    if (repository === "") {
        return [{ path, allowed: `${forms}; the delivery ${delivery} needs it` }];
    }
    if (holdsCredentials(repository)) {
        const remedy = "A URL is shown in logs. Use the secrets gitToken (https) or gitSshKey (ssh).";
        return [{ path, allowed: `${forms}, without a user's name or password for https`, remedy }];
    }
    return check(url !== undefined, path, repository, forms);
}

function sshProblems(delivery: DagDelivery, git: GitSettings, { host, port }: GitUrl): Problem[] {
    const builtIn = (port === undefined || port === 22) && publishedKnownHosts(host) !== undefined;
    const name = port === undefined ? host : `[${host}]:${port}`;
    return [
        ...(git.sshKey === undefined && git.sshKeySecret === undefined
            ? [{ path: "dags.git.sshKey", allowed: "a private key, which a repository over ssh needs" }]
            : keyProblems(git.sshKey)),
        ...(delivery === DagDelivery.GitBundle && git.sshKeySecret !== undefined
            ? [
                  {
                      path: "dags.git.sshKeySecret",
                      allowed: "nothing with the delivery gitBundle: tasks get the key as a part of a connection",
                      remedy: "Set the secret key gitSshKey, or use a token over https.",
                  },
              ]
            : []),
        ...given("dags.git.tokenSecret", git.tokenSecret, "nothing with a repository over ssh: a token is for https"),
        ...given("dags.git.token", git.token, "nothing with a repository over ssh: a token is for https"),
        ...given("dags.git.caCertificate", git.caCertificate, "nothing with a repository over ssh: it is for https"),
        ...(git.knownHosts === undefined && !builtIn
            ? [
                  {
                      path: "dags.git.knownHosts",
                      allowed: `the public keys of ${name}; those of ${publishedHosts.join(", ")} are built in`,
                      remedy:
                          `Ask whoever runs the server for them, or run ssh-keyscan${port === undefined ? "" : ` -p ${port}`} ` +
                          `${host} and compare what it prints with what they publish.`,
                  },
              ]
            : []),
        ...(git.knownHosts === undefined ? [] : knownHostsProblems(git.knownHosts, host, port)),
    ];
}

function keyProblems(key: GitSettings["sshKey"]): Problem[] {
    const fault = typeof key === "string" ? sshKeyFault(key) : undefined;
    const allowed = "a private key in OpenSSH or PEM format, without a passphrase";
    return fault === undefined ? [] : [{ path: "dags.git.sshKey", allowed, remedy: `Of this one, ${fault}.` }];
}

function knownHostsProblems(knownHosts: string, host: string, port?: number): Problem[] {
    const fault = knownHostsFault(knownHosts, host, port);
    const allowed = "lines of a known_hosts file, such as ssh-keyscan prints";
    return fault === undefined ? [] : [{ path: "dags.git.knownHosts", allowed, remedy: `Here, ${fault}.` }];
}

function httpProblems(git: GitSettings, { protocol }: GitUrl): Problem[] {
    const plain = protocol === "http";
    return [
        ...given("dags.git.sshKey", git.sshKey, "nothing with a repository over https: a key is for ssh"),
        ...given("dags.git.sshKeySecret", git.sshKeySecret, "nothing with a repository over https: a key is for ssh"),
        ...given("dags.git.knownHosts", git.knownHosts, "nothing with a repository over https: it is for ssh"),
        ...(plain && (git.token ?? git.tokenSecret) !== undefined
            ? [
                  {
                      path: "dags.git.repository",
                      value: git.repository,
                      allowed: "https with a token, which http would show to everybody on the way",
                  },
              ]
            : []),
        ...(typeof git.token === "string" && !/^[\x21-\x7e]+$/.test(git.token)
            ? [{ path: "dags.git.token", allowed: "a token in one line, without spaces" }]
            : []),
        ...check(/^[\x21-\x7e]+$/.test(git.username), "dags.git.username", git.username, "a name without spaces"),
        ...(git.caCertificate !== undefined && !/^-----BEGIN CERTIFICATE-----$/m.test(git.caCertificate)
            ? [
                  {
                      path: "dags.git.caCertificate",
                      allowed: "a certificate as PEM: -----BEGIN CERTIFICATE----- and so on",
                  },
              ]
            : []),
        ...(plain && git.caCertificate !== undefined
            ? [{ path: "dags.git.caCertificate", allowed: "nothing with a repository over http: it is for https" }]
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
