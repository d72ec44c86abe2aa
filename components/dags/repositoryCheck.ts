import * as pulumi from "@pulumi/pulumi";
import { airflowJob } from "../airflow/airflowJob";
import { paths } from "../airflow/paths";
import { script } from "../kubernetes/script";
import { DagDelivery } from "./dagsArgs";
import { credentialMounts } from "./gitCredentials";
import { gitFilesName } from "./gitFiles";
import type { GitReaderArgs } from "./gitReader";

/**
 * A Job that reads the repository once before anything relies on it: a wrong branch, token, key or folder ends the update in
 * one sentence, where git-sync would only try again and again. A changed token or key is a new Secret and so a new Job.
 */
export class RepositoryCheck extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: GitReaderArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:RepositoryCheck", name, {}, opts);

        const { git, delivery } = args.dags;
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.airflow,
                noun: "check-repository",
                // It is the first part of git-sync, and knows what git-sync knows.
                component: "git-sync",
                script: script(__dirname, "check_repository.py"),
                environment: {
                    CONNECTION_CHECK_MAX_COUNT: "0",
                    REPOSITORY: git.repository,
                    REF: git.ref,
                    SUB_PATH: git.subPath,
                    USERNAME: git.username,
                    SECRET_DIRECTORY: paths.gitSecret,
                    FILES_DIRECTORY: paths.gitFiles,
                    WAIT_SECONDS: "45",
                    FULL_CLONE: delivery === DagDelivery.GitBundle ? "yes" : "no",
                },
                mounts: credentialMounts(git, args.secretFiles),
                deadlineSeconds: 600,
                trigger: gitFilesName(git),
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
