import type { Problem } from "../problems";
import { quantity, wholeNumber } from "../validation/checks";
import type { LogsSettings } from "./logsSettings";

/** Everything that is wrong with the settings of logs. */
export function logsProblems(logs: LogsSettings): Problem[] {
    return [
        ...wholeNumber("logs.retentionDays", logs.retentionDays, 0, 3650),
        ...(logs.maximumSize === undefined ? [] : quantity("logs.maximumSize", logs.maximumSize)),
    ];
}
