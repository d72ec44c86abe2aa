import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../kubernetes/labels";
import { replacedAfterDeletion, replacedWithData } from "../../kubernetes/replacement";
import type { SecretKeyArgs } from "../../kubernetes/secretKeyArgs";
import type { AirflowNamespaces } from "../../namespaces/airflowNamespaces";
import type { Mount } from "../../pods/airflowPod";
import { paths } from "../../pods/paths";
import type { SecretVariable } from "../../pods/secretKeys";
import type { GitSettings } from "../../settings/dagsSettings";
import { bundleConnection, bundleVariable, type GitBundle } from "./gitBundle";
import { gitFiles, gitFilesMounts, gitFilesName } from "./gitFiles";

/** Arguments of {@link GitCredentials}. */
export interface GitCredentialsArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly git: GitSettings;
    /** The bundle that reads the repository, where no git-sync does. */
    readonly bundle?: GitBundle;
}

/**
 * What is needed to read a repository: a Secret with its token or key, and ConfigMaps with the keys of its host and its
 * authority. The Secret is in Airflow's namespace only and is named by the provider, so that a changed token rolls the pods
 * that use it.
 */
export class GitCredentials extends pulumi.ComponentResource {
    /** Files of a container that runs git itself. */
    public readonly files: GitSecretFiles;
    /** Name of the Secret, if one is needed. */
    public readonly secret?: pulumi.Output<string>;
    /** The connection of a bundle. */
    public readonly connection?: SecretVariable;

    /** @param name The unique name of this component. */
    constructor(name: string, args: GitCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:GitCredentials", name, {}, opts);

        const { git, bundle } = args;
        const { airflow, workers } = args.namespaces;
        const labels = objectLabels(args.instance, "git-sync");

        const files = gitFiles(git);
        if (Object.keys(files).length > 0) {
            // Tasks run git only for a bundle.
            for (const [noun, namespace] of Object.entries(bundle ? { airflow, workers } : { airflow })) {
                new k8s.core.v1.ConfigMap(
                    `${name}-${noun}-files`,
                    {
                        metadata: {
                            name: bundle?.filesName ?? gitFilesName(git),
                            namespace: namespace.metadata.name,
                            labels,
                        },
                        immutable: true,
                        data: files,
                    },
                    // Tasks of a bundle that wait for their node need the files of before until an update has gone well.
                    { parent: this, ...(bundle ? {} : replacedAfterDeletion) },
                );
            }
        }

        const token = git.token === undefined ? undefined : pulumi.output(git.token);
        // ssh refuses a key without a line break at its end.
        const sshKey =
            git.sshKey === undefined ? undefined : pulumi.output(git.sshKey).apply((key) => `${key.trim()}\n`);
        const kept = bundle && bundleVariable(bundle);
        const connection =
            bundle && kept === undefined
                ? pulumi.all([token, sshKey]).apply(([password, key]) => bundleConnection(bundle, password, key))
                : undefined;
        const stringData = {
            ...(token !== undefined && { token }),
            ...(sshKey !== undefined && { ssh: sshKey }),
            ...(connection !== undefined && { connection }),
        };
        const secret =
            Object.keys(stringData).length > 0
                ? new k8s.core.v1.Secret(
                      `${name}-secret`,
                      {
                          metadata: { namespace: airflow.metadata.name, labels },
                          stringData: pulumi.secret(stringData),
                      },
                      { parent: this, ...replacedWithData },
                  ).metadata.name
                : undefined;
        this.secret = secret;
        this.files = {
            token: git.tokenSecret ?? (token && secret && { name: secret, key: "token" }),
            ssh: git.sshKeySecret ?? (sshKey && secret && { name: secret, key: "ssh" }),
        };
        this.connection = kept ?? (connection && secret && { value: { name: secret, key: "connection" } });

        this.registerOutputs({});
    }
}

/** Where token and private key of a repository lie, as far as there are any. */
export interface GitSecretFiles {
    readonly token?: SecretKeyArgs;
    readonly ssh?: SecretKeyArgs;
}

/**
 * Mounts of a container that runs git itself: token or key, the host's keys and its authority. Of a Secret that changes, the
 * kubelet brings the new content within about a minute.
 */
export function credentialMounts(git: GitSettings, files: GitSecretFiles, filesName = gitFilesName(git)): Mount[] {
    const sources = Object.entries(files as Record<string, SecretKeyArgs | undefined>).flatMap(([path, secret]) =>
        secret === undefined ? [] : [{ secret: { name: secret.name, items: [{ key: secret.key, path }] } }],
    );
    const secrets: Mount[] =
        sources.length === 0
            ? []
            : [
                  {
                      volume: { name: "git-secret", projected: { sources, defaultMode: 0o440 } },
                      mount: { name: "git-secret", mountPath: paths.gitSecret, readOnly: true },
                  },
              ];
    return [...secrets, ...gitFilesMounts(git, filesName)];
}
