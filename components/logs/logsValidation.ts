import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { parseQuantity } from "../kubernetes/quantity";
import type { Problem } from "../problems";
import { check, quantity, wholeNumber } from "../validation/checks";
import type { LogsSettings } from "./logsSettings";

/** Everything that is wrong with the settings of logs. */
export function logsProblems({ logs, storage }: AirflowSettings): Problem[] {
    const { cleanupSchedule, maximumSize, remote, retentionDays } = logs;
    return [
        ...wholeNumber("logs.retentionDays", retentionDays, 0, 3650),
        ...(maximumSize === undefined ? [] : maximumSizeProblems(maximumSize, storage.logsSize)),
        ...check(
            isSchedule(cleanupSchedule),
            "logs.cleanupSchedule",
            cleanupSchedule,
            'five fields as cron knows them, such as "17 * * * *", or @hourly, @daily, @weekly',
        ),
        ...(remote === undefined ? [] : remoteProblems(remote)),
    ];
}

function maximumSizeProblems(maximumSize: string, logsSize: string): Problem[] {
    const path = "logs.maximumSize";
    const malformed = quantity(path, maximumSize);
    const fits = (parseQuantity(maximumSize) ?? 0) <= (parseQuantity(logsSize) ?? Number.POSITIVE_INFINITY);
    return malformed.length > 0
        ? malformed
        : check(fits, path, maximumSize, `not more than storage.logsSize, which is ${logsSize}`);
}

function isSchedule(schedule: string): boolean {
    const field = /^(\*|[A-Za-z0-9]+(-[A-Za-z0-9]+)?)(\/\d+)?(,(\*|[A-Za-z0-9]+(-[A-Za-z0-9]+)?)(\/\d+)?)*$/;
    const fields = schedule.trim().split(/\s+/);
    return (
        /^@(hourly|daily|midnight|weekly)$/.test(schedule) ||
        (fields.length === 5 && fields.every((one) => field.test(one)))
    );
}

function remoteProblems(remote: NonNullable<LogsSettings["remote"]>): Problem[] {
    const { accessKeyId, endpointUrl, region, secretAccessKey, url } = remote;
    return [
        ...check(
            /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$/.test(url),
            "logs.remote.url",
            url.includes("@") ? undefined : url,
            "a bucket and a folder in it, such as s3://bucket/airflow",
        ),
        ...(endpointUrl === undefined
            ? []
            : check(
                  isEndpoint(endpointUrl),
                  "logs.remote.endpointUrl",
                  endpointUrl.includes("@") ? undefined : endpointUrl,
                  "an http or https URL without user, query and fragment",
              )),
        ...check(/^[a-z0-9-]+$/.test(region), "logs.remote.region", region, "the name of a region, such as us-east-1"),
        ...check(
            accessKeyId === undefined || secretAccessKey !== undefined,
            "logs.remote.secretAccessKey",
            undefined,
            "the secret half of logs.remote.accessKeyId",
            "Set it: pulumi config set --secret logsSecretAccessKey",
        ),
        ...check(
            secretAccessKey === undefined || accessKeyId !== undefined,
            "logs.remote.accessKeyId",
            undefined,
            "the access key that the secret access key goes with",
        ),
    ];
}

function isEndpoint(url: string): boolean {
    return /^https?:\/\/[^\s?#@]+$/.test(url) && URL.canParse(url);
}
