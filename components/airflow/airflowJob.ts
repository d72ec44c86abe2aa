import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import { noServiceMesh, replaceUnready } from "../kubernetes/annotations";
import { shortHash } from "../kubernetes/hash";
import { jobTries, triedCommand } from "../kubernetes/jobTries";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { mergePodTemplate } from "../pods/podTemplate";
import { airflowPodSpec, type Mount } from "./airflowPod";
import { type Environment, plainEnvironment, userEnvironment } from "./environment";

/** A script that runs once in the Airflow image. */
export interface AirflowJob {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly airflow: CommonSettings;
    /** What it does, as in `airflow-<noun>-<hash>`. */
    readonly noun: string;
    /** What it is part of, for its label; itself if left out. */
    readonly component?: string;
    /** Python. Its exit code 65 means that another try could not help. */
    readonly script: string;
    /** Arguments of the script. */
    readonly args?: readonly pulumi.Input<string>[];
    readonly environment: Environment;
    readonly secrets?: readonly k8s.types.input.core.v1.EnvVar[];
    readonly mounts?: readonly Mount[];
    /** What runs before the script. */
    readonly initContainers?: k8s.types.input.core.v1.Container[];
    /** How long it may take, in seconds. */
    readonly deadlineSeconds: number;
    /** What runs it again when it changes, beside image, script and environment. */
    readonly trigger?: string;
}

/**
 * A Job of Airflow's own. Its name carries a hash of what it runs, because a Job cannot be changed: a new version is a new
 * Job. It stays after its end, so that an `up` without a change finds it.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export function airflowJob(name: string, job: AirflowJob, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
    const { airflow, environment, noun, script, args = [], trigger } = job;
    const labels = objectLabels(job.instance, job.component ?? noun);
    const command = triedCommand(script, ...args);
    const claims = claimsOf(job.mounts ?? []);
    const patches = [airflow.podTemplate, airflow.jobs.podTemplate];
    const { env, envFrom } = airflow;
    const made = { image: airflow.image, command, environment, trigger, claims };
    const asked = { env, envFrom, resources: airflow.jobs.resources, patches };
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                name: mapInput({ ...made, ...asked }, (known) => `airflow-${noun}-${shortHash(known)}`),
                namespace: job.namespace.metadata.name,
                labels,
                annotations: replaceUnready,
            },
            spec: {
                ...jobTries,
                activeDeadlineSeconds: job.deadlineSeconds,
                template: mergePodTemplate(
                    {
                        metadata: { labels, annotations: noServiceMesh },
                        spec: airflowPodSpec({
                            serviceAccount: names.jobs,
                            imagePullSecrets: airflow.imagePullSecrets,
                            mounts: job.mounts ?? [],
                            pod: {
                                restartPolicy: "Never",
                                ...(job.initContainers && { initContainers: job.initContainers }),
                            },
                            container: {
                                name: noun,
                                image: airflow.image,
                                args: command,
                                ...userEnvironment(
                                    [
                                        ...plainEnvironment({ ...environment, PYTHONUNBUFFERED: "1" }),
                                        ...(job.secrets ?? []),
                                    ],
                                    airflow,
                                ),
                                resources: airflow.jobs.resources,
                            },
                        }),
                    },
                    patches,
                ),
            },
        },
        { ...opts, customTimeouts: { ...workloadTimeouts, create: `${job.deadlineSeconds + 60}s` } },
    );
}

/** Claims that a Job uses: what it did on another volume is to be done again. Undefined for none. */
function claimsOf(mounts: readonly Mount[]): string[] | undefined {
    const claims = mounts.flatMap(({ volume: { persistentVolumeClaim: claim } }) =>
        claim !== undefined && "claimName" in claim && typeof claim.claimName === "string" ? [claim.claimName] : [],
    );
    return claims.length > 0 ? claims : undefined;
}
