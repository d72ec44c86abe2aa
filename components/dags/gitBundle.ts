import type { Environment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import type { SecretVariable } from "../airflow/secretKeys";
import { expanding } from "../kubernetes/literal";
import type { DagsSettings, GitSettings } from "./dagsSettings";
import { gitEnvironment } from "./gitFiles";
import { knownHostsFile } from "./knownHosts";

/**
 * Name of the bundle, which is Airflow's own for the folder of DAGs. With one name for every delivery Airflow knows after a
 * change of delivery which DAGs are gone, and a run that began before finds its bundle.
 */
const bundleName = "dags-folder";

/** Connection that the bundle reads the repository with. */
const connectionName = "git_default";

/** Carries a token that somebody else keeps. */
const tokenVariable = "AIRFLOW_GIT_TOKEN";

/** Variable that carries the connection. */
export const connectionVariable = `AIRFLOW_CONN_${connectionName.toUpperCase()}`;

/**
 * What every process and task is told about the bundle. The connection is not part of it: tasks ask the Execution API for it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-git/stable/bundles/index.html
 */
export function bundleEnvironment({ git, refreshSeconds }: DagsSettings): Environment {
    const bundle = {
        name: bundleName,
        classpath: "airflow.providers.git.bundles.git.GitDagBundle",
        kwargs: {
            // Without it, a process that does not read the repository would still ask for the connection.
            repo_url: git.repository,
            git_conn_id: connectionName,
            tracking_ref: git.ref,
            ...(git.subPath !== "" && { subdir: git.subPath }),
            refresh_interval: refreshSeconds,
        },
    };
    return {
        AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: JSON.stringify([bundle]),
        ...gitEnvironment(git),
    };
}

/** The connection where somebody else keeps the token: none where it is of the stack. */
export function bundleVariable(git: GitSettings): SecretVariable | undefined {
    return (
        git.tokenSecret && {
            value: expanding(bundleConnection(git, `$(${tokenVariable})`), [tokenVariable]),
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
export function bundleConnection(git: GitSettings, token?: string, sshKey?: string): string {
    const ssh = knownHostsFile(git) !== undefined;
    return JSON.stringify({
        conn_type: "git",
        host: git.repository,
        ...(token !== undefined && { login: git.username, password: token }),
        ...(ssh && {
            extra: {
                ...(sshKey !== undefined && { private_key: sshKey }),
                strict_host_key_checking: "yes",
                known_hosts_file: `${paths.gitFiles}/known_hosts`,
            },
        }),
    });
}
