import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../airflow/airflowPod";
import { paths } from "../airflow/paths";
import type { SecretKey } from "../airflow/secretKeys";
import { objectLabels } from "../kubernetes/labels";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { DagDelivery } from "./dagsArgs";
import type { DagsSettings, GitSettings } from "./dagsSettings";
import { bundleConnection } from "./gitBundle";
import { gitFiles, gitFilesMounts, gitFilesName } from "./gitFiles";

/** Arguments of {@link GitCredentials}. */
export interface GitCredentialsArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly dags: DagsSettings;
}

/**
 * What is needed to read a repository: a Secret with its token or key, and ConfigMaps with the keys of its host and its
 * authority. The Secret is in Airflow's namespace only and is named by the provider, so that a changed token rolls the pods
 * that use it.
 */
export class GitCredentials extends pulumi.ComponentResource {
    /** Name of the Secret with the files `token` and `ssh`, as far as they are given. */
    public readonly secretName?: pulumi.Output<string>;
    /** Where the connection of the delivery `gitBundle` lies. */
    public readonly connection?: SecretKey;

    /** @param name The unique name of this component. */
    constructor(name: string, args: GitCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:GitCredentials", name, {}, opts);

        const { git, delivery } = args.dags;
        const { airflow, workers } = args.namespaces;
        const bundle = delivery === DagDelivery.GitBundle;
        const labels = objectLabels(args.instance, "git-sync");

        const files = gitFiles(git);
        if (Object.keys(files).length > 0) {
            // Tasks run git only for a bundle.
            for (const [noun, namespace] of Object.entries(bundle ? { airflow, workers } : { airflow })) {
                new k8s.core.v1.ConfigMap(
                    `${name}-${noun}-files`,
                    {
                        metadata: { name: gitFilesName(git), namespace: namespace.metadata.name, labels },
                        immutable: true,
                        data: files,
                    },
                    { parent: this },
                );
            }
        }

        const token = git.token === undefined ? undefined : pulumi.output(git.token);
        // ssh refuses a key whose last line does not end.
        const sshKey =
            git.sshKey === undefined ? undefined : pulumi.output(git.sshKey).apply((key) => `${key.trim()}\n`);
        const connection = bundle
            ? pulumi.all([token, sshKey]).apply(([password, key]) => bundleConnection(git, password, key))
            : undefined;
        const stringData = {
            ...(token !== undefined && { token }),
            ...(sshKey !== undefined && { ssh: sshKey }),
            ...(connection !== undefined && { connection }),
        };
        if (Object.keys(stringData).length > 0) {
            const secret = new k8s.core.v1.Secret(
                `${name}-secret`,
                {
                    metadata: { namespace: airflow.metadata.name, labels },
                    stringData: pulumi.secret(stringData),
                },
                { parent: this },
            );
            this.secretName = token === undefined && sshKey === undefined ? undefined : secret.metadata.name;
            this.connection = bundle ? { name: secret.metadata.name, key: "connection" } : undefined;
        }

        this.registerOutputs({});
    }
}

/** Mounts of a container that runs git itself: token or key, the host's keys and its authority. */
export function credentialMounts(git: GitSettings, secretName?: pulumi.Output<string>): Mount[] {
    const items = [
        ...(git.token === undefined ? [] : [{ key: "token", path: "token" }]),
        ...(git.sshKey === undefined ? [] : [{ key: "ssh", path: "ssh" }]),
    ];
    const secret: Mount[] =
        secretName === undefined
            ? []
            : [
                  {
                      volume: { name: "git-secret", secret: { secretName, items, defaultMode: 0o440 } },
                      mount: { name: "git-secret", mountPath: paths.gitSecret, readOnly: true },
                  },
              ];
    return [...secret, ...gitFilesMounts(git)];
}
