import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../../kubernetes/known";
import { expanding } from "../../kubernetes/literal";
import type { Mount } from "../../pods/airflowPod";
import type { Environment } from "../../pods/environment";
import { paths } from "../../pods/paths";
import type { SecretVariable } from "../../pods/secretKeys";
import type { DagBundleSettings, DagsSettings, GitSettings } from "../../settings/dagsSettings";
import { type BundleEntry, bundleConnectionId, bundleNoun, mainBundleName } from "../bundles/bundleEntry";
import { gitFiles, gitFilesName } from "./gitFiles";
import { isOverSsh } from "./knownHosts";

/** A repository that Airflow itself reads. */
export interface GitBundle {
    readonly name: string;
    readonly git: GitSettings;
    readonly refreshSeconds: number;
    /** Connection that the bundle reads the repository with. */
    readonly connectionId: string;
    /** Carries a token that somebody else keeps. */
    readonly tokenVariable: string;
    /** Name of the ConfigMap with what git has to be told. */
    readonly filesName: pulumi.Input<string>;
    /** Where a pod finds that. */
    readonly directory: string;
}

/** The bundle of the delivery `gitBundle`. */
export function mainGitBundle({ git, refreshSeconds }: DagsSettings): GitBundle {
    return {
        name: mainBundleName,
        git,
        refreshSeconds,
        connectionId: "git_default",
        tokenVariable: "AIRFLOW_GIT_TOKEN",
        filesName: gitFilesName(git),
        directory: paths.gitFiles,
    };
}

/** One of `dags.bundles`. */
export function furtherGitBundle({ name, refreshSeconds }: DagBundleSettings, git: GitSettings): GitBundle {
    return {
        name,
        git,
        refreshSeconds,
        connectionId: bundleConnectionId(name),
        tokenVariable: `AIRFLOW_GIT_TOKEN_${bundleNoun(name).toUpperCase()}`,
        filesName: gitFilesName(git, name),
        directory: `${paths.gitFiles}/${name}`,
    };
}

/**
 * Entry of a repository in the list of bundles. The connection is not part of it: tasks ask the Execution API for it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-git/stable/bundles/index.html
 */
export function gitBundleEntry({ name, git, connectionId, refreshSeconds }: GitBundle): BundleEntry {
    return {
        name,
        classpath: "airflow.providers.git.bundles.git.GitDagBundle",
        kwargs: {
            // Without it, a process that does not read the repository would still ask for the connection.
            repo_url: git.repository,
            git_conn_id: connectionId,
            tracking_ref: git.ref,
            ...(git.subPath !== "" && { subdir: mapInput(git.subPath, (path) => path || undefined) }),
            refresh_interval: refreshSeconds,
        },
    };
}

/**
 * Makes every git in a pod trust the authorities of these repositories' servers, each for its own repository.
 *
 * @see https://git-scm.com/docs/git-config#ENVIRONMENT
 */
export function gitBundlesEnvironment(bundles: readonly GitBundle[]): Environment {
    const trusted = bundles.filter(({ git }) => git.caCertificate !== undefined);
    return trusted.length === 0
        ? {}
        : {
              GIT_CONFIG_COUNT: String(trusted.length),
              ...Object.fromEntries(
                  trusted.flatMap(({ git, directory }, index) => [
                      [`GIT_CONFIG_KEY_${index}`, mapInput(git.repository, (url) => `http.${url}.sslCAInfo`)],
                      [`GIT_CONFIG_VALUE_${index}`, `${directory}/ca.crt`],
                  ]),
              ),
          };
}

/** Mounts of a pod that reads these repositories; none when git has to be told nothing. */
export function gitBundlesMounts(bundles: readonly GitBundle[]): Mount[] {
    const sources = bundles.flatMap(({ git, filesName, directory }) => {
        const below = directory.slice(paths.gitFiles.length + 1);
        const items = Object.keys(gitFiles(git)).map((key) => ({ key, path: below === "" ? key : `${below}/${key}` }));
        return items.length === 0 ? [] : [{ configMap: { name: filesName, items } }];
    });
    return sources.length === 0
        ? []
        : [
              {
                  volume: { name: "git-files", projected: { sources } },
                  mount: { name: "git-files", mountPath: paths.gitFiles, readOnly: true },
              },
          ];
}

/** The connection with a token from a Secret of somebody else's; undefined for a token of the stack. */
export function bundleVariable(bundle: GitBundle): SecretVariable | undefined {
    const { git, tokenVariable } = bundle;
    return (
        git.tokenSecret && {
            value: mapInput(bundleConnection(bundle, `$(${tokenVariable})`), (text) =>
                expanding(text, [tokenVariable]),
            ),
            with: { [tokenVariable]: git.tokenSecret },
        }
    );
}

/**
 * The connection as Airflow reads it from a variable. It exists for a public repository, too, since the hosts' keys come with
 * it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-git/stable/connections/git.html
 */
export function bundleConnection({ git, directory }: GitBundle, token?: string, sshKey?: string): pulumi.Input<string> {
    return mapInput({ repository: git.repository, username: git.username }, ({ repository, username }) =>
        JSON.stringify({
            conn_type: "git",
            host: repository,
            ...(token !== undefined && { login: username, password: token }),
            ...(isOverSsh(git) && {
                extra: {
                    ...(sshKey !== undefined && { private_key: sshKey }),
                    strict_host_key_checking: "yes",
                    known_hosts_file: `${directory}/known_hosts`,
                },
            }),
        }),
    );
}
