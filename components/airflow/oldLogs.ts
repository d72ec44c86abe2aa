import type { LogsSettings } from "../settings/logsSettings";

/** The most that `logs.retentionDays` may be. */
const longestDays = 3650;

/** Files that a folder of logs keeps. */
export interface KeptLogs {
    /** Age in minutes beyond which a file goes. */
    readonly minutes: number;
    /**
     * Whether empty files and folders go after a day.
     * @default false
     */
    readonly empty?: boolean;
    /**
     * Bytes that they may have together: beyond it the oldest go.
     * @default - no such limit
     */
    readonly bytes?: number;
}

/** Logs that the triggerer keeps where no volume is shared: they are elsewhere already, and their files here are empty. */
export function keptLogs({ retentionDays }: Pick<LogsSettings, "retentionDays">): KeptLogs {
    const days = retentionDays === 0 ? longestDays : retentionDays;
    return { minutes: days * 1440, empty: true };
}

const removeFiles = 'find "$folder" -type f -mmin "+$minutes" -delete';
const removeMost =
    'find "$folder" -type f -printf "%T@ %s %p\\n" | sort -rn | ' +
    'awk -v most="$bytes" \'{ total += $2; if (total > most) { sub(/^[^ ]+ [^ ]+ /, ""); print } }\' | xargs -d "\\n" -r rm -f';
const removeEmpty = 'find "$folder" -mindepth 1 -empty -mmin +1440 -delete';

/**
 * A command that starts another one beside a loop that looks after its folder of logs every ten minutes: Airflow never removes
 * files there.
 */
export function removingOldLogs(
    folder: string,
    { minutes, empty, bytes }: KeptLogs,
    start: readonly string[],
): string[] {
    const round = [removeFiles, ...(bytes === undefined ? [] : [removeMost]), ...(empty ? [removeEmpty] : [])].join(
        "; ",
    );
    const program = `folder=$1; minutes=$2; bytes=$3; shift 3; while sleep 600; do ${round}; done & exec "$@"`;
    return ["bash", "-c", program, "bash", folder, String(minutes), String(bytes ?? ""), ...start];
}
