import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { parseQuantity } from "../kubernetes/quantity";
import type { Problem } from "../problems";
import { check, quantity, wholeNumber } from "../validation/checks";
import { secretProblems } from "../validation/secrets";
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

/** What the five fields of a schedule range over, and the names that two of them have for their numbers. */
const scheduleFields: readonly { readonly least: number; readonly most: number; readonly names?: readonly string[] }[] =
    [
        { least: 0, most: 59 },
        { least: 0, most: 23 },
        { least: 1, most: 31 },
        { least: 1, most: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
        { least: 0, most: 6, names: "sun mon tue wed thu fri sat".split(" ") },
    ];

/** @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax */
function isSchedule(schedule: string): boolean {
    const fields = schedule.split(" ");
    return (
        /^@(hourly|daily|midnight|weekly)$/.test(schedule) ||
        (fields.length === scheduleFields.length &&
            scheduleFields.every((field, index) => fields[index].split(",").every((range) => isRange(range, field))))
    );
}

/** Whether a text is `*`, one value or two of them, perhaps with a step: `1-5/2`. */
function isRange(range: string, { least, most, names = [] }: (typeof scheduleFields)[number]): boolean {
    const [, from, to, step] =
        /^(\*|[0-9]{1,2}|[A-Za-z]{3})(?:-([0-9]{1,2}|[A-Za-z]{3}))?(?:\/([0-9]{1,2}))?$/.exec(range) ?? [];
    if (from === undefined) {
        return false;
    }
    const numberOf = (text: string) =>
        /^[0-9]/.test(text)
            ? Number(text)
            : names.includes(text.toLowerCase())
              ? least + names.indexOf(text.toLowerCase())
              : -1;
    const [begin, end] = from === "*" ? [least, most] : [numberOf(from), numberOf(to ?? from)];
    return (
        begin >= least &&
        end <= most &&
        begin <= end &&
        (from !== "*" || to === undefined) &&
        (step === undefined || Number(step) > 0)
    );
}

function remoteProblems(remote: NonNullable<LogsSettings["remote"]>): Problem[] {
    const { accessKeyId, endpointUrl, region, url } = remote;
    const secretAccessKey = remote.secretAccessKey ?? remote.secretAccessKeySecret;
    return [
        ...(typeof url === "string"
            ? check(
                  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$/.test(url),
                  "logs.remote.url",
                  url.includes("@") ? undefined : url,
                  "a bucket and a folder in it, such as s3://bucket/airflow",
              )
            : []),
        ...(typeof endpointUrl !== "string"
            ? []
            : check(
                  isEndpoint(endpointUrl),
                  "logs.remote.endpointUrl",
                  endpointUrl.includes("@") ? undefined : endpointUrl,
                  "an http or https URL without user, query and fragment",
              )),
        ...secretProblems("logs.remote.secretAccessKey", remote.secretAccessKey, remote.secretAccessKeySecret),
        ...(typeof region === "string"
            ? check(
                  /^[a-z0-9-]+$/.test(region),
                  "logs.remote.region",
                  region,
                  "the name of a region, such as us-east-1",
              )
            : []),
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
