import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../../kubernetes/hash";
import { mapInput } from "../../kubernetes/known";
import { names } from "../../kubernetes/names";
import type { Mount } from "../../pods/airflowPod";
import { paths } from "../../pods/paths";
import type { GitSettings } from "../../settings/dagsSettings";
import { knownHostsFile } from "./knownHosts";

/** Files about the server for git, by file name. None is secret. */
export function gitFiles(git: GitSettings): Record<string, pulumi.Input<string>> {
    const knownHosts = knownHostsFile(git);
    return {
        ...(knownHosts !== undefined && { known_hosts: knownHosts }),
        ...(git.caCertificate !== undefined && {
            "ca.crt": mapInput(git.caCertificate, (text) => `${text.trimEnd()}\n`),
        }),
    };
}

/**
 * Name of the ConfigMap that holds {@link gitFiles}. It changes with them, which rolls the pods that mount it.
 *
 * @param bundle Name of the bundle that has it to itself; none for the repository of the delivery.
 */
export function gitFilesName(git: GitSettings, bundle?: string): pulumi.Input<string> {
    return mapInput(
        gitFiles(git),
        (files) => `${names.git}-${shortHash(bundle === undefined ? files : { bundle, files })}`,
    );
}

/** Mounts of a container that runs git for one repository; none without files. */
export function gitFilesMounts(git: GitSettings, name = gitFilesName(git)): Mount[] {
    return Object.keys(gitFiles(git)).length === 0
        ? []
        : [
              {
                  volume: { name: "git-files", configMap: { name } },
                  mount: { name: "git-files", mountPath: paths.gitFiles, readOnly: true },
              },
          ];
}
