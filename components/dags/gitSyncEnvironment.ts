import type { Environment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import { ports } from "../kubernetes/names";
import type { DagsSettings } from "./dagsSettings";
import { gitFiles } from "./gitFiles";

/** How long a commit's files stay after the next one came, for tasks that are in the middle of them. */
const staleWorktreeTimeout = "15m";

/**
 * Settings of git-sync, version 4. Secrets are named by their files only.
 *
 * @see https://github.com/kubernetes/git-sync#manual
 */
export function gitSyncEnvironment({ git, gitSync }: DagsSettings): Environment {
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
        // A server that is away for a while is no reason to stop: what was read last stays.
        GITSYNC_MAX_FAILURES: "-1",
        GITSYNC_HTTP_BIND: `:${ports.gitSync}`,
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
