import * as pulumi from "@pulumi/pulumi";
import { script } from "../../kubernetes/script";
import { airflowJob } from "../../pods/airflowJob";
import { paths } from "../../pods/paths";
import type { GitSettings } from "../../settings/dagsSettings";
import type { GitBundle } from "./gitBundle";
import { credentialMounts } from "./gitCredentials";
import { gitFilesName } from "./gitFiles";
import type { GitReaderArgs } from "./gitReader";

/** Arguments of {@link RepositoryCheck}. */
export interface RepositoryCheckArgs extends GitReaderArgs {
    readonly git: GitSettings;
    /** The bundle that reads the repository, where no git-sync does. */
    readonly bundle?: GitBundle;
    /** Where the repository stands in the arguments, as its messages name it. */
    readonly argument: string;
}

/**
 * A Job that reads the repository once before anything relies on it: a wrong branch, token, key or folder ends the update in
 * one sentence, where git-sync would only try again and again. A changed token or key is a new Secret and so a new Job.
 */
export class RepositoryCheck extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: RepositoryCheckArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:RepositoryCheck", name, {}, opts);

        const { git, bundle } = args;
        const filesName = bundle?.filesName ?? gitFilesName(git);
        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.airflow,
                noun: "check-repository",
                // It belongs to git-sync, and has the same credentials.
                component: "git-sync",
                script: script(__dirname, "check_repository.py"),
                environment: {
                    ARGUMENT: args.argument,
                    CONNECTION_CHECK_MAX_COUNT: "0",
                    REPOSITORY: git.repository,
                    REF: git.ref,
                    SUB_PATH: git.subPath,
                    USERNAME: git.username,
                    SECRET_DIRECTORY: paths.gitSecret,
                    FILES_DIRECTORY: paths.gitFiles,
                    WAIT_SECONDS: "45",
                    FULL_CLONE: bundle === undefined ? "no" : "yes",
                },
                mounts: credentialMounts(git, args.secretFiles, filesName),
                deadlineSeconds: 600,
                trigger: filesName,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
