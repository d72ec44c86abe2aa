import type { AirflowJob } from "../pods/airflowJob";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJobEnvironment, type ProcessSecret, secretEnvironment, secretMounts } from "./environment";

/** What the Jobs of an update that use the database have in common. */
type DatabaseJob = Required<
    Pick<AirflowJob, "instance" | "namespace" | "airflow" | "environment" | "secrets" | "mounts">
>;

/**
 * Fields of a Job that uses the database.
 *
 * @param secrets Secrets that it may know. A file that one of them needs is mounted.
 */
export function databaseJob(
    { instance, namespace, settings, keys }: AirflowPartArgs,
    secrets: readonly ProcessSecret[],
): DatabaseJob {
    return {
        instance,
        namespace,
        airflow: settings.airflow,
        environment: databaseJobEnvironment(settings),
        secrets: secretEnvironment(keys, secrets),
        mounts: secretMounts(keys, secrets),
    };
}
