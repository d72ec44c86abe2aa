import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { noServiceMesh, replaceUnready } from "../kubernetes/annotations";
import { shortHash } from "../kubernetes/hash";
import { jobTries } from "../kubernetes/jobTries";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedAfterDeletion } from "../kubernetes/replacement";
import { workloadTimeouts } from "../kubernetes/timeouts";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import { airflowPodSpec, type Mount } from "./airflowPod";
import { type Environment, plainEnvironment, userEnvironment } from "./environment";
import { mergePodTemplate } from "./podTemplate";
import { jobScriptFiles, mountedScripts, triedCommand } from "./scriptFiles";

/** A run of the script before the one that the Job is for, in a container of its own. */
export interface EarlierRun {
    /** Name of its container. */
    readonly name: string;
    /**
     * Its image.
     * @default - Airflow's
     */
    readonly image?: pulumi.Input<string>;
    /** Arguments of the script. */
    readonly args: readonly pulumi.Input<string>[];
}

/** A script that runs once in the Airflow image. */
export interface AirflowJob {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    /** What it does, as in `airflow-<noun>-<hash>`. */
    readonly noun: string;
    /** What it is part of, for its label; itself if left out. */
    readonly component?: string;
    /** Text of a Python script. Its exit code 65 means that another try could not help. */
    readonly script: string;
    /** Arguments of the script. */
    readonly args?: readonly pulumi.Input<string>[];
    readonly environment: Environment;
    readonly secrets?: readonly k8s.types.input.core.v1.EnvVar[];
    readonly mounts?: readonly Mount[];
    /** Runs of the same script that come before, one after the other; `/tmp` is the same for all. */
    readonly earlier?: readonly EarlierRun[];
    /** What runs before the script. */
    readonly initContainers?: k8s.types.input.core.v1.Container[];
    /** How long it may take, in seconds. */
    readonly deadlineSeconds: number;
    /** A change of it re-runs the Job, as one of image, script or environment does. */
    readonly trigger?: pulumi.Input<string>;
    /** Variables that the user gives to this Job, or to the process that it prepares. */
    readonly variables?: readonly k8s.types.input.core.v1.EnvVar[];
}

/**
 * A Job of Airflow's own. Its name carries a hash of what it runs, because a Job cannot be changed: a new version is a new
 * Job. Its script is in a ConfigMap. It stays after its end, so that an `up` without a change finds it.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export function airflowJob(name: string, job: AirflowJob, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
    const { airflow, environment, noun, script, args = [], trigger } = job;
    const file = `${noun}.py`;
    const command = triedCommand(file, ...args);
    const scripts = jobScriptFiles({ [file]: script });
    const claims = claimsOf(job.mounts ?? []);
    const patches = [airflow.podTemplate, airflow.jobs.podTemplate];
    const { env, envFrom } = airflow;
    const made = {
        image: airflow.image,
        command,
        scripts,
        environment,
        trigger,
        claims,
        earlier: job.earlier,
    };
    const asked = { env: [...env, ...(job.variables ?? [])], envFrom, resources: airflow.jobs.resources, patches };
    const namespace = job.namespace.metadata.name;
    const component = job.component ?? noun;
    const labels = objectLabels(job.instance, component);
    const scriptsMount = mountedScripts(
        `${name}-scripts`,
        { instance: job.instance, component, namespace, scripts },
        { parent: opts.parent },
    );
    const container = {
        image: airflow.image,
        ...userEnvironment(
            [...plainEnvironment({ ...environment, PYTHONUNBUFFERED: "1" }), ...(job.secrets ?? [])],
            airflow,
            job.variables,
        ),
        resources: airflow.jobs.resources,
    };
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                name: mapInput({ ...made, ...asked }, (known) => `airflow-${noun}-${shortHash(known)}`),
                namespace,
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
                            serviceAccount: airflow.jobs.serviceAccount,
                            imagePullSecrets: airflow.imagePullSecrets,
                            mounts: [...(job.mounts ?? []), scriptsMount],
                            podUser: airflow.podUser,
                            pod: {
                                restartPolicy: "Never",
                                ...(job.initContainers && { initContainers: job.initContainers }),
                            },
                            earlier: job.earlier?.map((run) => ({
                                ...container,
                                name: run.name,
                                image: run.image ?? airflow.image,
                                args: triedCommand(file, ...run.args),
                            })),
                            container: { ...container, name: noun, args: command },
                        }),
                    },
                    patches,
                ),
            },
        },
        {
            ...opts,
            ...replacedAfterDeletion,
            customTimeouts: { ...workloadTimeouts, create: `${job.deadlineSeconds + 60}s` },
        },
    );
}

/** Claims that a Job uses, so that it runs again on another volume. Undefined for none. */
function claimsOf(mounts: readonly Mount[]): pulumi.Input<string>[] | undefined {
    const claims = mounts.flatMap(({ volume: { persistentVolumeClaim: claim } }) =>
        claim !== undefined && "claimName" in claim ? [claim.claimName as pulumi.Input<string>] : [],
    );
    return claims.length > 0 ? claims : undefined;
}
