import { ports } from "../../kubernetes/names";
import type { Environment } from "../../pods/environment";
import { paths } from "../../pods/paths";
import type { DagsSettings } from "../../settings/dagsSettings";
import { gitFiles } from "./gitFiles";

/** How long the files of a commit stay after the next one, for running tasks. */
const staleWorktreeTimeout = "15m";

/** Seconds of failures in a row after which git-sync ends. */
const longestSilence = 3600;

/**
 * Settings of git-sync, version 4. Secrets are named by their files only.
 *
 * @param metrics Whether it shows what it counts.
 * @see https://github.com/kubernetes/git-sync#manual
 */
export function gitSyncEnvironment({ git, gitSync }: DagsSettings, metrics = false): Environment {
    const files = gitFiles(git);
    const root = paths.gitRoot;
    return {
        GITSYNC_REPO: git.repository,
        GITSYNC_REF: git.ref,
        GITSYNC_ROOT: root,
        GITSYNC_LINK: paths.gitLink.slice(root.length + 1),
        GITSYNC_PERIOD: `${gitSync.periodSeconds}s`,
        GITSYNC_DEPTH: String(gitSync.depth),
        GITSYNC_SUBMODULES: gitSync.submodules,
        // The volume's other users have another uid and the same group.
        GITSYNC_GROUP_WRITE: "true",
        GITSYNC_STALE_WORKTREE_TIMEOUT: staleWorktreeTimeout,
        // A server that is away for a while is no reason to stop. After an hour its pod ends and starts anew, so that somebody
        // learns of a token that was revoked; what was read last stays in any case.
        GITSYNC_MAX_FAILURES: String(Math.max(3, Math.ceil(longestSilence / gitSync.periodSeconds))),
        GITSYNC_HTTP_BIND: `:${ports.gitSync}`,
        ...(metrics && { GITSYNC_HTTP_METRICS: "true" }),
        HOME: "/tmp",
        ...((git.token ?? git.tokenSecret) !== undefined && {
            GITSYNC_USERNAME: git.username,
            GITSYNC_PASSWORD_FILE: `${paths.gitSecret}/token`,
        }),
        ...("known_hosts" in files && {
            GITSYNC_SSH_KEY_FILE: `${paths.gitSecret}/ssh`,
            GITSYNC_SSH_KNOWN_HOSTS: "true",
            GITSYNC_SSH_KNOWN_HOSTS_FILE: `${paths.gitFiles}/known_hosts`,
        }),
        ...("ca.crt" in files && { GITSYNC_GIT_CONFIG: `http.sslCAInfo:${paths.gitFiles}/ca.crt` }),
    };
}
