import type { Mount } from "../airflow/airflowPod";
import type { Environment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import { shortHash } from "../kubernetes/hash";
import { names } from "../kubernetes/names";
import type { GitSettings } from "./dagsSettings";
import { knownHostsFile } from "./knownHosts";

/** What git has to be told about the server, none of it secret, by file name. */
export function gitFiles(git: GitSettings): Record<string, string> {
    const knownHosts = knownHostsFile(git);
    return {
        ...(knownHosts !== undefined && { known_hosts: knownHosts }),
        ...(git.caCertificate !== undefined && { "ca.crt": `${git.caCertificate.trimEnd()}\n` }),
    };
}

/** Name of the ConfigMap that holds {@link gitFiles}. It changes with them, so that whoever mounts it starts anew. */
export function gitFilesName(git: GitSettings): string {
    return `${names.git}-${shortHash(gitFiles(git))}`;
}

/** Mounts of whoever runs git; none when there is nothing to tell. */
export function gitFilesMounts(git: GitSettings): Mount[] {
    return Object.keys(gitFiles(git)).length === 0
        ? []
        : [
              {
                  volume: { name: "git-files", configMap: { name: gitFilesName(git) } },
                  mount: { name: "git-files", mountPath: paths.gitFiles, readOnly: true },
              },
          ];
}

/** Makes every git in a pod trust the authority of the repository's server. */
export function gitEnvironment({ caCertificate }: GitSettings): Environment {
    return caCertificate === undefined ? {} : { GIT_SSL_CAINFO: `${paths.gitFiles}/ca.crt` };
}
