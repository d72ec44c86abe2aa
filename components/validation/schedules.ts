import type * as pulumi from "@pulumi/pulumi";
import { checkText } from "./checks";
import type { Problem } from "./problems";

/** Problems of the schedule of a CronJob. */
export function schedule(path: string, value: pulumi.Input<string>): Problem[] {
    return checkText(
        path,
        value,
        isSchedule,
        'five fields as cron knows them, such as "17 * * * *", or @hourly, @daily, @weekly',
    );
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
